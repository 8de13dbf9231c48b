"""What statuses mean, from Microsoft's tables of states and from boards."""

from datetime import UTC, datetime

import pytest

from shared.flow.status_mapping import overridden
from shared.flow.ticket_types import Board, TicketState, TicketType
from shared.mapping.statuses import LANES, STAGES, derive
from shared.mapping.ticket_types import to_board, to_ticket_type
from tests.mapping.examples import body
from tests.mapping.test_ticket_types import BOARD, IDS, TEAM

AT = datetime(2026, 3, 1, tzinfo=UTC)
DOCUMENTED = {"Proposed", "InProgress", "Resolved", "Completed", "Removed"}


def _type(name, states, **other):
    pairs = [pair.split(":") for pair in states.split()]
    shown = [{"name": state.replace("_", " "), "category": category} for state, category in pairs]
    given = {"integration_id": "i", "id": f"p/{name}", "project_id": "p", "reference_name": name, "category": "other"}
    return TicketType(**{**given, "name": name, "states": shown, **other})


def _board(*columns, name="Stories"):
    shown = [{"name": column, "states": states} for column, states in columns]
    ids = {"integration_id": "i", "id": name, "project_id": "p", "team_id": "t", "team_name": "Team"}
    return Board(**ids, name=name, columns=shown)


def _seen(kind, state):
    return TicketState(integration_id="i", id="x", project_id="p", type=kind, state=state, seen_at=AT)


def _meaning(one):
    return one.status, one.stage, one.lane, one.lane_order, one.is_canceled


def test_every_documented_category_has_a_meaning():
    assert STAGES.keys() == LANES.keys() == DOCUMENTED


