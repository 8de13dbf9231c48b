"""Commits of the fake's repositories through the client, held against git in those repositories."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from local.fake_ado.git_repository import bare_repository
from local.fake_ado.mutate import mutate
from local.fake_ado.testing import start_fake
from shared.ado.auth import PatAuth
from shared.ado.client import AdoClient
from shared.ado.hosts import Hosts
from shared.flow.commits import Commit
from shared.flow.repos import Repo
from tests.streams.against import sync
from tests.streams.playing import Runner

READ = ("projects", "repos", "commits")
CHANGES = ("commit_pushed", "pull_request_pushed", "pull_request_completed", "pull_request_created")


@pytest.fixture(scope="module")
def fake():
    with start_fake(["demo"], seed=3) as running:
        yield running


@pytest.fixture(scope="module")
def runner(fake):
    client = AdoClient("demo", PatAuth(fake.token()), hosts=Hosts(fake.hosts()))
    runner = Runner(client)
    runner.initial_processed_at = datetime.now(UTC)
    yield runner
    client.close()


def reachable(fake, repo):
    organization = fake.organization("demo")
    path = bare_repository(organization, organization.repositories[repo.id])
    since = (datetime.now(UTC) - timedelta(days=150)).isoformat()
    command = ["git", "-C", str(path), "log", "--branches", f"--since={since}", "--format=%x01%H", "--numstat"]
    text = subprocess.run([*command, "--no-renames"], capture_output=True, check=True).stdout.decode()
    found = {}
    for block in text.split("\x01")[1:]:
        sha, *lines = block.strip().split("\n")
        numbers = [line.split("\t") for line in lines if line]
        found[sha] = (sum(int(added) for added, *_ in numbers), sum(int(gone) for _, gone, *_ in numbers))
    return found


def compare(fake, runner):
    """Every commit of a branch is there with git's counts, and what no branch leads to is marked."""
    compared = 0
    for repo in list(runner.stored.all(Repo)):
        if repo.is_disabled or repo.is_deleted:
            continue
        rows = {row.id: row for row in runner.stored.all(Commit, f"|{repo.id}")}
        expected = reachable(fake, repo)
        for sha, counts in expected.items():
            assert rows[sha].is_merge or (rows[sha].insertions, rows[sha].deletions) == counts
            assert rows[sha].first_pushed_at is not None
            assert not rows[sha].is_orphaned
        since = datetime.now(UTC) - timedelta(days=149)
        assert {row.id for row in rows.values() if row.is_orphaned or row.id in expected} >= {
            row.id for row in rows.values() if row.committer_date > since
        }
        compared += len(expected)
    return compared


def test_every_commit_is_stored_with_gits_counts(fake, runner):
    sync(runner, READ)
    assert compare(fake, runner) > 20
    fake.clear_requests()
    assert sync(runner, ["commits"]) == []
    assert {route.rpartition("/")[2] for route in fake.requests()["by_route"]} == {"refs"}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_later_syncs_follow(fake, runner, seed):
    mutate(fake.organization("demo"), seed, 25, CHANGES)
    sync(runner, READ)
    assert compare(fake, runner) > 20
