from datetime import UTC, datetime

import pytest

from shared.errors import ContractError
from shared.flow.pull_requests import PullRequest
from shared.mapping.pull_request_fields import MERGE_STATUSES
from shared.mapping.pull_requests import STATE, needs_single_read, to_pull_request
from tests.mapping.examples import (
    ANN,
    BOB,
    BOB_ID,
    CAT,
    LISTED,
    READ_AT,
    THREADS,
    comment,
    pull_request,
    system_thread,
    thread,
)  # fmt: skip

REPO = "3411ebc1-d5aa-464f-9615-0b527bc66719"
PAGE = "https://dev.azure.com/fabrikam/2016_10_31/_git/2016_10_31"
CLOSED = {"closedDate": "2026-01-08T00:00:00Z"}


def _rows(item, *threads):
    return to_pull_request(item, threads, integration_id="i", repo_page=PAGE, read_at=READ_AT)


def _map(item, *threads):
    return _rows(item, *threads).pull_request


def _ended(status, at="2026-01-08T00:00:00Z", thread_id=90, **properties):
    return system_thread(thread_id, "StatusUpdate", at, (BOB,), CodeReviewStatus=status, **properties)


def test_a_recorded_pull_request_with_its_recorded_threads():
    normal = "d6245f20-2af8-44f4-9451-8107cb2767db"
    assert _map(LISTED, *THREADS) == PullRequest(
        integration_id="i",
        id=f"{REPO}/22",
        url=f"{PAGE}/pullrequest/22",
        number=22,
        repo_id=REPO,
        project_id="a7573007-bbb3-4341-b726-0c4148a07853",
        title="A new feature",
        body="Adding a new feature",
        state="open",
        ado_status="active",
        source_branch="refs/heads/npaulk/my_work",
        target_branch="refs/heads/new_feature",
        created_at=datetime(2016, 11, 1, 16, 30, 31, 665547, tzinfo=UTC),
        created_by_id=normal,
        created_by_name="Normal Paulk",
        merge_status="succeeded",
        source_commit_sha="b60280bc6e62e2f880f1b63c1e24987664d3bda3",
        reviewers=[
            {
                "id": normal, "name": "Normal Paulk", "vote": 0, "is_required": False, "is_container": False,
                "has_declined": False, "is_flagged": False,
            }
        ],
        comment_count=2,
        last_activity_at=datetime(2016, 11, 1, 16, 30, 52, 480000, tzinfo=UTC),
        read_at=READ_AT,
    )  # fmt: skip


@pytest.mark.parametrize(("ado", "flow"), [("active", "open"), ("completed", "merged"), ("abandoned", "closed")])
def test_a_state_becomes_flows_word(ado, flow):
    item = pull_request(status=ado) | ({} if ado == "active" else CLOSED)
    assert (_map(item).state, _map(item).ado_status) == (flow, ado)


def test_every_state_a_pull_request_can_have_has_a_meaning():
    # "notSet" and "all" are criteria of the list: https://learn.microsoft.com/rest/api/azure/devops/git/pull-requests
    assert STATE.keys() == {"notSet", "active", "abandoned", "completed", "all"} - {"notSet", "all"}


@pytest.mark.parametrize("status", ["notSet", "all", "paused"])
def test_an_unknown_state_is_refused_by_name(status):
    with pytest.raises(ContractError, match=f"pull request {REPO}/22: status is '{status}'"):
        _map(pull_request(status=status))


@pytest.mark.parametrize("status", sorted(MERGE_STATUSES))
def test_a_test_merge_is_no_merge(status):
    row = _map(pull_request(mergeStatus=status))
    assert (row.state, row.merge_status, row.merged_at, row.merge_commit_sha) == ("open", status, None, None)


def test_who_merged_is_told_by_the_system_thread():
    row = _map(pull_request(status="completed", **CLOSED), _ended("Completed", CodeReviewStatusUpdatedByIdentity="1"))
    assert (row.closed_by_id, row.merged_by_id) == (BOB_ID, BOB_ID)
    assert row.merged_at == row.closed_at == datetime(2026, 1, 8, tzinfo=UTC)
    assert row.merge_commit_sha == "39f52d24533cc712fc845ed9fd1b6c06b3942588"


def test_who_closed_is_told_by_the_pull_request_itself_where_it_says_so():
    row = _map(
        pull_request(status="abandoned", closedBy=CAT, **CLOSED),
        _ended("Abandoned", CodeReviewStatusUpdatedByIdentity="1"),
    )
    assert (row.closed_by_id, row.merged_by_id, row.merged_at) == (CAT["id"], None, None)


def _ends(rows):
    told = {"merged", "closed", "reopened"}
    return [(event.event_type, event.source_ref) for event in rows.events if event.event_type in told]


def test_an_end_that_no_thread_tells_is_still_an_event():
    rows = _rows(pull_request(status="completed", closedBy=CAT, **CLOSED))
    assert _ends(rows) == [("merged", "ended")]
    ended = next(event for event in rows.events if event.source_ref == "ended")
    assert (ended.occurred_at, ended.actor_id) == (datetime(2026, 1, 8, tzinfo=UTC), CAT["id"])


def test_an_end_that_a_thread_tells_is_told_once():
    rows = _rows(pull_request(status="completed", **CLOSED), _ended("Completed"))
    assert _ends(rows) == [("merged", "thread-90")]


def test_a_second_end_that_no_thread_tells_comes_after_the_first():
    rows = _rows(
        pull_request(status="abandoned", closedDate="2026-01-10T00:00:00Z"),
        _ended("Abandoned", "2026-01-08T00:00:00Z", 90),
        _ended("Active", "2026-01-09T00:00:00Z", 91),
    )
    assert _ends(rows) == [("closed", "thread-90"), ("reopened", "thread-91"), ("closed", "ended")]