# https://learn.microsoft.com/azure/devops/boards/work-items/workflow-and-state-categories
DEFAULTS = [
    ("Agile User Story", "New:Proposed Active:InProgress Resolved:Resolved Closed:Completed Removed:Removed",
     ["not_started", "active", "active", "done", "canceled"]),
    ("Scrum Product Backlog Item", "New:Proposed Approved:Proposed Committed:InProgress Done:Completed Removed:Removed",
     ["not_started", "not_started", "active", "done", "canceled"]),
    ("Scrum Task", "To_Do:Proposed In_Progress:InProgress Done:Completed Removed:Removed",
     ["not_started", "active", "done", "canceled"]),
    ("CMMI Requirement", "Proposed:Proposed Active:InProgress Resolved:InProgress Closed:Completed",
     ["not_started", "active", "active", "done"]),
    ("CMMI Bug", "Proposed:Proposed Active:InProgress Resolved:Resolved Closed:Completed",
     ["not_started", "active", "active", "done"]),
    ("Basic Issue", "To_Do:Proposed Doing:InProgress Done:Completed", ["not_started", "active", "done"]),
    ("缺陷", "新建:Proposed 进行中:InProgress 已关闭:Completed", ["not_started", "active", "done"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "states", "expected"), DEFAULTS)
def test_the_default_processes(name, states, expected):
    found = list(derive([_type(name, states)], [], []))
    assert ["canceled" if one.is_canceled else one.stage for one in found] == expected
    assert not any(one.is_waiting for one in found)
    orders = [one.lane_order for one in found if one.lane_order is not None]
    assert (len(orders), orders) == (len(found), sorted(orders))


def test_the_published_states_of_a_bug():
    published = body("wit/GET_workitem_type_states.json")["value"]
    found = list(derive([to_ticket_type({"name": "Bug"}, published, {}, **IDS)], [], []))
    assert [(one.status, one.category) for one in found] == [(one["name"], one["category"]) for one in published]
    assert all(one.stage for one in found)


def test_columns_of_a_published_board_are_lanes_and_removed_stands_with_done():
    board = to_board(BOARD, body("work/GET_work_boards_boardId_columns.json")["value"], TEAM, **IDS)
    kind = _type("Bug", "New:Proposed Approved:Proposed Committed:InProgress Done:Completed Removed:Removed")
    assert [_meaning(one) for one in derive([kind], [board], [])] == [
        ("New", "not_started", "New", 0, False), ("Approved", "not_started", "Approved", 1, False),
        ("Committed", "active", "Committed", 2, False), ("Done", "done", "Done", 3, False),
        ("Removed", "done", "Done", 3, True),
    ]  # fmt: skip


def test_boards_that_disagree_or_do_not_show_all_states_leave_the_categories():
    kind = _type("Bug", "New:Proposed Doing:InProgress Done:Completed")
    whole = _board(("New", {"Bug": "New"}), ("Doing", {"bug": "DOING"}), ("Done", {"Bug": "Done"}))
    same = _board(("New", {"Bug": "New"}), ("Doing", {"Bug": "Doing"}), ("Done", {"Bug": "Done"}), name="Other")
    other = _board(("New", {"Bug": "New"}), ("Work", {"Bug": "Doing"}), ("Done", {"Bug": "Done"}), name="Third")
    part = _board(("New", {"Bug": "New"}), ("Done", {"Bug": "Done"}))
    foreign = _board(("A", {"Epic": "New"}))
    lanes = {"New": 0, "Doing": 1, "Done": 2}
    by_category = {"Not started": 0, "Active": 1, "Done": 3}
    for boards, expected in [
        ([whole], lanes), ([whole, same, foreign], lanes), ([whole, other], by_category), ([part], by_category),
        ([foreign], by_category), ([], by_category),
    ]:  # fmt: skip
        assert {one.lane: one.lane_order for one in derive([kind], boards, [])} == expected


def test_a_state_in_two_columns_counts_as_in_the_first():
    board = _board(
        ("New", {"Bug": "New"}), ("Dev", {"Bug": "Doing"}), ("Test", {"Bug": "Doing"}), ("Done", {"Bug": "Done"})
    )
    found = derive([_type("Bug", "New:Proposed Doing:InProgress Done:Completed")], [board], [])
    assert {one.status: (one.lane, one.lane_order) for one in found}["Doing"] == ("Dev", 1)


def test_what_no_type_has_and_an_undocumented_category_stay_unmapped():
    seen = [_seen("Bug", "Freigabe"), _seen("bug", "NEW"), _seen("Gone", "Open")]
    found = list(derive([_type("Bug", "New:Proposed Odd:Sideways Bare:")], [], seen))
    assert {(one.type, one.status): one.source for one in found} == {
        ("Bug", "New"): "derived", ("Bug", "Odd"): "unmapped", ("Bug", "Bare"): "unmapped",
        ("Bug", "Freigabe"): "unmapped", ("Gone", "Open"): "unmapped",
    }  # fmt: skip
    assert all((one.stage, one.lane, one.lane_order) == (None, None, None) for one in found if one.source == "unmapped")


def test_a_dropped_type_keeps_its_meaning_unless_its_name_lives_on():
    old = _type("Bug", "New:Proposed Old:InProgress", id="p/old", is_deleted=True)
    new = _type("Bug", "New:InProgress")
    assert {one.status: one.stage for one in derive([old, new], [], [])} == {"New": "active", "Old": "active"}


def test_an_override_wins_and_keeps_the_lane_if_the_stage_is_the_same():
    derived = list(derive([_type("Bug", "New:Proposed Doing:InProgress Done:Completed")], [], [_seen("Bug", "Wartet")]))
    given = [
        {"type": "BUG", "status": "doing", "stage": "active", "is_waiting": True},
        {"type": "Bug", "status": "New", "stage": "done", "is_canceled": True},
        {"type": "Bug", "status": "Wartet", "stage": "active", "lane": "Waiting", "lane_order": 7},
    ]
    found = overridden(derived, given)
    assert [one.status for one in found.values()] == ["New", "Doing", "Done", "Wartet"]
    new, doing, done, waits = found.values()
    assert (doing.lane, doing.is_waiting, doing.category, doing.source) == ("Active", True, "InProgress", "override")
    assert (new.stage, new.lane, new.lane_order, new.is_canceled) == ("done", "Done", 3, True)
    assert done.source == "derived"
    assert (waits.lane, waits.lane_order, waits.stage) == ("Waiting", 7, "active")


def test_an_override_of_a_type_that_nobody_knows_any_more_has_the_usual_lanes():
    found = overridden(derive([], [], [_seen("Gone", "Open")]), [{"type": "Gone", "status": "Open", "stage": "active"}])
    assert [(one.lane, one.lane_order) for one in found.values()] == [("Active", 1)]
