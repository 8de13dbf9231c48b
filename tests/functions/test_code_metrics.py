"""Metrics of pull requests and commits over the API, from rows in a real table store."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.functions.entities import (
    OTHER_PROJECT,
    OTHER_REPO,
    PERSON,
    PROJECT,
    REPO,
    T0,
    comment,
    commit,
    event,
    pull_request,
    pull_request_commit,
)  # fmt: skip

PERIOD = {"from": "2026-03-02T00:00:00Z", "to": "2026-03-16T00:00:00Z"}
REVIEWER, OTHER = "eeeeeeee-0000-4000-8000-000000000001", "eeeeeeee-0000-4000-8000-000000000002"
HOUR = 3600


def _at(hours):
    return T0 + timedelta(hours=hours)


def _merged(integration, number, hours, **other):
    given = {"state": "merged", "ado_status": "completed", "merged_at": _at(hours), "closed_at": _at(hours)}
    return pull_request(integration, number, **{**given, **other})


def _event(integration, number, ref, kind, hours, actor=REVIEWER, **other):
    return event(integration, ref, number, event_type=kind, occurred_at=_at(hours), actor_id=actor, **other)


@pytest.fixture
def reviewed(stored, store):
    """Number 1 is reviewed and iterated, 2 only approved, 3 neither; the rest does not count."""
    counted = {"reviewer_comment_count": 1, "approval_count": 1, "first_comment_at": _at(4)}
    store(
        _merged(stored, 1, 20, **counted),
        _event(stored, 1, "opened", "opened", 0, PERSON), _event(stored, 1, "comment-3-1", "comment", 4),
        _event(stored, 1, "thread-5", "commit", 6, PERSON), _event(stored, 1, "thread-6", "approval", 7, vote=10),
        _event(stored, 1, "thread-7", "vote_other", 8, OTHER, vote=0), _event(stored, 1, "ended", "merged", 20, PERSON),
        _event(stored, 1, "comment-4-1", "comment", 1, OTHER, is_deleted=True),
        comment(stored, 1, word_count=9), comment(stored, 1, comment_id=2, word_count=10),
        comment(stored, 1, comment_id=3, word_count=99, is_submitter=True), pull_request_commit(stored, number=1),
        pull_request_commit(stored, "3f" * 20, 1, is_follow_on=False),
        _merged(stored, 2, 10, approval_count=1), _event(stored, 2, "opened", "opened", 0, PERSON),
        _event(stored, 2, "thread-6", "approval", 3, vote=5), comment(stored, 2, word_count=50, is_deleted=True),
        _merged(stored, 3, 30, project_id=OTHER_PROJECT, repo_id=OTHER_REPO, created_by_id=OTHER),
        pull_request(stored, 4), _merged(stored, 5, 14 * 24), _merged(stored, 6, -48),
        _merged(stored, 7, 5, state="deleted", is_deleted=True),
    )  # fmt: skip
    return stored


def _spread(*hours):
    ordered = sorted(hour * HOUR for hour in hours)
    middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
    return {"count": len(hours), "mean": pytest.approx(sum(ordered) / len(hours)), "median": middle, "p85": ordered[-1]}


def test_pull_request_metrics_of_a_period(api, reviewed):
    got = api.get("get_pull_request_metrics", reviewed.id, **PERIOD)
    assert got == {
        "definition_version": "pull_requests/1", **PERIOD, "group_by": None,
        "results": [{
            "group": None, "pull_requests_merged": 3, "time_to_merge_seconds": _spread(20, 10, 30),
            "time_to_first_comment_seconds": _spread(4), "reaction_seconds": _spread(4, 1, 3),
            "responsiveness_seconds": _spread(2, 13), "iteration_seconds": _spread(2, 0, 0),
            "follow_on_commits": 1, "iterated": 1, "iterated_rate": 0.3333,
            "uncommented": 2, "uncommented_rate": 0.6667, "unapproved": 1, "unreviewed": 1, "unreviewed_rate": 0.3333,
            "thoroughly_reviewed": 1, "thoroughly_reviewed_rate": 0.5,
        }],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("group_by", "expected"),
    [
        ("project_id", {PROJECT: 2, OTHER_PROJECT: 1}), ("repo_id", {REPO: 2, OTHER_REPO: 1}),
        ("created_by_id", {PERSON: 2, OTHER: 1}), ("target_branch", {"main": 3}), ("week", {"2026-W10": 3}),
        ("month", {"2026-03": 3}),
    ],
)  # fmt: skip
def test_pull_request_metrics_by_group(api, reviewed, group_by, expected):
    got = api.get("get_pull_request_metrics", reviewed.id, **PERIOD, group_by=group_by)
    assert {one["group"]: one["pull_requests_merged"] for one in got["results"]} == expected


def test_pull_request_metrics_of_one_project_and_of_nothing(api, reviewed):
    got = api.get("get_pull_request_metrics", reviewed.id, **PERIOD, project_id=OTHER_PROJECT)
    assert [one["pull_requests_merged"] for one in got["results"]] == [1]
    empty = api.get("get_pull_request_metrics", reviewed.id, **PERIOD, project_id="nothing")["results"][0]
    assert (empty["pull_requests_merged"], empty["time_to_merge_seconds"], empty["unreviewed_rate"]) == (0, None, None)


@pytest.mark.parametrize("name", ["get_pull_request_metrics", "get_commit_metrics"])
@pytest.mark.parametrize(
    ("query", "field"),
    [({"from": PERIOD["to"], "to": PERIOD["from"]}, "to"), ({"group_by": "weather"}, "group_by"), ({"of": "1"}, "of")],
)
def test_bad_questions_are_refused(api, stored, name, query, field):
    reply = api.call(name, stored.id, query=query)
    assert (reply.status, reply.json["field"]) == (400, field)


@pytest.fixture
def committed(stored, store):
    """Two commits of one day and one of the next; a fork's copy, a merge, an orphan and an older one do not count."""
    counts = {"insertions": 10, "deletions": 4, "haloc": 10, "new_work": 5, "legacy_refactor": 1, "help_others": 1}
    store(
        commit(stored, "1a" * 20, **counts, churn=3),
        commit(stored, "1a" * 20, **counts, churn=3, repo_id=OTHER_REPO),
        commit(stored, "1b" * 20, **counts, churn=0),
        commit(stored, "1c" * 20, author_email="BO@x", author_date=_at(20), author_local_date=_at(20),
               lines="not_computed", work_types="not_computed", lines_reason="git_refused", project_id=OTHER_PROJECT),
        commit(stored, "1d" * 20, is_merge=True), commit(stored, "1e" * 20, is_orphaned=True),
        commit(stored, "1f" * 20, author_date=_at(-90), author_local_date=_at(-90)),
    )  # fmt: skip
    return stored


