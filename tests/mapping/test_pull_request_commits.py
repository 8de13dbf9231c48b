from datetime import UTC, datetime

import pytest

from shared.mapping.pull_request_commits import PullRequestHistory, rewrites
from shared.mapping.pull_requests import threads_tell, to_pull_request
from tests.mapping.examples import (
    ANN,
    BOB,
    READ_AT,
    comment,
    iteration,
    pull_request,
    push_thread,
    system_thread,
    thread,
)  # fmt: skip

A, B, C, D = (letter * 40 for letter in "abcd")
ON_MONDAY, ON_TUESDAY = "2026-01-06T00:00:00Z", "2026-01-07T00:00:00Z"
CREATED = datetime(2026, 1, 5, 12, tzinfo=UTC)
MONDAY, TUESDAY = (datetime(2026, 1, day, tzinfo=UTC) for day in (6, 7))


def _item(head, **changes):
    return pull_request(lastMergeSourceCommit={"commitId": head}, **changes)


def _rows(item, *threads, history=None):
    return to_pull_request(
        item, threads, integration_id="i", repo_page="https://x", read_at=READ_AT, history=history
    )  # fmt: skip


def _commits(rows):
    return [(row.hexsha, row.pushed_at, row.is_follow_on, row.is_current) for row in rows.commits]


def test_without_a_push_the_head_was_there_at_the_creation():
    rows = _rows(_item(A.upper()), thread(1, comment(1, BOB, ON_MONDAY)))
    assert _commits(rows) == [(A, CREATED, False, True)]
    assert (rows.pull_request.source_commit_sha, rows.pull_request.commits_complete) == (A, False)


def test_threads_tell_what_was_pushed_when_and_each_commit_once():
    rows = _rows(_item(D), push_thread(2, ON_TUESDAY, D, D, B), push_thread(1, ON_MONDAY, C, C, B))
    assert _commits(rows) == [(C, MONDAY, True, None), (B, MONDAY, True, None), (D, TUESDAY, True, True)]
    assert rows.commits[0].id == f"{rows.pull_request.id}/{C}"


def test_iterations_tell_all_commits_and_the_pushes_that_no_thread_tells():
    history = PullRequestHistory(
        [
            iteration(1, "2026-01-05T12:00:00Z", B, A, B),
            iteration(2, ON_MONDAY, C, C, author=BOB),
            iteration(3, ON_MONDAY, C, reason="retarget"),
            iteration(4, ON_TUESDAY, D, D, reason="forcePush"),
        ],
        current={D},
    )
    rows = _rows(_item(D), push_thread(7, ON_TUESDAY, D, D), history=history)
    assert _commits(rows) == [
        (A, CREATED, False, False), (B, CREATED, False, False), (C, MONDAY, True, False), (D, TUESDAY, True, True),
    ]  # fmt: skip
    assert [(row.iteration_id, row.iteration_reason, row.author_email) for row in rows.commits] == [
        (1, "create", "ann@x"), (1, "create", "ann@x"), (2, "push", "ann@x"), (4, "forcePush", "ann@x"),
    ]  # fmt: skip
    pushes = [(e.source_ref, e.occurred_at, e.actor_name) for e in rows.events if e.event_type == "commit"]
    assert sorted(pushes) == [("iteration-2", MONDAY, BOB["displayName"]), ("thread-7", TUESDAY, ANN["displayName"])]
    assert rows.pull_request.commits_complete
    assert all(row.detail == 1 for row in rows.commits)


def test_an_untold_push_is_activity():
    history = PullRequestHistory([iteration(1, "2026-01-05T12:00:00Z", A, A), iteration(2, ON_TUESDAY, B, B)])
    assert _rows(_item(B), history=history).pull_request.last_activity_at == TUESDAY


def _status(thread_id, at, status):
    return system_thread(thread_id, "StatusUpdate", at, (ANN,), CodeReviewStatus=status)


CLOSED = {"status": "abandoned", "closedDate": ON_TUESDAY}


@pytest.mark.parametrize(
    ("item", "threads", "told"),
    [
        (_item(A), [], True),
        (_item(A), [push_thread(1, ON_MONDAY, A, A)], True),
        (_item(B), [push_thread(1, ON_MONDAY, A, A)], False),
        (_item(B), [push_thread(2, ON_TUESDAY, B, B), push_thread(1, ON_MONDAY, A, A)], True),
        (_item(A), [push_thread(1, ON_MONDAY, A, A, CodeReviewRefNewCommitsCount=3)], False),
        (_item(A), [system_thread(1, "RefUpdate", ON_MONDAY)], False),
        (_item(A, **CLOSED), [], False),
        (_item(A, **CLOSED), [_status(1, ON_TUESDAY, "Abandoned")], True),
        (_item(A), [_status(1, ON_TUESDAY, "Active")], False),
        (_item(A), [_status(2, ON_TUESDAY, "Active"), _status(1, ON_MONDAY, "Abandoned")], True),
    ],
)
def test_whether_the_threads_may_lack_a_push(item, threads, told):
    assert threads_tell(item, threads) is told


@pytest.mark.parametrize(
    ("changes", "may"),
    [
        ({}, False),
        ({"reason": "forcePush"}, True),
        ({"reason": "push, rebase"}, True),
        ({"hasMoreCommits": True}, True),
    ],
)
def test_what_may_have_taken_commits_away(changes, may):
    assert rewrites([iteration(1, ON_MONDAY, A, A), iteration(2, ON_TUESDAY, B, B, **changes)]) is may
