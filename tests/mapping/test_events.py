from datetime import UTC, datetime

import pytest

from shared.flow.pull_requests import PullRequestEvent
from shared.mapping.comments import PullRequestRef
from shared.mapping.events import events_of
from tests.mapping.examples import ANN, BOB, BOB_ID, CAT, THREADS, comment, system_thread, thread

REF = PullRequestRef("i", "p", "r", 22, ANN["id"])
AT = "2026-01-06T00:00:00Z"


def _only(*threads):
    (found,) = events_of(REF, threads)
    return found


def test_recorded_threads_give_events():
    told = [(event.event_type, event.actor_name, event.source_ref) for event in events_of(REF, THREADS)]
    assert told == [
        ("reviewer_added", "Normal Paulk", "thread-142"),
        ("approval", "Normal Paulk", "thread-143"),
        ("reviewer_removed", "Normal Paulk", "thread-144"),
        ("commit", "Normal Paulk", "thread-145"),
    ]


def test_a_recorded_vote_becomes_an_event():
    vote = next(event for event in events_of(REF, THREADS) if event.event_type == "approval")
    assert vote == PullRequestEvent(
        integration_id="i",
        id="r/22/thread-143",
        pull_request_id="r/22",
        number=22,
        repo_id="r",
        project_id="p",
        event_type="approval",
        occurred_at=datetime(2016, 11, 1, 16, 30, 36, 580000, tzinfo=UTC),
        actor_id="d6245f20-2af8-44f4-9451-8107cb2767db",
        actor_name="Normal Paulk",
        actor_role="reviewer",
        vote=10,
        source_ref="thread-143",
    )


def test_an_id_without_dashes_gets_them():
    added = next(event for event in events_of(REF, THREADS) if event.event_type == "reviewer_added")
    assert added.subject_id == "24281983-2530-4a9c-aeb7-88d60d57acfd"
    assert added.actor_id == "b335b0d4-578f-4944-b94c-a45216eb1a1a"


@pytest.mark.parametrize(
    ("result", "event_type", "vote"),
    [
        ("10", "approval", 10),
        ("5", "approval", 5),
        ("0", "vote_other", 0),
        ("-5", "vote_other", -5),
        ("-10", "vote_other", -10),
    ],
)
def test_only_an_approval_is_an_approval(result, event_type, vote):
    event = _only(
        system_thread(
            1, "VoteUpdate", AT, (BOB, CAT), CodeReviewVoteResult=result, CodeReviewVotedByIdentity="1",
            CodeReviewVotedByInitiatorIdentity="2",
        )
    )  # fmt: skip
    assert (event.event_type, event.vote) == (event_type, vote)
    assert (event.actor_id, event.actor_name, event.actor_role) == (BOB_ID, "Bob Burns", "reviewer")


@pytest.mark.parametrize(
    ("kind", "properties", "event_type"),
    [
        ("RefUpdate", {"CodeReviewRefUpdatedByIdentity": "1"}, "commit"),
        ("StatusUpdate", {"CodeReviewStatus": "Completed", "CodeReviewStatusUpdatedByIdentity": "1"}, "merged"),
        ("StatusUpdate", {"CodeReviewStatus": "abandoned", "CodeReviewStatusUpdatedByIdentity": "1"}, "closed"),
        ("StatusUpdate", {"CodeReviewStatus": "Active", "CodeReviewStatusUpdatedByIdentity": "1"}, "reopened"),
        ("IsDraftUpdate", {"CodeReviewIsDraftNowSet": "1", "CodeReviewIsDraftUpdatedByIdentity": "1"}, "drafted"),
        ("IsDraftUpdate", {"CodeReviewIsDraft": "False", "CodeReviewIsDraftUpdatedByIdentity": "1"}, "published"),
        ("IsDraftUpdate", {"CodeReviewIsDraftNowSet": "False", "CodeReviewIsDraftUpdatedByIdentity": "1"}, "published"),
    ],
)
def test_what_a_system_thread_tells(kind, properties, event_type):
    event = _only(system_thread(9, kind, AT, (ANN,), **properties))
    assert (event.event_type, event.source_ref) == (event_type, "thread-9")
    assert (event.actor_id, event.actor_role) == (ANN["id"], "submitter")


@pytest.mark.parametrize("kind", ["MergeAttempt", "AutoCompleteUpdate", "TargetChanged", "SomethingNew"])
def test_other_kinds_are_not_ours_to_tell(kind):
    assert list(events_of(REF, [system_thread(1, kind, AT)])) == []


def test_what_people_write_is_no_system_event():
    assert list(events_of(REF, [thread(1, comment(1, BOB, AT))])) == []


def test_a_status_or_draft_change_that_does_not_say_to_what_tells_nothing():
    assert list(events_of(REF, [system_thread(1, "StatusUpdate", AT), system_thread(2, "IsDraftUpdate", AT)])) == []


def test_several_reviewers_of_one_thread_give_a_row_each():
    properties = {
        "CodeReviewReviewersUpdatedByIdentity": "1",
        "CodeReviewReviewersUpdatedAddedIdentity": "2",
        "CodeReviewReviewersUpdatedAddedIdentity1": "3",
        "CodeReviewReviewersUpdatedRemovedTfId": ANN["id"],
    }
    events = list(events_of(REF, [system_thread(4, "ReviewersUpdate", AT, (ANN, BOB, CAT), **properties)]))
    assert [(event.event_type, event.subject_id, event.source_ref) for event in events] == [
        ("reviewer_added", BOB_ID, "thread-4"),
        ("reviewer_added", CAT["id"], "thread-4-2"),
        ("reviewer_removed", ANN["id"], "thread-4-3"),
    ]
    assert {event.actor_id for event in events} == {ANN["id"]}


def test_an_actor_who_is_not_told_is_nobody():
    event = _only(system_thread(1, "RefUpdate", AT, CodeReviewRefUpdatedByDisplayName="Bob Burns"))
    assert (event.actor_id, event.actor_name) == (None, "Bob Burns")
    assert _only(system_thread(1, "RefUpdate", AT, CodeReviewRefUpdatedByIdentity="7")).actor_id is None