def test_commit_metrics_of_a_period(api, committed):
    got = api.get("get_commit_metrics", committed.id, **PERIOD)
    assert got == {
        "definition_version": "commits/1", "work_type_definition_version": 1, **PERIOD, "group_by": None,
        "results": [{
            "group": None, "commits": 3, "insertions": 20, "deletions": 8, "haloc": 20, "new_work": 10,
            "legacy_refactor": 2, "help_others": 2, "churn": 3, "efficiency": 85, "coding_days": 2,
            "coding_days_per_week": 1.0, "commits_per_day": 1.5, "lines_not_computed": 1, "work_types_not_computed": 1,
        }],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("group_by", "expected"),
    [
        ("project_id", {PROJECT: 2, OTHER_PROJECT: 1}), ("author_email", {"ada": 2, "bo@x": 1}),
        ("week", {"2026-W10": 3}), ("month", {"2026-03": 3}),
    ],
)  # fmt: skip
def test_commit_metrics_by_group(api, committed, group_by, expected):
    got = api.get("get_commit_metrics", committed.id, **PERIOD, group_by=group_by)
    assert {one["group"]: one["commits"] for one in got["results"]} == expected


def test_efficiency_is_rounded_up(api, stored, store):
    store(commit(stored, haloc=3, churn=2))
    assert api.get("get_commit_metrics", stored.id, **PERIOD)["results"][0]["efficiency"] == 34
