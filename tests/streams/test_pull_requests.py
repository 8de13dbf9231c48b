from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.flow.pull_requests import PullRequest, PullRequestComment, PullRequestCommit, PullRequestEvent
from shared.mapping.times import to_text
from shared.streams.catalog import STREAMS
from tests.mapping.examples import BOB, CAT, comment, system_thread, thread
from tests.streams.playing import NOW, Refused
from tests.streams.pull_request_source import OTHER, PROJECT, REPO, connected, stored_repo

PULL_REQUESTS = STREAMS["pull_requests"]
CUTOFF = datetime(2025, 9, 1, 12, tzinfo=UTC)
BEFORE = to_text(CUTOFF - timedelta(seconds=1))
ON_TIME = to_text(CUTOFF)


@pytest.fixture
def source(ado, runner):
    return connected(ado, runner)


def _run(runner, **options):
    return runner.run(PULL_REQUESTS, unit=PROJECT, name="One", **options)


def _run_to_the_end(runner, now, stop_after):
    """Slices of so many batches until nothing is left to do."""
    for _ in range(50):
        _run(runner, now=now, stop_after=stop_after)
        left = runner.watermarks[f"pull_requests/{PROJECT}"]
        if not left["todo"] and not left["round"]:
            return
    pytest.fail("it never ends")


def _numbers(runner):
    return {row.number for row in runner.stored.all(PullRequest) if not row.is_deleted}


def _skipped(runner):
    return {int(source_id.split("/")[1]): reason for (_, source_id), reason in runner.skips.items()}


def test_a_pull_request_is_stored_with_comments_and_events(runner, source):
    source.add(7, "2026-01-05T12:00:00Z", thread(1, comment(1, BOB, "2026-01-06T00:00:00Z")))
    _run(runner)
    (row,) = runner.stored.all(PullRequest)
    assert (row.id, row.url, row.comment_count) == (f"{REPO}/7", "https://x/_git/a/pullrequest/7", 1)
    assert row.read_at == NOW
    assert {c.id for c in runner.stored.all(PullRequestComment)} == {f"{REPO}/7/1/1"}
    assert {e.id for e in runner.stored.all(PullRequestEvent)} == {f"{REPO}/7/opened", f"{REPO}/7/comment-1-1"}


@pytest.mark.parametrize(
    ("created", "closed", "touched", "reason"),
    [
        (ON_TIME, None, None, None),
        (ON_TIME, "2025-10-01T00:00:00Z", None, None),
        (BEFORE, ON_TIME, None, None),
        (BEFORE, None, None, "six_month_rule"),
        (BEFORE, None, ON_TIME, None),
        ("2020-01-01T00:00:00Z", BEFORE, None, "six_month_rule"),
        ("2020-01-01T00:00:00Z", BEFORE, BEFORE, "six_month_rule"),
        ("2020-01-01T00:00:00Z", BEFORE, ON_TIME, None),
    ],
)
def test_what_was_touched_within_six_months_counts(runner, source, created, closed, touched, reason):
    source.add(7, created, *([system_thread(1, "RefUpdate", touched)] if touched else []))
    if closed:
        source.close(7, closed)
    _run(runner)
    assert _numbers(runner) == (set() if reason else {7})
    assert _skipped(runner) == ({7: reason} if reason else {})


def test_a_late_comment_counts_whoever_deleted_it(runner, source):
    late = comment(1, BOB, BEFORE, isDeleted=True)
    source.add(7, "2020-01-01T00:00:00Z", thread(1, late, lastUpdatedDate=ON_TIME))
    _run(runner)
    assert _numbers(runner) == {7}


def test_each_pull_request_is_asked_for_once(runner, source, ado):
    for number in range(1, 30):
        source.add(number, f"2025-{number % 12 + 1:02d}-05T00:00:00Z")
        if number % 3:
            source.close(number, f"2026-{number % 2 + 1:02d}-03T00:00:00Z")
    _run(runner)
    asked = {path: n for path, n in ado.by_path().items() if path.endswith("/threads")}
    assert len(asked) == 29
    assert set(asked.values()) == {1}


def test_what_counts_by_created_or_closed_comes_before_the_rest(runner, source):
    source.add(1, "2019-01-01T00:00:00Z", system_thread(1, "RefUpdate", ON_TIME))
    source.close(1, "2020-01-01T00:00:00Z")
    source.add(2, "2019-01-01T00:00:00Z")
    source.close(2, "2026-01-01T00:00:00Z")
    source.add(3)
    _run(runner)
    rows = [entity.number for entity in runner.written() if isinstance(entity, PullRequest)]
    assert rows == [3, 2, 1]


