"""Pull requests with all that hangs on them against the fake, which knows what is true.

The organisation with 2,000 pull requests is read only when ``PROVE=1`` is set: it takes minutes.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest

from local.fake_ado.mutate import KINDS, mutate
from local.fake_ado.testing import start_fake
from shared.ado.auth import PatAuth
from shared.ado.client import AdoClient
from shared.ado.hosts import Hosts
from shared.flow.pull_requests import PullRequest, PullRequestCommit
from shared.flow.rows import to_json
from shared.mapping.pull_request_fields import DESCRIPTION_CUT
from shared.streams.pull_request_wanted import WHOLE
from shared.streams.pull_requests import ROLLING
from tests.streams.against import sync, truth_of, units, wrong
from tests.streams.playing import Runner

READ = ("projects", "repos", "pull_requests")
LISTS = ("repos", "pull_requests", "pull_request_comments", "pull_request_events")
CHANGES = [name for name in KINDS if name.startswith(("pull_request_", "repository_"))]
PROVE = [pytest.mark.prove, pytest.mark.timeout(1800),
         pytest.mark.skipif(os.environ.get("PROVE") != "1", reason="takes minutes: `make prove` runs it")]  # fmt: skip


class Reader:
    """A runner whose clock the test moves."""

    def __init__(self, fake):
        self.fake = fake
        self.runner = Runner(AdoClient("demo", PatAuth(fake.token()), hosts=Hosts(fake.hosts())))
        self.runner.initial_processed_at = datetime.now(UTC)
        self.ahead = timedelta()

    def sync(self, after=timedelta()):
        """One sync, so much later than it is; ids of what was written."""
        self.ahead += after
        self.fake.clear_requests()
        return sync(self.runner, READ, now=datetime.now(UTC) + self.ahead)

    def requests(self, route):
        counts = self.fake.requests()["by_route"]
        return sum(count for name, count in counts.items() if name.lower().endswith(route))


@pytest.fixture(scope="module", params=["small", pytest.param("bench", marks=PROVE)])
def fake(request):
    with start_fake(["demo"], seed=3, size=request.param) as running:
        yield running


@pytest.fixture(scope="module")
def reader(fake):
    made = Reader(fake)
    made.sync()
    yield made
    made.runner.client.close()


def _commits(reader):
    """What is wrong with the commits so far: those at the creation may be missing, and some facts not known yet."""
    truth = {row["id"]: row for row in truth_of(reader.runner, reader.fake)["pull_request_commits"]}
    have = {row.id: to_json(row) for row in reader.runner.stored.all(PullRequestCommit)}
    missing = [id_ for id_, row in truth.items() if row["is_follow_on"] and id_ not in have]
    return missing + [
        f"{id_} {name}: {have[id_][name]} is not {truth[id_][name]}"
        for id_ in have.keys() & truth.keys()
        for name in ("pushed_at", "is_follow_on", "iteration_id", "author_email")
        if have[id_][name] not in (None, truth[id_][name])
    ]


def test_a_first_sync_stores_what_is_true_with_a_request_for_each(fake, reader):
    listed = reader.requests("pullrequests")
    threads, single = reader.requests("/threads"), reader.requests("pullrequests/{id}")
    iterations, commits = reader.requests("/iterations"), reader.requests("/commits")
    assert wrong(reader.runner, fake, LISTS) == []
    assert _commits(reader) == []
    readable = list(_readable(reader))
    cut = [one for one in readable if len(one.description) >= DESCRIPTION_CUT]
    untold = [one for one in readable if not all(push.is_told for push in one.iterations)]
    unended = [one for one in readable if one.closed and not any(
        thread.event and thread.event.kind == "status" for thread in one.threads)]  # fmt: skip
    assert threads == len(readable)
    assert single <= len(cut) + len(unended)
    assert iterations <= len(untold) + len(unended)
    assert commits <= iterations
    projects = len(units(reader.runner, "project"))
    # A page of 1,000, and the empty one that ends a list, for each of three lanes.
    assert listed <= projects * 3 * 2 + len(readable) / 500


def _readable(reader):
    repos = {row["id"] for row in truth_of(reader.runner, reader.fake)["repos"]
             if not row["is_deleted"] and not row["is_disabled"]}  # fmt: skip
    return (one for one in reader.fake.organization("demo").pull_requests.values() if one.repository_id in repos)


def test_a_quiet_sync_writes_nothing_and_asks_for_those_whose_turn_it_is(reader):
    assert reader.sync(timedelta(minutes=15)) == []
    projects = len(units(reader.runner, "project"))
    active = sum(one.status == "active" for one in _readable(reader))
    assert reader.requests("/iterations") == 0
    assert reader.requests("pullrequests") <= projects * 6
    assert reader.requests("/threads") <= projects * ROLLING + active


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_later_syncs_store_what_is_true(fake, reader, seed):
    done = mutate(fake.organization("demo"), seed, 120, CHANGES)
    assert {"pull_request_commented", "pull_request_votes_reset", "repository_disabled"} <= done.keys()
    # A comment on one that is closed is found when its turn comes.
    most = max(sum(1 for _ in reader.runner.stored.all(PullRequest)) // ROLLING, 1)
    for _ in range(most + 2):
        reader.sync(timedelta(minutes=15))
    assert wrong(reader.runner, fake, LISTS) == []
    assert _commits(reader) == []


def test_in_the_end_all_commits_are_known(fake, reader):
    for _ in range(2 + sum(1 for _ in reader.runner.stored.all(PullRequest)) // WHOLE):
        reader.sync(timedelta(hours=2))
        assert reader.requests("/iterations") <= len(units(reader.runner, "project")) * (WHOLE + 10)
    assert wrong(reader.runner, fake, (*LISTS, "pull_request_commits")) == []
    assert reader.sync(timedelta(hours=2)) == []
    assert reader.requests("/iterations") == 0
