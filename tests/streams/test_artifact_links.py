from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.errors import ConnectorError
from shared.flow.commits import Commit, KnownTips
from shared.flow.projects import TicketProject
from shared.flow.pull_requests import PullRequest
from shared.flow.repos import Repo
from shared.flow.ticket_links import CommitTickets, PullRequestTickets, TicketLink
from shared.flow.tickets import Ticket
from shared.streams import artifact_links
from shared.streams.catalog import STREAMS
from tests.streams.playing import NOW, Refused

LINKS = STREAMS["artifact_links"]
PROJECT = "11111111-0000-4000-8000-000000000001"
REPO = "22222222-0000-4000-8000-000000000002"


def _pull_request(number, **other):
    given = {"integration_id": "i", "id": f"{REPO}/{number}", "number": number, "repo_id": REPO, "project_id": PROJECT}
    given |= {"title": "Add it", "state": "open", "ado_status": "active", "source_branch": "t", "target_branch": "main"}
    given |= {"created_by_id": "a", "created_by_name": "Ann"}
    given |= dict.fromkeys(("created_at", "last_activity_at", "read_at"), NOW - timedelta(hours=1))
    return PullRequest(**{**given, **other})


class Query:
    """The tickets of each pull request, and what was asked in each request."""

    def __init__(self):
        self.tickets = {}
        self.lots = []
        self.most = 200

    def __call__(self, query):
        uris = query["body"]["artifactUris"]
        self.lots.append([int(uri.rpartition("%2F")[2]) for uri in uris])
        if len(uris) > self.most:
            raise Refused(400, "The number of artifact URIs exceeds the limit.")
        found = {uri: self.tickets.get(int(uri.rpartition("%2F")[2]), []) for uri in uris}
        # As it comes from Azure DevOps: ids in any case, separators in either.
        spelled = {uri.upper().replace("%2F", "%2f"): ids for uri, ids in found.items()}
        return {"artifactUrisQueryResult": {uri: [{"id": id_} for id_ in ids] for uri, ids in spelled.items()}}


@pytest.fixture
def query(ado, runner):
    query = Query()
    ado.on("_apis/wit/artifacturiquery", query)
    runner.stored.put(TicketProject(integration_id="i", id=PROJECT, name="One"))
    return query


def _links(runner):
    return {one.id: not one.is_deleted for one in runner.stored.all(TicketLink)}


def test_both_directions_are_stored(runner, query):
    runner.stored.put(_pull_request(7), _pull_request(8))
    query.tickets = {7: [12, 3]}
    runner.run(LINKS)
    assert _links(runner) == {f"3/pull_request/{REPO}/7": True, f"12/pull_request/{REPO}/7": True}
    link = runner.stored.get(TicketLink, "|12", f"{12:010d}|pull_request|{REPO}|7")
    assert (link.pull_request_id, link.target_number, link.source_project_id) == (f"{REPO}/7", 12, PROJECT)
    assert [(one.id, one.ticket_numbers) for one in runner.stored.all(PullRequestTickets)] == [(f"{REPO}/7", [3, 12])]


def test_a_link_that_goes_becomes_a_tombstone_and_comes_back(runner, query):
    runner.stored.put(_pull_request(7))
    query.tickets = {7: [3]}
    runner.run(LINKS)
    query.tickets = {7: [4]}
    runner.run(LINKS, now=NOW + timedelta(hours=1))
    assert _links(runner) == {f"3/pull_request/{REPO}/7": False, f"4/pull_request/{REPO}/7": True}
    query.tickets = {7: [3]}
    runner.run(LINKS, now=NOW + timedelta(hours=2))
    assert _links(runner) == {f"3/pull_request/{REPO}/7": True, f"4/pull_request/{REPO}/7": False}