def test_an_active_one_has_no_end_even_if_it_had_one():
    rows = _rows(pull_request(), _ended("Abandoned", thread_id=90), _ended("Active", "2026-01-09T00:00:00Z", 91))
    assert _ends(rows) == [("closed", "thread-90"), ("reopened", "thread-91")]
    assert (rows.pull_request.closed_at, rows.pull_request.closed_by_id) == (None, None)


def test_every_pull_request_was_opened():
    opened = [event for event in _rows(pull_request()).events if event.event_type == "opened"]
    assert [(e.source_ref, e.actor_id, e.actor_role, e.occurred_at) for e in opened] == [
        ("opened", ANN["id"], "submitter", datetime(2026, 1, 5, 12, tzinfo=UTC))
    ]


def _reviewer(person, vote, **more):
    return person | {"vote": vote} | more


def test_groups_are_listed_and_counted_nowhere():
    group = {"id": "dddddddd-0000-4000-8000-000000000004", "displayName": "[P]\\Team"}
    row = _map(pull_request(reviewers=[_reviewer(group, 10, isContainer=True), _reviewer(BOB, 10, isRequired=True)]))
    assert [(r["id"], r["is_container"], r["is_required"]) for r in row.reviewers] == [
        (BOB_ID, False, True),
        (group["id"], True, False),
    ]
    assert (row.approvers, row.approval_count, row.reviewer_count) == ([BOB_ID], 1, 1)


@pytest.mark.parametrize(("vote", "approves"), [(10, True), (5, True), (0, False), (-5, False), (-10, False)])
def test_approvals_are_ten_and_five(vote, approves):
    row = _map(pull_request(reviewers=[_reviewer(BOB, vote)]))
    assert row.approval_count == approves
    assert row.reviewer_count == (vote != 0)


def test_the_submitter_may_approve_and_is_no_reviewer():
    row = _map(pull_request(reviewers=[_reviewer(ANN, 10)]), thread(1, comment(1, ANN, "2026-01-06T00:00:00Z")))
    assert (row.approval_count, row.reviewer_count) == (1, 0)
    assert (row.comment_count, row.reviewer_comment_count, row.first_comment_at) == (1, 0, None)


def test_services_are_counted_nowhere():
    service = {"id": "eeeeeeee-0000-4000-8000-000000000005", "displayName": "Build", "descriptor": "svc.abc"}
    row = _map(pull_request(reviewers=[_reviewer(service, 10)]), thread(1, comment(1, service, "2026-01-06T00:00:00Z")))
    assert [reviewer["name"] for reviewer in row.reviewers] == ["Build"]
    assert (row.approvers, row.reviewer_count, row.comment_count) == ([], 0, 0)


def test_comments_are_counted():
    row = _map(
        pull_request(),
        thread(1, comment(1, ANN, "2026-01-06T00:00:00Z"), comment(2, CAT, "2026-01-07T00:00:00Z")),
        thread(2, comment(1, BOB, "2026-01-06T12:00:00Z"), comment(2, BOB, "2026-01-06T13:00:00Z", isDeleted=True)),
        thread(3, comment(1, BOB, "2026-01-05T13:00:00Z", commentType="codeChange")),
        system_thread(4, "MergeAttempt", "2026-01-06T00:00:00Z"),
    )
    assert (row.comment_count, row.reviewer_comment_count, row.reviewer_count) == (3, 2, 2)
    assert row.first_comment_at == datetime(2026, 1, 6, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("item", "threads", "expected"),
    [
        (pull_request(), [], datetime(2026, 1, 5, 12, tzinfo=UTC)),
        (pull_request(status="completed", **CLOSED), [], datetime(2026, 1, 8, tzinfo=UTC)),
        (pull_request(), [system_thread(1, "RefUpdate", "2026-01-09T00:00:00Z")], datetime(2026, 1, 9, tzinfo=UTC)),
        (
            pull_request(),
            [thread(1, comment(1, BOB, "2026-01-06T00:00:00Z"), lastUpdatedDate="2026-01-11T00:00:00Z")],
            datetime(2026, 1, 11, tzinfo=UTC),
        ),
        (pull_request(), [system_thread(1, "SomethingNew", "2026-01-12T00:00:00Z")], datetime(2026, 1, 12, tzinfo=UTC)),
    ],
)
def test_the_last_activity_is_the_newest_of_all(item, threads, expected):
    assert _map(item, *threads).last_activity_at == expected


def test_labels_are_tags_unless_they_were_taken_off():
    item = pull_request(labels=[{"name": "ui", "active": True}, {"name": "old", "active": False}, {"name": "x"}])
    assert _map(item).extracted_tags == ["ui", "x"]


@pytest.mark.parametrize(
    ("item", "threads", "expected"),
    [
        (pull_request(description="x" * 399), [], False),
        (pull_request(description="x" * 400), [], True),
        (pull_request(description=None), [], False),
        (pull_request(status="completed", **CLOSED), [], True),
        (pull_request(status="completed", closedBy=CAT, **CLOSED), [], False),
        (
            pull_request(status="completed", **CLOSED),
            [_ended("Completed", CodeReviewStatusUpdatedByIdentity="1")],
            False,
        ),
        (pull_request(status="completed", **CLOSED), [_ended("Completed")], True),
        (
            pull_request(status="completed", **CLOSED),
            [_ended("Abandoned", CodeReviewStatusUpdatedByIdentity="1")],
            True,
        ),
    ],
)
def test_a_single_read_is_needed_where_the_list_is_cut(item, threads, expected):
    assert needs_single_read(item, threads) is expected
