"""Sprint ledgers worked out on paper: a sprint from Monday 2 to Friday 13 March 2026."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.flow.sprints import Sprint
from shared.sprint_ledger import Entry, ledger
from tests.test_ticket_metrics import STATUSES

START, END = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 14, tzinfo=UTC)
LATER = END + timedelta(days=30)


def _sprint(start="2026-03-02", finish="2026-03-13"):
    ids: dict[str, Any] = {"integration_id": "i", "id": "s", "project_id": "p", "project_name": "One", "node_id": 1}
    return Sprint(**ids, name="Sprint 1", path="One\\Sprint 1", start_date=start, finish_date=finish)


def _entries(text):
    """``-24 in New 3; ...``: hours from the sprint's start, in or out of it, state, points (``-`` for none)."""
    found = []
    for rev, line in enumerate(text.split(";"), 1):
        hours, place, state, points = line.split()
        number = None if points == "-" else float(points)
        found.append(Entry(rev, START + timedelta(hours=float(hours)), place == "in", number, STATUSES.get(state)))
    return found


def _ledger(*histories, at=LATER, sprint=None):
    return ledger(sprint or _sprint(), [(number, _entries(text)) for number, text in enumerate(histories, 1)], at)


def _tallies(answer):
    names = ("committed", "added", "removed", "completed", "canceled", "remaining", "carried_over")
    return {name: (tally.tickets, tally.points) for name in names if (tally := getattr(answer, name)).tickets}


DONE = END - START
OVER = int(DONE / timedelta(hours=1))

CASES = [
    ("-24 in New 3; 50 in Done 3", {"committed": (1, 3), "completed": (1, 3)}),
    ("-24 in New 3; 50 in Active 5", {"committed": (1, 3), "carried_over": (1, 5)}),
    ("-24 out New 3; 10 in New 3; 50 in Done 3", {"added": (1, 3), "completed": (1, 3)}),
    ("10 in New -; 50 in Done -", {"added": (1, 0), "completed": (1, 0)}),
    ("-24 in New 3; 10 out New 3", {"committed": (1, 3), "removed": (1, 3)}),
    ("-24 in New 3; 10 in New 8; 20 out New 8", {"committed": (1, 3), "removed": (1, 8)}),
    ("-24 in New 3; 10 out New 3; 20 in New 3; 30 in Done 3", {"committed": (1, 3), "completed": (1, 3)}),
    ("10 in New 3; 20 out New 3; 30 in New 5; 40 out New 5", {"added": (1, 3), "removed": (1, 5)}),
    ("-24 in New 3; 50 in Removed 3", {"committed": (1, 3), "canceled": (1, 3)}),
    ("-24 in New 3; 50 in Freigabe 3", {"committed": (1, 3), "carried_over": (1, 3)}),
    ("-48 in New 3; -24 out New 3", {}),
    ("-48 out New 3; -24 in New 3; 0 out New 3", {}),
    ("-24 out New 3; 0 in New 3", {"committed": (1, 3), "carried_over": (1, 3)}),
    ("-24 in Done 3", {"committed": (1, 3), "completed": (1, 3)}),
    # What happens when the sprint is over is none of its business.
    (f"-24 in New 3; {OVER} in Done 3", {"committed": (1, 3), "carried_over": (1, 3)}),
    (f"-24 in New 3; {OVER + 1} out New 3", {"committed": (1, 3), "carried_over": (1, 3)}),
    (f"{OVER + 1} in New 3", {}),
    (f"-24 in New 3; {OVER - 0.5} in Done 3", {"committed": (1, 3), "completed": (1, 3)}),
]  # fmt: skip


@pytest.mark.parametrize(("history", "expected"), CASES)
def test_one_ticket(history, expected):
    assert _tallies(_ledger(history)) == expected


def test_a_whole_sprint_adds_up():
    answer = _ledger(*(history for history, _ in CASES))
    into = answer.committed.tickets + answer.added.tickets
    out = (answer.removed, answer.completed, answer.canceled, answer.carried_over)
    assert into == sum(one.tickets for one in out)
    assert into == len(answer.tickets) == sum(bool(expected) for _, expected in CASES)


def test_it_is_provable_at_any_moment():
    history = "-24 out New 3; -2 in New 3; 10 in Active 3; 30 out Active 3; 50 in Done 3"

    def at(hours):
        return _tallies(_ledger(history, at=START + timedelta(hours=hours)))

    assert at(-3) == {}
    assert at(-1) == {"committed": (1, 3), "remaining": (1, 3)}
    assert at(9) == {"committed": (1, 3), "remaining": (1, 3)}
    assert at(30) == {"committed": (1, 3), "removed": (1, 3)}
    assert at(50) == {"committed": (1, 3), "completed": (1, 3)}
    line = _ledger(history, at=START + timedelta(hours=40)).tickets[0]
    assert (line.entered_rev, line.left_rev, line.left_at) == (2, 4, START + timedelta(hours=30))


def test_without_dates_everything_was_added_and_nothing_is_carried_over():
    answer = _ledger("-24 in New 3", "50 in Done 2", sprint=_sprint(None, None))
    assert _tallies(answer) == {"added": (2, 5), "completed": (1, 2), "remaining": (1, 3)}
    assert not answer.is_over


MOVES = st.lists(
    st.tuples(st.integers(0, 60), st.booleans(), st.sampled_from([*STATUSES]), st.none() | st.integers(0, 13)),
    min_size=1, max_size=10,
)  # fmt: skip


@given(st.lists(MOVES, max_size=5), st.integers(-50, 400))
def test_the_books_balance_at_every_moment(histories, hours):
    read = []
    for number, moves in enumerate(histories, 1):
        hour, entries = -40, []
        for rev, (wait, is_in, state, points) in enumerate(moves, 1):
            hour += wait
            entries.append(Entry(rev, START + timedelta(hours=hour), is_in, points, STATUSES[state]))
        read.append((number, entries))
    answer = ledger(_sprint(), read, START + timedelta(hours=hours))
    into = (answer.committed, answer.added)
    out = (answer.removed, answer.completed, answer.canceled, answer.remaining, answer.carried_over)
    assert sum(one.tickets for one in into) == sum(one.tickets for one in out) == len(answer.tickets)
    assert sum(one.points for one in into) + answer.estimates_changed == sum(one.points for one in out)
    assert not (answer.remaining.tickets and answer.carried_over.tickets)
    assert answer.is_over == (hours >= OVER)
