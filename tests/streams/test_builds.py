from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.errors import ContractError
from shared.flow.builds import Build
from shared.mapping.builds import to_build
from shared.streams.catalog import STREAMS
from tests.streams.playing import NOW

BUILDS = STREAMS["builds"]
PROJECT = "11111111-0000-4000-8000-000000000001"
REPO = "22222222-0000-4000-8000-000000000001"
PATH = f"{PROJECT}/_apis/build/builds"
END = datetime(2026, 2, 28, 9, tzinfo=UTC)


def _build(number, **changes):
    return {
        "id": number,
        "buildNumber": "20260228.1",
        "status": "completed",
        "result": "succeeded",
        "queueTime": "2026-02-28T08:00:00.1234567Z",
        "startTime": "2026-02-28T08:01:00Z",
        "finishTime": "2026-02-28T09:00:00Z",
        "lastChangedDate": "2026-02-28T09:00:01.5Z",
        "definition": {"id": 4, "name": "web CI"},
        "repository": {"id": REPO, "type": "TfsGit"},
        "requestedFor": {"id": "33333333-0000-4000-8000-000000000001", "displayName": "Ada"},
        "reason": "individualCI",
        "sourceBranch": "refs/heads/main",
        "sourceVersion": "ab" * 20,
    } | changes


def _running(number, **changes):
    item = _build(number, status="inProgress", **changes)
    return {name: value for name, value in item.items() if name not in ("result", "finishTime", "lastChangedDate")}


@pytest.fixture
def source(ado):
    """``running`` and ``ended`` are what the two lists give, ``by_id`` what is found by number."""
    world: dict[str, list[Any]] = {"running": [], "ended": [], "by_id": []}

    def answer(query):
        if "buildIds" in query:
            return world["by_id"]
        return world["ended"] if query["statusFilter"] == "completed" else world["running"]

    ado.on(PATH, answer)
    return world


def _asked(ado, name):
    return [query.get(name) for path, query in ado.asked if path == PATH]


def _run(runner, **when):
    runner.run(BUILDS, unit=PROJECT, **when)


def test_a_build_becomes_a_row():
    row = to_build(_build(7), integration_id="i", organization="fabrikam", project_id=PROJECT, read_at=NOW)
    assert row == Build(
        integration_id="i", id="7", url=f"https://dev.azure.com/fabrikam/{PROJECT}/_build/results?buildId=7",
        number="20260228.1", project_id=PROJECT, definition_id=4, definition_name="web CI", repo_id=REPO,
        repo_type="TfsGit", status="completed", result="succeeded", reason="individualCI", branch="refs/heads/main",
        sha="ab" * 20, queued_at=datetime(2026, 2, 28, 8, 0, 0, 123456, UTC),
        started_at=datetime(2026, 2, 28, 8, 1, tzinfo=UTC), finished_at=END,
        requested_for="33333333-0000-4000-8000-000000000001", requested_for_name="Ada",
        updated_at=datetime(2026, 2, 28, 9, 0, 1, 500_000, UTC), read_at=NOW,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"repository": {"id": "octo/web", "type": "GitHub"}}, {"repo_id": None, "repo_type": "GitHub"}),
        ({"repository": {"id": "$/", "type": "TfsVersionControl"}}, {"repo_id": None}),
        ({"status": "inProgress"}, {"result": None}),
        ({"triggerInfo": {"pr.number": "12"}}, {"pull_request_number": 12}),
        ({"sourceBranch": "refs/pull/31/merge"}, {"pull_request_number": 31}),
        ({"deleted": True, "deletedDate": "2026-03-01T00:00:00Z"}, {"is_deleted": True}),
        ({"requestedFor": None, "startTime": None}, {"requested_for": None, "started_at": None}),
    ],
)
def test_fields_that_differ(changes, expected):
    item = _build(7, **changes)
    row = to_build(item, integration_id="i", organization="o", project_id=PROJECT, read_at=NOW)
    assert {name: getattr(row, name) for name in expected} == expected


@pytest.mark.parametrize("changes", [{"status": "resting"}, {"result": "splendid"}, {"id": None}])
def test_what_is_not_documented_is_refused(changes):
    with pytest.raises(ContractError, match="build"):
        to_build(_build(7, **changes), integration_id="i", organization="o", project_id=PROJECT, read_at=NOW)


def test_a_first_reading_asks_for_all_and_later_ones_from_the_newest_end_on(runner, source, ado):
    source["ended"] = [_build(1, finishTime="2026-02-27T09:00:00Z"), _build(2)]
    _run(runner)
    assert _asked(ado, "minTime") == [None, None]
    _run(runner, now=NOW + timedelta(minutes=15))
    assert _asked(ado, "minTime")[2:] == [None, "2026-02-28T08:50:00Z"]
    assert _asked(ado, "queryOrder") == ["queueTimeAscending", "finishTimeAscending"] * 2
    assert runner.written() == []


def test_once_an_hour_the_recent_ones_are_read_again(runner, source, ado):
    source["ended"] = [_build(2)]
    for minutes in (0, 59, 61, 70):
        _run(runner, now=NOW + timedelta(minutes=minutes))
    asked = [since for since, status in zip(_asked(ado, "minTime"), _asked(ado, "statusFilter"), strict=True)
             if status == "completed"]  # fmt: skip
    assert asked == [None, "2026-02-28T08:50:00Z", "2026-02-26T09:00:00Z", "2026-02-28T08:50:00Z"]


def test_a_killed_slice_goes_on_from_the_last_page_stored(runner, source, ado):
    pages = {None: ([_build(1, finishTime="2026-02-20T09:00:00Z")], "next"), "next": ([_build(2)], None)}

    def answer(query):
        if query["statusFilter"] != "completed":
            return []
        rows, token = pages[query.get("continuationToken")]
        return {"value": rows, "headers": {"x-ms-continuationtoken": token} if token else {}}

    ado.on(PATH, answer)
    runner.run(BUILDS, unit=PROJECT, stop_after=1)
    assert sorted(runner.stored.by_id(Build)) == ["1"]
    _run(runner)
    assert sorted(runner.stored.by_id(Build)) == ["1", "2"]
    assert "2026-02-20T08:50:00Z" in _asked(ado, "minTime")


def test_a_running_build_that_left_both_lists_is_asked_for_by_number(runner, source, ado):
    source["running"] = [_running(5), _running(6)]
    _run(runner)
    source["running"], source["by_id"] = [_running(6)], [_build(5, deleted=True, deletedDate="2026-03-01T00:00:00Z")]
    _run(runner)
    assert _asked(ado, "buildIds")[-1] == "5"
    assert _asked(ado, "deletedFilter")[-1] == "includeDeleted"
    rows = runner.stored.by_id(Build)
    assert (rows["5"].is_deleted, rows["6"].is_deleted) == (True, False)
    _run(runner)
    assert _asked(ado, "buildIds").count("5") == 1


def test_a_running_build_that_nothing_is_known_about_keeps_its_row(runner, source):
    source["running"] = [_running(5)]
    _run(runner)
    source["running"] = []
    _run(runner)
    assert (runner.stored.by_id(Build)["5"].status, runner.written()) == ("inProgress", [])