def test_a_ticket_that_nobody_may_see_keeps_its_link(runner, query):
    runner.stored.put(_pull_request(7))
    ticket: dict[str, Any] = {"number": 3, "rev": 1, "project_name": "One", "title": "T", "type": "Bug", "state": "New"}
    runner.stored.put(Ticket(integration_id="i", id="3", project_id=PROJECT, created_at=NOW, updated_at=NOW, **ticket))
    query.tickets = {7: [3, 4]}
    runner.run(LINKS)
    project = runner.stored.by_id(TicketProject)[PROJECT]
    runner.stored.put(replace(project, unavailable_since=NOW))
    query.tickets = {}
    runner.run(LINKS, now=NOW + timedelta(hours=1))
    assert _links(runner) == {f"3/pull_request/{REPO}/7": True, f"4/pull_request/{REPO}/7": False}
    runner.stored.put(project)
    runner.run(LINKS, now=NOW + timedelta(hours=2))
    assert not any(_links(runner).values())


def test_quiet_pull_requests_are_asked_in_turn_one_lot_a_sync(runner, query):
    runner.stored.put(*(_pull_request(number) for number in range(1, 451)))
    runner.run(LINKS)
    assert [len(lot) for lot in query.lots] == [200, 200, 50]
    query.lots.clear()
    for hour in range(1, 5):
        runner.run(LINKS, now=NOW + timedelta(hours=hour))
        assert runner.written() == []
    assert [(lot[0], len(lot)) for lot in query.lots] == [(1, 200), (201, 200), (401, 50), (1, 200)]


def test_one_that_was_read_since_is_asked_at_once(runner, query):
    runner.stored.put(*(_pull_request(number) for number in range(1, 301)))
    runner.run(LINKS)
    query.lots.clear()
    runner.stored.put(_pull_request(300, read_at=NOW + timedelta(minutes=30)))
    query.tickets = {300: [9]}
    runner.run(LINKS, now=NOW + timedelta(hours=1))
    assert query.lots == [[300, *range(1, 200)]]
    assert _links(runner) == {f"9/pull_request/{REPO}/300": True}


@pytest.mark.parametrize("stop_after", [1, 2])
def test_a_pass_stopped_anywhere_goes_on_where_it_was(runner, query, stop_after):
    runner.stored.put(*(_pull_request(number) for number in range(1, 651)))
    while not (runner.watermarks.get("artifact_links/organization") or {}).get("read_at"):
        runner.run(LINKS, stop_after=stop_after)
    assert sorted(number for lot in query.lots for number in lot) == list(range(1, 651))


def test_a_lot_that_is_refused_is_halved(runner, query):
    runner.stored.put(*(_pull_request(number) for number in range(1, 101)))
    query.most, query.tickets = 30, {number: [number] for number in range(1, 101)}
    runner.run(LINKS)
    assert [len(lot) for lot in query.lots] == [100, 50, 25, 25, 50, 25, 25]
    assert len(_links(runner)) == 100


def test_one_alone_that_is_refused_is_told(runner, query):
    runner.stored.put(_pull_request(1))
    query.most = 0
    with pytest.raises(ConnectorError):
        runner.run(LINKS)


def test_nothing_is_asked_without_pull_requests(runner, query):
    runner.stored.put(_pull_request(1, is_deleted=True))
    runner.run(LINKS)
    assert query.lots == []


def _commit(name, **other):
    given = {"integration_id": "i", "id": name * 40, "repo_id": REPO, "project_id": PROJECT, "message": "Fix it"}
    given |= {"author_name": "Ann", "author_email": "a@x", "committer_name": "Ann", "committer_email": "a@x"}
    given |= dict.fromkeys(("author_date", "author_local_date", "committer_date"), NOW - timedelta(days=1))
    given |= {"lines": "computed", "work_types": "computed", "rework_days": 30, "updated_at": NOW - timedelta(hours=1)}
    return Commit(**{**given, **other})


def _repo():
    return Repo(integration_id="i", id=REPO, name="R", project_id=PROJECT, project_name="One")


def _tips(began_at, read_at):
    return KnownTips(integration_id="i", id="0000", repo_id=REPO, tips=["a"], began_at=began_at, read_at=read_at)


