from datetime import UTC, datetime

import pytest

from shared.errors import ContractError
from shared.flow.pull_requests import PullRequestComment, PullRequestEvent
from shared.mapping.comments import COMMENT_TYPES, THREAD_STATUSES, PullRequestRef, comment_event, comments_of
from tests.mapping.examples import ANN, BOB, BOB_ID, THREADS, comment, thread

NORMAL = "d6245f20-2af8-44f4-9451-8107cb2767db"
REF = PullRequestRef("i", "p", "r", 22, ANN["id"])


def _only(threads):
    (found,) = comments_of(REF, threads)
    return found


def test_recorded_threads_give_what_people_wrote():
    rows = list(comments_of(REF, THREADS))
    assert [row.id for row in rows] == ["r/22/147/1", "r/22/148/1", "r/22/148/2"]
    assert rows[1] == PullRequestComment(
        integration_id="i",
        id="r/22/148/1",
        pull_request_id="r/22",
        number=22,
        repo_id="r",
        project_id="p",
        thread_id=148,
        comment_id=1,
        author_id=NORMAL,
        author_name="Normal Paulk",
        body="Should we add a comment about what this value means?",
        word_count=10,
        comment_type="text",
        thread_status="active",
        file_path="/new_feature.cpp",
        line=5,
        is_submitter=False,
        created_at=datetime(2016, 11, 1, 16, 30, 50, 83000, tzinfo=UTC),
        updated_at=datetime(2016, 11, 1, 16, 30, 50, 83000, tzinfo=UTC),
    )


def test_a_deleted_comment_is_a_tombstone_without_a_body():
    deleted = list(comments_of(REF, THREADS))[2]
    assert (deleted.is_deleted, deleted.body, deleted.word_count) == (True, None, 0)
    assert deleted.deleted_at == datetime(2016, 11, 1, 16, 30, 52, 480000, tzinfo=UTC)
    assert deleted.parent_comment_id == 1


def test_a_body_that_comes_with_a_deleted_comment_is_dropped():
    row = _only([thread(1, comment(1, BOB, "2026-01-06T00:00:00Z", isDeleted=True, content="secret"))])
    assert row.body is None


def test_the_submitter_is_known_whatever_the_case_of_the_id():
    mine = _only([thread(1, comment(1, ANN | {"id": ANN["id"].upper()}, "2026-01-06T00:00:00Z"))])
    yours = _only([thread(1, comment(1, BOB, "2026-01-06T00:00:00Z"))])
    assert (mine.is_submitter, yours.is_submitter, yours.author_id) == (True, False, BOB_ID)


def test_a_change_of_likes_is_no_change_of_the_text():
    row = _only([thread(1, comment(1, BOB, "2026-01-06T00:00:00Z", lastUpdatedDate="2026-01-07T00:00:00Z"))])
    assert row.updated_at == datetime(2026, 1, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        (None, (None, None)),
        ({"filePath": "/a.py", "rightFileStart": {"line": 3, "offset": 1}}, ("/a.py", 3)),
        ({"filePath": "/a.py", "leftFileStart": {"line": 4, "offset": 1}}, ("/a.py", 4)),
        ({"filePath": "/a.py"}, ("/a.py", None)),
    ],
)
def test_the_place_of_a_thread(context, expected):
    row = _only([thread(1, comment(1, BOB, "2026-01-06T00:00:00Z"), threadContext=context)])
    assert (row.file_path, row.line) == expected


@pytest.mark.parametrize("kind", sorted(COMMENT_TYPES - {"system"}))
def test_every_documented_kind_but_the_systems_is_kept(kind):
    assert _only([thread(1, comment(1, BOB, "2026-01-06T00:00:00Z", commentType=kind))]).comment_type == kind


@pytest.mark.parametrize("reference", [{"descriptor": "svc.abc"}, {"descriptor": "s2s.x"}, {"isContainer": True}])
def test_what_services_and_groups_write_is_left_out(reference):
    assert list(comments_of(REF, [thread(1, comment(1, BOB | reference, "2026-01-06T00:00:00Z"))])) == []


def test_an_unknown_kind_is_refused_by_name():
    with pytest.raises(ContractError, match="pull request r/22 thread 1: commentType is 'poem'"):
        list(comments_of(REF, [thread(1, comment(1, BOB, "2026-01-06T00:00:00Z", commentType="poem"))]))


@pytest.mark.parametrize("status", [None, *sorted(THREAD_STATUSES)])
def test_every_documented_status_is_kept(status):
    assert _only([thread(1, comment(1, BOB, "2026-01-06T00:00:00Z"), status=status)]).thread_status == status


def test_an_unknown_status_is_refused_by_name():
    with pytest.raises(ContractError, match="thread 1: status is 'odd'"):
        list(comments_of(REF, [thread(1, comment(1, BOB, "2026-01-06T00:00:00Z"), status="odd")]))


def test_comment_numbers_repeat_in_each_thread_and_rows_do_not():
    at = "2026-01-06T00:00:00Z"
    rows = list(comments_of(REF, [thread(1, comment(1, BOB, at)), thread(2, comment(1, BOB, at))]))
    assert len({row.row_key() for row in rows}) == 2


def test_a_comment_is_an_event():
    row = _only([thread(7, comment(3, BOB, "2026-01-06T00:00:00Z"))])
    assert comment_event(row) == PullRequestEvent(
        integration_id="i",
        id="r/22/comment-7-3",
        pull_request_id="r/22",
        number=22,
        repo_id="r",
        project_id="p",
        event_type="comment",
        occurred_at=datetime(2026, 1, 6, tzinfo=UTC),
        actor_id=BOB_ID,
        actor_name="Bob Burns",
        actor_role="reviewer",
        source_ref="comment-7-3",
    )


def test_the_event_of_a_deleted_comment_is_deleted_with_it():
    row = _only([thread(7, comment(3, ANN, "2026-01-06T00:00:00Z", isDeleted=True))])
    event = comment_event(row)
    assert (event.is_deleted, event.deleted_at, event.actor_role) == (True, row.deleted_at, "submitter")