@pytest.mark.parametrize("stop_after", [1, 2, 3, 5])
@pytest.mark.parametrize("page_size", [2, 1000])
def test_a_first_reading_stopped_anywhere_misses_nothing(runner, source, stop_after, page_size):
    source.page_size = page_size
    for number in range(1, 12):
        source.add(number, f"2025-{number:02d}-05T00:00:00Z")
    source.close(1, "2025-02-01T00:00:00Z")
    source.close(2, "2025-12-01T00:00:00Z")
    _run_to_the_end(runner, NOW, stop_after)
    assert _numbers(runner) == {2, 9, 10, 11}
    assert _skipped(runner).keys() == {1, 3, 4, 5, 6, 7, 8}


def test_rows_that_leave_the_list_while_it_is_read_take_nothing_with_them(runner, source):
    source.page_size = 4
    for number in range(1, 10):
        source.add(number, f"2026-01-0{number}T00:00:00Z", repo=OTHER if number > 6 else REPO)
    _run(runner, stop_after=1)
    assert _numbers(runner) == {9, 8, 7, 6}
    for number in (7, 8, 9):
        del source.items[number]
    _run(runner)
    assert {1, 2, 3, 4, 5, 6} <= _numbers(runner)


def test_a_quiet_round_writes_nothing_and_asks_for_those_whose_turn_it_is(runner, source, ado, monkeypatch):
    monkeypatch.setattr("shared.streams.pull_requests.ROLLING", 1)
    source.add(1, "2026-01-01T00:00:00Z", thread(1, comment(1, BOB, "2026-01-06T00:00:00Z")))
    source.add(2)
    source.close(2, "2026-02-28T00:00:00Z")
    for number in range(3, 20):
        source.add(number)
        source.close(number, "2026-01-28T00:00:00Z")
    _run(runner)
    before = ado.count("threads")
    for minutes in (15, 30, 45):
        _run(runner, now=NOW + timedelta(minutes=minutes))
        assert runner.written() == []
    assert 3 <= ado.count("threads") - before <= 3 + 2


@pytest.mark.parametrize("status", ["completed", "abandoned"])
def test_one_that_is_commented_on_long_after_its_end_is_found_in_turn(runner, source, monkeypatch, status):
    monkeypatch.setattr("shared.streams.pull_requests.ROLLING", 2)
    for number in range(1, 8):
        source.add(number, f"2019-01-0{number}T00:00:00Z")
        source.close(number, "2020-01-01T00:00:00Z", status)
    _run(runner)
    assert _numbers(runner) == set()
    late = thread(1, comment(1, BOB, "2026-03-01T12:01:00Z"))
    source.threads[3] = source.threads[7] = [late]
    for turn in range(1, 6):
        _run(runner, now=NOW + timedelta(minutes=15 * turn))
    assert _numbers(runner) == {3, 7}
    assert _skipped(runner).keys() == {1, 2, 4, 5, 6}


def test_a_new_comment_an_edit_and_a_deletion_are_found(runner, source):
    first = comment(1, BOB, "2026-01-06T00:00:00Z")
    source.add(1, "2026-01-01T00:00:00Z", thread(1, first))
    _run(runner)
    edited = first | {"content": "changed", "lastContentUpdatedDate": "2026-03-01T12:01:00Z"}
    source.threads[1] = [thread(1, edited, lastUpdatedDate="2026-03-01T12:01:00Z")]
    _run(runner, now=NOW + timedelta(minutes=15))
    assert next(iter(runner.stored.all(PullRequestComment))).body == "changed"
    source.threads[1] = [thread(1, edited | {"isDeleted": True}, lastUpdatedDate="2026-03-01T12:20:00Z")]
    _run(runner, now=NOW + timedelta(minutes=30))
    (row,) = runner.stored.all(PullRequestComment)
    assert (row.is_deleted, row.body) == (True, None)
    assert next(iter(runner.stored.all(PullRequest))).comment_count == 0


def test_a_pull_request_is_stored_after_its_comments_and_events(runner, source):
    source.add(1, "2026-01-01T00:00:00Z", thread(1, comment(1, BOB, "2026-01-06T00:00:00Z")))
    _run(runner)
    kinds = [type(entity) for entity in runner.written()]
    assert set(kinds[:-1]) == {PullRequestComment, PullRequestCommit, PullRequestEvent}
    assert kinds[-1] is PullRequest


