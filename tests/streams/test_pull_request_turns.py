from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.mapping.pull_request_fields import DESCRIPTION_CUT, looks_changed
from shared.mapping.pull_requests import to_pull_request
from shared.streams.pull_request_turns import EVERY, LIVELY, Turns
from tests.mapping.examples import ANN, BOB, READ_AT, pull_request

CREATED = datetime(2026, 1, 5, 12, tzinfo=UTC)
CUTOFF = CREATED - timedelta(days=1)
REVIEWER = {**BOB, "vote": 0}


def _item(**changes):
    return pull_request(pullRequestId=5, reviewers=[REVIEWER], description="Why", **changes)


def _stored(**changes):
    item = _item(**changes)
    return to_pull_request(item, [], integration_id="i", repo_page="https://x", read_at=READ_AT).pull_request


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Another"},
        {"description": "Why not"},
        {"status": "abandoned", "closedDate": "2026-01-06T00:00:00Z"},
        {"isDraft": True},
        {"targetRefName": "refs/heads/release"},
        {"mergeStatus": "conflicts"},
        {"lastMergeSourceCommit": {"commitId": "e" * 40}},
        {"labels": [{"name": "new", "active": True}]},
        {"reviewers": [{**REVIEWER, "vote": 10}]},
        {"reviewers": []},
        {"reviewers": [REVIEWER, {**ANN, "vote": 0}]},
    ],
)
def test_what_a_list_shows_is_a_change(changes):
    assert not looks_changed(_item(), _stored())
    assert looks_changed(_item() | changes, _stored())


def test_a_cut_description_is_compared_as_far_as_it_goes():
    cut = "x" * DESCRIPTION_CUT
    assert not looks_changed(_item() | {"description": cut}, replace(_stored(), body=cut + "and more"))
    assert looks_changed(_item() | {"description": cut}, replace(_stored(), body="y" + cut))


def test_one_that_was_deleted_and_is_listed_has_changed():
    assert looks_changed(_item(), replace(_stored(), is_deleted=True, state="deleted"))


def _has_come(stored, *, rounds=0, after=LIVELY, **changes):
    return Turns(rounds, CREATED + after, CUTOFF).has_come(_item(**changes), stored)


def test_a_lively_one_is_read_and_a_quiet_one_in_its_turn():
    assert _has_come(_stored(), after=LIVELY - timedelta(seconds=1))
    assert [_has_come(_stored(), rounds=n) for n in range(2 * EVERY)] == [
        n % EVERY == 5 % EVERY for n in range(2 * EVERY)
    ]


def test_a_changed_one_is_read_at_once():
    assert _has_come(_stored(), title="Another")


def test_a_new_one_is_read_at_once_but_not_one_that_the_six_months_left_out():
    assert _has_come(None)
    assert not _has_come(None, creationDate="2025-01-01T00:00:00Z")
