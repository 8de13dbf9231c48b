"""A worker that lost its lease unnoticed, and writes what it read before: nothing goes back to that."""

from datetime import timedelta

from shared.flow.pull_requests import PullRequestComment, PullRequestEvent
from shared.mapping.pull_requests import to_pull_request
from shared.slices import EntityWriter
from tests.mapping.examples import BOB, READ_AT, comment, pull_request, thread


def read(at, **fields):
    rows = to_pull_request(
        pull_request(),
        [thread(1, comment(1, BOB, "2026-01-06T00:00:00Z", **fields))],
        integration_id="i",
        repo_page="https://dev.azure.com/fabrikam/One/_git/web",
        read_at=at,
    )
    return [*rows.comments, *rows.events]


def test_a_deleted_comment_does_not_come_back(tables):
    EntityWriter(tables).store(read(READ_AT))
    EntityWriter(tables).store(read(READ_AT + timedelta(minutes=5), isDeleted=True))
    EntityWriter(tables).store(read(READ_AT + timedelta(minutes=1)))
    (row,) = (stored.row for stored in tables.query(PullRequestComment.TABLE, prefix="i|"))
    assert (row["is_deleted"], "body" in row) == (True, False)
    events = [stored.row for stored in tables.query(PullRequestEvent.TABLE, prefix="i|")]
    assert [row["is_deleted"] for row in events if row["event_type"] == "comment"] == [True]