def test_new_closed_and_reactivated_ones_are_found(runner, source):
    source.add(1)
    source.add(2)
    source.close(2, "2026-02-01T00:00:00Z", "abandoned")
    _run(runner)
    source.add(3, "2026-03-01T12:05:00Z")
    source.close(1, "2026-03-01T12:06:00Z")
    source.items[2] |= {"status": "active", "closedDate": None, "closedBy": None}
    _run(runner, now=NOW + timedelta(minutes=15))
    assert {row.number: row.state for row in runner.stored.all(PullRequest)} == {1: "merged", 2: "open", 3: "open"}


def test_one_closed_long_before_the_next_round_is_found(runner, source):
    source.add(1)
    _run(runner)
    source.close(1, "2026-03-01T12:06:00Z")
    _run(runner, now=NOW + timedelta(days=60))
    assert next(iter(runner.stored.all(PullRequest))).state == "merged"


def test_an_old_one_that_is_touched_later_becomes_eligible(runner, source):
    source.add(1, "2019-01-01T00:00:00Z")
    source.close(1, "2020-01-01T00:00:00Z", "abandoned")
    _run(runner)
    assert _skipped(runner) == {1: "six_month_rule"}
    source.items[1] |= {"status": "active", "closedDate": None}
    source.threads[1] = [system_thread(1, "StatusUpdate", "2026-03-01T12:05:00Z", (BOB,), CodeReviewStatus="Active")]
    _run(runner, now=NOW + timedelta(minutes=15))
    assert _numbers(runner) == {1}
    assert _skipped(runner) == {}


@pytest.mark.parametrize("stop_after", [1, 2])
def test_a_round_stopped_anywhere_misses_nothing(runner, source, stop_after, monkeypatch):
    monkeypatch.setattr("shared.streams.pull_requests.LOT", 2)
    for number in range(1, 8):
        source.add(number)
    _run(runner)
    for number in range(1, 8):
        source.items[number]["title"] = "renamed"
    _run_to_the_end(runner, NOW + timedelta(minutes=15), stop_after)
    assert {row.title for row in runner.stored.all(PullRequest)} == {"renamed"}


def test_rounds_come_between_while_the_oldest_are_read(runner, source, monkeypatch):
    monkeypatch.setattr("shared.streams.pull_requests.LOT", 1)
    for number in (1, 2, 3):
        source.add(number, "2019-01-01T00:00:00Z")
        source.close(number, "2020-01-01T00:00:00Z")
    source.add(4)
    while len(_skipped(runner)) < 1:
        _run(runner, stop_after=1)
    source.close(4, "2026-03-01T12:05:00Z")
    _run(runner, now=NOW + timedelta(minutes=5), stop_after=1)
    assert (_state(runner), len(_skipped(runner))) == ("open", 2)
    _run(runner, now=NOW + timedelta(minutes=11), stop_after=1)
    assert (_state(runner), len(_skipped(runner))) == ("merged", 2)
    _run(runner, now=NOW + timedelta(minutes=15))
    assert len(_skipped(runner)) == 3


def _state(runner):
    (row,) = runner.stored.all(PullRequest)
    return row.state


def test_a_cut_description_is_read_in_full(runner, source, ado):
    source.add(1, description="x" * 400, fullDescription="x" * 3000)
    source.add(2, description="short")
    _run(runner)
    assert {row.number: len(row.body or "") for row in runner.stored.all(PullRequest)} == {1: 3000, 2: 5}
    assert ado.count(r"pullrequests/\d+$") == 1


def test_who_closed_is_read_where_no_thread_tells(runner, source, ado):
    told = system_thread(
        1, "StatusUpdate", "2026-02-01T00:00:00Z", (BOB,), CodeReviewStatus="Completed",
        CodeReviewStatusUpdatedByIdentity="1",
    )  # fmt: skip
    source.add(1, "2026-01-01T00:00:00Z", told)
    source.add(2)
    for number in (1, 2):
        source.close(number, "2026-02-01T00:00:00Z")
    listed = source.listed
    ado.on(f"{PROJECT}/_apis/git/pullrequests", lambda query: [item | {"closedBy": None} for item in listed(query)])
    _run(runner)
    assert {row.number: row.closed_by_id for row in runner.stored.all(PullRequest)} == {
        1: BOB["id"].lower(),
        2: CAT["id"],
    }
    assert ado.count(r"pullrequests/\d+$") == 1


def test_a_project_without_a_repository_is_not_asked(runner, source, ado):
    runner.stored.rows.clear()
    _run(runner)
    assert ado.count() == 0
    runner.stored.put(stored_repo(REPO))
    source.add(1)
    _run(runner)
    assert _numbers(runner) == {1}


