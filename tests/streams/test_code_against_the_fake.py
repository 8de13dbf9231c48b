"""Builds and deployments against the fake, which knows what is true."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from local.fake_ado.mutate import mutate
from local.fake_ado.testing import start_fake
from shared.ado.auth import PatAuth
from shared.ado.client import AdoClient
from shared.ado.hosts import Hosts
from shared.flow.builds import Build, Deployment
from tests.streams.against import sync, truth_of, wrong
from tests.streams.playing import Runner

READ = ("projects", "repos", "builds", "deployments")
CHANGES = ("build_queued", "build_finished", "build_canceled", "build_retried", "tagged", "commit_pushed")


@pytest.fixture(scope="module", params=[1, 2])
def fake(request):
    with start_fake(["demo"], seed=request.param) as running:
        yield running


@pytest.fixture(scope="module")
def synced(fake):
    client = AdoClient("demo", PatAuth(fake.token()), hosts=Hosts(fake.hosts()))
    runner = Runner(client)
    runner.initial_processed_at = datetime.now(UTC)
    sync(runner, READ)
    yield runner
    client.close()


def test_a_first_sync_stores_what_is_true(fake, synced):
    assert {name: len(truth_of(synced, fake)[name]) for name in ("builds", "deployments")} == {
        "builds": 20,
        "deployments": 4,
    }
    assert wrong(synced, fake, ("builds", "deployments")) == []


def test_a_quiet_sync_writes_nothing_and_asks_for_each_project_twice_and_for_each_repo_once(fake, synced):
    fake.clear_requests()
    assert sync(synced, READ[2:]) == []
    routes = fake.requests()["by_route"]
    counts = {route.split("_apis/")[1]: count for route, count in routes.items()}
    repos = sum(
        not repo["is_deleted"] and repo["default_branch"] is not None for repo in truth_of(synced, fake)["repos"]
    )
    assert counts == {"build/builds": 2 * 2, "git/repositories/{repository}/refs": repos}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_later_syncs_store_what_is_true(fake, synced, seed):
    done = mutate(fake.organization("demo"), seed, 30, CHANGES)
    assert done.keys() >= {"build_finished", "build_retried", "tagged"}
    sync(synced, READ)
    assert wrong(synced, fake, ("builds", "deployments")) == []


def test_a_changed_result_shows_after_the_recent_ones_were_read_again(fake, synced):
    organization = fake.organization("demo")
    newest = max((one for one in organization.builds.values() if one.finished), key=lambda one: one.finished)
    ended = newest.finished - timedelta(hours=12)
    build = next(one for one in organization.builds.values() if one.finished and one is not newest)
    build.finished = ended
    build.result = "partiallySucceeded" if build.result != "partiallySucceeded" else "succeeded"
    sync(synced, READ[2:], now=datetime.now(UTC) + timedelta(hours=2))
    stored = synced.stored.by_id(Build)[str(build.id)]
    assert (stored.result, stored.finished_at) == (build.result, ended)


def test_a_moved_tag_is_two_deployments_and_a_deleted_one_a_tombstone(fake, synced):
    organization = fake.organization("demo")
    readable = {row["repo_id"] for row in truth_of(synced, fake)["deployments"]}
    repo_id = min(readable)
    history = organization.histories[repo_id]
    refs, second = history.refs, history.refs["refs/heads/main"]
    first = history.commits[second].parents[0]
    refs["refs/tags/mine#1"] = first
    sync(synced, READ)
    refs["refs/tags/mine#1"] = second
    sync(synced, READ)
    rows = {row.object_id: row for row in synced.stored.all(Deployment, f"|{repo_id}") if row.tag_name == "mine#1"}
    assert {id_: (row.is_current, row.is_deleted) for id_, row in rows.items()} == {
        first: (False, False), second: (True, False),
    }  # fmt: skip
    del refs["refs/tags/mine#1"]
    sync(synced, READ)
    gone = [row for row in synced.stored.all(Deployment, f"|{repo_id}") if row.tag_name == "mine#1"]
    assert [(row.is_current, row.is_deleted) for row in gone] == [(False, True)] * 2
    assert wrong(synced, fake, ("deployments",)) == []
