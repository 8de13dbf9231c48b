"""Histories worked out on paper. Hours are counted from the ticket's creation."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.flow.status_mapping import MappedStatus
from shared.ticket_metrics import Step, life_of, stage_of

T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)
STATUSES = {
    "New": MappedStatus(type="Bug", status="New", stage="not_started", lane="New", lane_order=0),
    "Active": MappedStatus(type="Bug", status="Active", stage="active", lane="Active", lane_order=1),
    "Blocked": MappedStatus(type="Bug", status="Blocked", stage="active", lane="Active", lane_order=1, is_waiting=True),
    "Review": MappedStatus(type="Bug", status="Review", stage="active", lane="Review", lane_order=2),
    "Done": MappedStatus(type="Bug", status="Done", stage="done", lane="Done", lane_order=3),
    "Closed": MappedStatus(type="Bug", status="Closed", stage="done", lane="Done", lane_order=3),
    "Removed": MappedStatus(type="Bug", status="Removed", stage="done", lane="Done", lane_order=3, is_canceled=True),
}


def _life(history, now=1000):
    """``New 0 Active 3``: states with the hours at which they were entered."""
    words = history.split()
    steps = [
        Step(T0 + timedelta(hours=int(hour)), state, STATUSES.get(state))
        for state, hour in zip(words[::2], words[1::2], strict=True)
    ]
    return life_of(steps, T0 + timedelta(hours=now))


def _hours(moment):
    return None if moment is None else (moment - T0) / timedelta(hours=1)


@pytest.mark.parametrize(
    ("history", "first_active", "done", "cycle", "stage"),
    [
        ("New 0", None, None, None, "not_started"),
        ("New 0 Active 3", 3, None, None, "active"),
        ("New 0 Active 3 Done 10", 3, 10, 7, "done"),
        ("Active 0 Done 10", 0, 10, 10, "done"),
        ("New 0 Done 10", None, 10, None, "done"),
        ("Done 0", None, 0, None, "done"),
        ("New 0 Active 3 Done 10 Active 12 Done 20", 3, 20, 17, "done"),
        ("New 0 Active 3 Done 10 Active 12", 3, None, None, "active"),
        ("New 0 Active 3 New 5 Active 8 Done 10", 3, 10, 7, "done"),
        ("New 0 Active 3 Done 10 Closed 15", 3, 10, 7, "done"),
        ("New 0 Active 3 Removed 10", 3, None, None, "canceled"),
        ("New 0 Active 3 Done 10 Removed 15", 3, None, None, "canceled"),
        ("New 0 Active 3 Removed 10 Closed 15", 3, 15, 12, "done"),
        ("New 0 Done 10 Active 12", 12, None, None, "active"),
        ("New 0 Active 3 Active 6 Done 10 Done 14", 3, 10, 7, "done"),
        ("New 0 Freigabe 3 Done 10", None, 10, None, "done"),
        ("New 0 Active 3 Done 10 Freigabe 12", 3, None, None, None),
    ],
)
def test_cycle(history, first_active, done, cycle, stage):
    life = _life(history)
    assert (_hours(life.first_active_at), _hours(life.done_at)) == (first_active, done)
    assert (life.cycle and life.cycle / timedelta(hours=1)) == cycle
    assert life.stage == stage


@pytest.mark.parametrize(
    ("history", "now", "hours"),
    [
        ("New 0 Active 3 Done 10", 50, 0),
        ("New 0 Blocked 3 Active 7 Done 10", 50, 4),
        ("New 0 Blocked 3 Active 7 Blocked 8 Done 10", 50, 6),
        ("New 0 Blocked 3", 50, 47),
        ("Blocked 0 Blocked 3 Done 9", 50, 9),
        ("New 0 Blocked 3 Freigabe 5 Active 9", 50, 2),
    ],
)
def test_queue_time_is_all_time_in_waiting_statuses(history, now, hours):
    assert _life(history, now).queue == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("history", "transitions", "between_lanes", "back"),
    [
        ("New 0", 0, 0, 0),
        # Four changes of status, one of them back: a quarter.
        ("New 0 Active 1 Review 2 Active 3 Done 4", 4, 4, 1),
        ("New 0 Active 1 Done 2 New 3", 3, 3, 1),
        ("New 0 Active 1 Blocked 2 Active 3", 3, 1, 0),
        ("New 0 Active 1 Freigabe 2 New 3", 3, 1, 0),
        ("Done 0 Removed 1 Done 2", 2, 0, 0),
    ],
)
def test_transitions_and_backflow(history, transitions, between_lanes, back):
    life = _life(history)
    assert (life.transitions, life.lane_transitions, life.backflow_transitions) == (transitions, between_lanes, back)


def test_no_history_says_nothing():
    life = _life("")
    assert (life.stage, life.transitions, life.queue, life.cycle) == (None, 0, timedelta(), None)
    assert stage_of(None) is None


@given(st.lists(st.tuples(st.sampled_from([*STATUSES, "Freigabe"]), st.integers(0, 50)), min_size=1, max_size=12))
def test_what_holds_for_every_history(moves):
    steps, hour = [], 0
    for state, wait in moves:
        hour += wait
        steps.append(Step(T0 + timedelta(hours=hour), state, STATUSES.get(state)))
    now = T0 + timedelta(hours=hour)
    life = life_of(steps, now)
    repeated = [copy for step in steps for copy in (step, step)]
    assert life_of(repeated, now) == life, "a revision that changes no state changes nothing"
    assert 0 <= life.backflow_transitions <= life.lane_transitions <= life.transitions < len(steps)
    assert timedelta() <= life.queue <= now - steps[0].at
    assert (life.done_at is not None) == (life.stage == "done")
    assert life.cycle is None or timedelta() <= life.cycle <= now - steps[0].at
    later = life_of(steps, now + timedelta(hours=1))
    assert (later.cycle, later.transitions) == (life.cycle, life.transitions)
    assert later.queue - life.queue == timedelta(hours=1 if life.is_waiting else 0)