def test_those_of_a_disabled_repo_are_skipped_and_read_once_it_is_enabled(runner, source, ado):
    runner.stored.put(stored_repo(OTHER, is_disabled=True))
    source.refusing = {OTHER}
    source.add(1)
    source.add(2, repo=OTHER)
    source.add(3, "2026-01-01T00:00:00Z", repo=OTHER)
    source.close(3, "2026-01-02T00:00:00Z")
    _run(runner)
    assert _numbers(runner) == {1}
    assert _skipped(runner) == {2: "repo_disabled", 3: "repo_disabled"}
    assert ado.count(f"{OTHER}/") == 0
    runner.stored.put(stored_repo(OTHER))
    source.refusing = set()
    _run(runner, now=NOW + timedelta(days=30))
    assert _numbers(runner) == {1, 2, 3}
    assert _skipped(runner) == {}


def test_a_repo_disabled_since_it_was_listed_does_not_fail_the_project(runner, source):
    source.refusing = {OTHER}
    source.add(1)
    source.add(2, repo=OTHER)
    _run(runner)
    assert _numbers(runner) == {1}
    assert _skipped(runner) == {2: "repo_disabled"}
    source.refusing = set()
    _run(runner)
    assert _numbers(runner) == {1, 2}
    assert _skipped(runner) == {}


def test_a_refusal_of_one_pull_request_is_not_that_of_its_repo(runner, source, ado):
    source.refusing = {2}
    for number in range(1, 9):
        source.add(number)
    _run(runner)
    assert _numbers(runner) == {1, 3, 4, 5, 6, 7, 8}
    assert _skipped(runner) == {2: "forbidden"}
    before = ado.count("threads")
    _run(runner, now=NOW + timedelta(minutes=15))
    assert ado.count("threads") - before <= 8 + 1  # no lane reads the repo anew
    assert not runner.watermarks[f"pull_requests/{PROJECT}"]["todo"]
    source.refusing = set()
    _run(runner, now=NOW + timedelta(hours=1))
    assert _numbers(runner) == set(range(1, 9))
    assert _skipped(runner) == {}


def test_a_repo_that_keeps_refusing_is_asked_once_a_slice(runner, source, ado):
    source.refusing = {OTHER}
    for number in range(1, 9):
        source.add(number, repo=OTHER)
    for _ in range(3):
        before = ado.count(f"{OTHER}/")
        _run(runner)
        # As many as are in flight when the first refusal comes, and whether it is the repo's.
        assert ado.count(f"{OTHER}/") - before <= 4 + 1
    assert len(runner.watermarks[f"pull_requests/{PROJECT}"]["todo"]) == 0


def test_those_of_a_repo_that_is_not_imported_are_not_read(runner, source):
    runner.stored.put(stored_repo(OTHER, is_imported=False))
    source.add(1, repo=OTHER)
    _run(runner)
    assert _skipped(runner) == {1: "service_off"}
    runner.stored.put(stored_repo(OTHER))
    _run(runner)
    assert _numbers(runner) == {1}


def test_a_repo_that_appears_with_old_pull_requests_is_read_whole(runner, source):
    source.add(1)
    _run(runner)
    late = "99999999-0000-4000-8000-00000000000c"
    source.add(2, repo=late)
    source.close(2, "2026-01-15T00:00:00Z")
    source.add(3, "2019-01-01T00:00:00Z", repo=late)
    source.close(3, "2020-01-01T00:00:00Z")
    runner.stored.put(stored_repo(late))
    _run(runner, now=NOW + timedelta(minutes=15))
    assert _numbers(runner) == {1, 2}
    assert _skipped(runner) == {3: "six_month_rule"}


def test_a_restored_repo_is_read_again(runner, source):
    source.add(1, repo=OTHER)
    _run(runner)
    runner.stored.put(stored_repo(OTHER, is_deleted=True))
    closed = source.items.pop(1)
    _run(runner, now=NOW + timedelta(minutes=15))
    source.items[1] = closed
    source.close(1, "2026-03-01T12:01:00Z")
    runner.stored.put(stored_repo(OTHER))
    _run(runner, now=NOW + timedelta(days=20))
    assert next(iter(runner.stored.all(PullRequest))).state == "merged"


def test_a_refused_project_fails(runner, source, ado):
    from shared.errors import UnavailableError

    def refuse(query):
        raise Refused(404, "TF200016: The following project does not exist: One.")

    ado.on(f"{PROJECT}/_apis/git/pullrequests", refuse)
    with pytest.raises(UnavailableError):
        _run(runner)


def test_a_later_reading_is_told_by_its_time(runner, source):
    source.add(1)
    _run(runner)
    source.items[1]["title"] = "renamed"
    later = NOW + timedelta(minutes=15)
    _run(runner, now=later)
    (row,) = runner.stored.all(PullRequest)
    assert row == replace(row, title="renamed", read_at=later)