@pytest.fixture
def commits(ado, runner):
    """The tickets of each commit by the letter that its sha consists of; what was asked."""
    tickets: dict[str, list[int]] = {}
    asked: list[list[str]] = []

    def answer(query):
        uris = query["body"]["artifactUris"]
        assert all(uri.startswith(f"vstfs:///Git/Commit/{PROJECT}%2F{REPO}%2F") for uri in uris)
        asked.append([uri[-1] for uri in uris])
        return {"artifactUrisQueryResult": {uri: [{"id": id_} for id_ in tickets.get(uri[-1], [])] for uri in uris}}

    ado.on("_apis/wit/artifacturiquery", answer)
    runner.stored.put(TicketProject(integration_id="i", id=PROJECT, name="One"))
    runner.stored.put(_repo())
    return tickets, asked


def test_commits_are_linked_in_both_directions_and_unlinked(runner, commits):
    tickets, _ = commits
    runner.stored.put(_commit("a"), _commit("b"))
    tickets["a"] = [12, 3]
    runner.run(LINKS)
    sha = "a" * 40
    assert _links(runner) == {f"3/commit/{REPO}/{sha}": True, f"12/commit/{REPO}/{sha}": True}
    link = runner.stored.get(TicketLink, "|12", f"{12:010d}|commit|{REPO}|{sha}")
    assert (link.commit_id, link.pull_request_id, link.source_project_id) == (f"{REPO}/{sha}", None, PROJECT)
    assert [(one.sha, one.ticket_numbers) for one in runner.stored.all(CommitTickets)] == [(sha, [3, 12])]
    tickets["a"] = [3]
    runner.run(LINKS, now=NOW + timedelta(hours=1))
    assert _links(runner) == {f"3/commit/{REPO}/{sha}": True, f"12/commit/{REPO}/{sha}": False}


def test_new_commits_are_asked_about_before_those_whose_turn_it_is(runner, commits, monkeypatch):
    monkeypatch.setattr(artifact_links, "LOT", 2)
    _, asked = commits
    runner.stored.put(*map(_commit, "abcde"))
    runner.run(LINKS)
    asked.clear()
    # Made while a round was under way that ended after the last time that links were asked for.
    runner.stored.put(_commit("f", updated_at=NOW - timedelta(hours=2)))
    runner.stored.put(_tips(NOW - timedelta(hours=2), NOW + timedelta(minutes=30)))
    runner.stored.put(*(_commit(name, updated_at=NOW - timedelta(hours=3)) for name in "abcde"))
    runner.run(LINKS, now=NOW + timedelta(hours=1))
    assert asked == [["f", "a"]]
    for hour in range(3):
        runner.run(LINKS, now=NOW + timedelta(hours=2 + hour))
    assert asked == [["f", "a"], ["b", "c"], ["d", "e"], ["f"]]


def test_the_first_pass_over_commits_and_pull_requests_goes_on_where_it_was(ado, runner, monkeypatch):
    monkeypatch.setattr(artifact_links, "LOT", 2)
    asked = []

    def answer(query):
        asked.extend(query["body"]["artifactUris"])
        return {"artifactUrisQueryResult": {}}

    ado.on("_apis/wit/artifacturiquery", answer)
    runner.stored.put(_repo())
    runner.stored.put(*map(_commit, "abcde"), *map(_pull_request, range(1, 5)))
    while not (runner.watermarks.get("artifact_links/organization") or {}).get("read_at"):
        runner.run(LINKS, stop_after=1)
    assert len(asked) == len(set(asked)) == 9


def test_artifact_links_cost_one_request_a_lot_of_two_hundred(ado, runner):
    ado.on("_apis/wit/artifacturiquery", {"artifactUrisQueryResult": {}})
    runner.stored.put(_repo(), *(_pull_request(number) for number in range(1, 301)))
    runner.stored.put(*(_commit("a", id=f"{number:040x}") for number in range(500)))
    runner.run(LINKS)
    assert ado.count("artifacturiquery") == 4
    runner.run(LINKS, now=NOW + timedelta(hours=1))
    assert ado.count("artifacturiquery") == 5
