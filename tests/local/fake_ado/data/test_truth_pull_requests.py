"""The ground truth about pull requests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from local.fake_ado import comment_actions, pull_request_actions
from local.fake_ado.model import Reviewer
from local.fake_ado.pull_request_plans import months_before
from local.fake_ado.truth import truth
from tests.local.fake_ado.data.conftest import NOW

DAY = timedelta(days=1)


def _text(moment):
    return moment.replace(tzinfo=None).isoformat() + "Z"


def _quiet(organization):
    """A pull request without anything, made far in the past, with its people."""
    one = next(iter(organization.pull_requests.values()))
    for field in ("threads", "reviewers", "labels", "work_item_ids"):
        getattr(one, field).clear()
    one.status, one.closed, one.closed_by, one.is_draft = "active", None, None, False
    del one.iterations[1:]
    _made_at(one, NOW - 300 * DAY)
    people = [row.id for row in organization.identities.values() if row.kind == "user" and row.id != one.creator_id]
    return one, people


def _made_at(one, moment):
    one.created = one.iterations[0].created = moment


def _rows(organization, name, one):
    rows = truth(organization, NOW)[name]
    return [row for row in rows if row["number"] == one.id]


def test_six_months_are_calendar_months():
    assert months_before(datetime(2026, 8, 31, 9, 5, tzinfo=UTC), 6) == datetime(2026, 2, 28, 9, 5, tzinfo=UTC)
    assert months_before(datetime(2024, 8, 30, tzinfo=UTC), 6) == datetime(2024, 2, 29, tzinfo=UTC)
    assert months_before(datetime(2026, 3, 10, tzinfo=UTC), 6) == datetime(2025, 9, 10, tzinfo=UTC)
    assert months_before(datetime(2026, 12, 31, tzinfo=UTC), 12) == datetime(2025, 12, 31, tzinfo=UTC)


@pytest.mark.parametrize("touch", ["created", "closed", "comment", "vote", "push", "edited"])
@pytest.mark.parametrize(("offset", "counts"), [(timedelta(0), True), (-timedelta(microseconds=1), False)])
def test_one_touch_at_the_border_is_enough(tiny, touch, offset, counts):
    one, people = _quiet(tiny)
    at = months_before(NOW, 6) + offset
    if touch == "created":
        _made_at(one, at)
    elif touch == "closed":
        pull_request_actions.abandon(tiny, one, at, people[0], is_noted=False)
    elif touch == "comment":
        comment_actions.start_thread(tiny, one, at, people[0], "Hello")
    elif touch == "vote":
        pull_request_actions.vote(tiny, one, at, people[0], 10)
    elif touch == "push":
        pull_request_actions.push(tiny, one, at, one.creator_id, one.iterations[0].source_commit)
    else:
        thread = comment_actions.start_thread(tiny, one, NOW - 290 * DAY, people[0], "Hello")
        comment_actions.edit(thread, thread.comments[0], at, "Hullo")
    assert bool(_rows(tiny, "pull_requests", one)) == counts
    skipped = {"id": f"{one.repository_id}/{one.id}", "reason": "six_month_rule"}
    assert (skipped in truth(tiny, NOW)["skipped"]["pull_requests"]) != counts


def test_a_skipped_one_counts_once_it_is_touched(tiny):
    one, people = _quiet(tiny)
    assert not _rows(tiny, "pull_requests", one)
    comment_actions.start_thread(tiny, one, NOW, people[0], "Still needed?")
    assert _rows(tiny, "pull_requests", one)
    assert not _rows(tiny, "pull_requests", one)[0]["is_deleted"]


def test_counts_are_of_people(tiny):
    one, people = _quiet(tiny)
    robot = next(row.id for row in tiny.identities.values() if row.kind == "service")
    team = next(row.id for row in tiny.identities.values() if row.kind == "group")
    _made_at(one, NOW - 9 * DAY)
    first = comment_actions.start_thread(tiny, one, NOW - 8 * DAY, one.creator_id, "Please look")
    comment_actions.reply(first, NOW - 7 * DAY, people[0], "Why?")
    gone = comment_actions.reply(first, NOW - 7.5 * DAY, people[1], "Oops")
    comment_actions.delete(first, gone, NOW - 7 * DAY)
    comment_actions.start_thread(tiny, one, NOW - 8 * DAY, robot, "Coverage 80 %")
    pull_request_actions.vote(tiny, one, NOW - 6 * DAY, people[2], 5)
    pull_request_actions.vote(tiny, one, NOW - 6 * DAY, people[3], -5)
    pull_request_actions.vote(tiny, one, NOW - 6 * DAY, one.creator_id, 10)
    pull_request_actions.vote(tiny, one, NOW - 5 * DAY, people[1], 10)
    pull_request_actions.vote(tiny, one, NOW - 4 * DAY, people[1], 0)
    one.reviewers.append(Reviewer(team, vote=10))
    (row,) = _rows(tiny, "pull_requests", one)
    assert (row["comment_count"], row["reviewer_comment_count"]) == (2, 1)
    assert row["approvers"] == sorted([people[2], one.creator_id])
    assert row["approval_count"] == 2
    assert row["reviewer_count"] == 3
    assert row["first_comment_at"] == _text(NOW - 7 * DAY)
    assert row["last_activity_at"] == _text(NOW - 4 * DAY)
    assert {held["id"]: held["is_container"] for held in row["reviewers"]}[team] is True
    comments = _rows(tiny, "pull_request_comments", one)
    assert [held["author_id"] for held in comments] == [one.creator_id, people[0], people[1]]
    assert [held["body"] for held in comments] == ["Please look", "Why?", None]
    assert [held["is_deleted"] for held in comments] == [False, False, True]
    assert [held["parent_comment_id"] for held in comments] == [None, 1, 1]
    assert [held["is_submitter"] for held in comments] == [True, False, False]


def test_every_action_is_one_event(tiny):
    one, people = _quiet(tiny)
    history = tiny.histories[one.repository_id]
    _made_at(one, NOW - 9 * DAY)
    pull_request_actions.set_draft(tiny, one, NOW - 8.5 * DAY, one.creator_id, is_draft=True)
    pull_request_actions.set_draft(tiny, one, NOW - 8 * DAY, one.creator_id, is_draft=False)
    pull_request_actions.add_reviewer(tiny, one, NOW - 7 * DAY, one.creator_id, people[0])
    pull_request_actions.vote(tiny, one, NOW - 6 * DAY, people[0], -10)
    pull_request_actions.vote(tiny, one, NOW - 5 * DAY, people[0], 10)
    pull_request_actions.push(tiny, one, NOW - 4 * DAY, people[1], history.refs[one.target_ref])
    pull_request_actions.remove_reviewer(tiny, one, NOW - 3 * DAY, one.creator_id, people[0])
    pull_request_actions.abandon(tiny, one, NOW - 2 * DAY, people[1])
    pull_request_actions.reactivate(tiny, one, NOW - 1.5 * DAY, one.creator_id)
    pull_request_actions.complete(tiny, one, NOW - DAY, people[0])
    found = [
        (row["event_type"], row["actor_id"], row["actor_role"], row["vote"], row["subject_id"])
        for row in _rows(tiny, "pull_request_events", one)
    ]
    mine = one.creator_id
    assert found == [
        ("opened", mine, "submitter", None, None),
        ("drafted", mine, "submitter", None, None),
        ("published", mine, "submitter", None, None),
        ("reviewer_added", mine, "submitter", None, people[0]),
        ("vote_other", people[0], "reviewer", -10, None),
        ("approval", people[0], "reviewer", 10, None),
        ("commit", people[1], "reviewer", None, None),
        ("reviewer_removed", mine, "submitter", None, people[0]),
        ("closed", people[1], "reviewer", None, None),
        ("reopened", mine, "submitter", None, None),
        ("merged", people[0], "reviewer", None, None),
    ]
    refs = [row["source_ref"] for row in _rows(tiny, "pull_request_events", one)]
    assert len(set(refs)) == len(refs)
    assert refs[0] == "opened"
    (row,) = _rows(tiny, "pull_requests", one)
    assert (row["state"], row["merged_by_id"], row["merge_commit_sha"]) == ("merged", people[0], one.last_merge_commit)


def test_an_end_that_no_thread_tells_is_told_by_the_closing_date(tiny):
    one, people = _quiet(tiny)
    pull_request_actions.abandon(tiny, one, NOW - DAY, people[0], is_noted=False)
    last = _rows(tiny, "pull_request_events", one)[-1]
    assert (last["source_ref"], last["event_type"], last["actor_id"]) == ("ended", "closed", people[0])
    (row,) = _rows(tiny, "pull_requests", one)
    assert (row["state"], row["closed_by_id"], row["merged_at"]) == ("closed", people[0], None)
    assert row["merge_commit_sha"] is None


def test_a_reader_of_the_threads_comes_to_the_same_votes(made, reader):
    wanted = {
        row["id"]: (row["actor_id"], row["vote"])
        for row in truth(made, NOW)["pull_request_events"]
        if row["vote"] is not None
    }
    found = {}
    for one in truth(made, NOW)["pull_requests"]:
        path = f"_apis/git/repositories/{one['repo_id']}/pullRequests/{one['number']}/threads"
        for row in reader.get(path).values():
            held = {name: value["$value"] for name, value in row["properties"].items()}
            if held.get("CodeReviewThreadType") != "VoteUpdate":
                continue
            index = held.get("CodeReviewVotedByIdentity")
            who = row["identities"][index]["id"] if index else held["CodeReviewVotedByTfId"]
            found[f"{one['id']}/thread-{row['id']}"] = (who, int(held["CodeReviewVoteResult"]))
    assert found == wanted
