from datetime import timedelta
from typing import Any

import pytest

from shared.flow.ticket_types import Board, TicketState, TicketType
from shared.streams.catalog import STREAMS
from tests.streams.playing import NOW, Refused

PROCESS = STREAMS["process"]
PROJECT = "11111111-0000-4000-8000-000000000001"
TEAM = "22222222-0000-4000-8000-000000000002"
BOARD = "33333333-0000-4000-8000-000000000003"


def _type(name, *states, **other):
    shown = [{"name": state, "color": "b2b2b2", "category": category} for state, category in states]
    return {"name": name, "referenceName": f"Custom.{name}", "xmlForm": "<FORM/>", "states": shown, **other}


@pytest.fixture
def types(ado):
    """The types that the project has; a test changes them."""
    types = [_type("Bug", ("New", "Proposed"), ("Done", "Completed")), _type("Epic", ("New", "Proposed"))]
    ado.on(f"{PROJECT}/_apis/wit/workitemtypes", lambda **_: types)
    ado.on(
        f"{PROJECT}/_apis/wit/workitemtypecategories",
        [{"referenceName": "Microsoft.EpicCategory", "workItemTypes": [{"name": "Epic"}]}],
    )
    ado.on(
        f"_apis/projects/{PROJECT}/teams",
        lambda query: [{"id": TEAM, "name": "Team"}] if query.get("$skip", "0") == "0" else [],
    )
    ado.on(f"{PROJECT}/{TEAM}/_apis/work/boards", [{"id": BOARD, "name": "Stories"}])
    ado.on(
        f"{PROJECT}/{TEAM}/_apis/work/boards/{BOARD}/columns",
        [{"name": "New", "stateMappings": {"Bug": "New"}}, {"name": "Done", "stateMappings": {"Bug": "Done"}}],
    )
    return types


def _run(runner, **options):
    return runner.run(PROCESS, unit=PROJECT, name="One", **options)


def test_types_with_states_and_boards_are_stored(runner, types):
    _run(runner)
    assert {one.name: (one.category, len(one.states)) for one in runner.stored.all(TicketType)} == {
        "Bug": ("other", 2), "Epic": ("epic", 1),
    }  # fmt: skip
    (board,) = runner.stored.all(Board)
    assert (board.id, board.project_id, board.team_name) == (BOARD, PROJECT, "Team")
    assert board.columns[1] == {"name": "Done", "states": {"Bug": "Done"}}


def test_a_fresh_reading_asks_nothing_and_a_later_one_writes_only_what_changed(runner, types, ado):
    _run(runner)
    asked = ado.count()
    _run(runner, now=NOW + timedelta(hours=23))
    assert (ado.count(), runner.written()) == (asked, [])
    types[0]["states"].insert(1, {"name": "Active", "category": "InProgress"})
    _run(runner, now=NOW + timedelta(hours=25))
    assert [one.name for one in runner.written()] == ["Bug"]
    _run(runner, now=NOW + timedelta(hours=50))
    assert runner.written() == []


def test_a_ticket_in_an_unknown_state_brings_the_reading_forward_once(runner, types, ado):
    _run(runner)
    later = NOW + timedelta(hours=1)
    seen: dict[str, Any] = {"integration_id": "i", "id": "x", "project_id": PROJECT, "type": "bug", "seen_at": later}
    runner.stored.put(TicketState(**seen, state="NEW"))
    asked = ado.count()
    _run(runner, now=later)
    assert ado.count() == asked
    runner.stored.put(TicketState(**seen, state="Gone"))
    _run(runner, now=later + timedelta(seconds=1))
    assert ado.count() > asked
    asked = ado.count()
    _run(runner, now=later + timedelta(minutes=15))
    assert ado.count() == asked


def test_a_type_that_is_gone_becomes_a_tombstone_and_comes_back(runner, types):
    _run(runner)
    bug = types.pop(0)
    _run(runner, now=NOW + timedelta(days=1))
    assert runner.stored.by_id(TicketType)[f"{PROJECT}/Custom.Bug"].is_deleted
    assert len(runner.written()) == 1
    _run(runner, now=NOW + timedelta(days=2))
    assert runner.written() == []
    types.append(bug)
    _run(runner, now=NOW + timedelta(days=3))
    assert not runner.stored.by_id(TicketType)[f"{PROJECT}/Custom.Bug"].is_deleted


def test_states_that_a_reply_leaves_out_are_asked_for(runner, types, ado):
    del types[0]["states"]
    ado.on(f"{PROJECT}/_apis/wit/workitemtypes/Bug/states", [{"name": "Neu", "category": "Proposed"}])
    _run(runner)
    assert runner.stored.by_id(TicketType)[f"{PROJECT}/Custom.Bug"].states == [{"name": "Neu", "category": "Proposed"}]


def test_boards_stay_where_the_teams_cannot_be_seen(runner, types, ado):
    _run(runner)

    def refuse(query):
        raise Refused(404, "TF200016: The following project does not exist.")

    ado.on(f"_apis/projects/{PROJECT}/teams", refuse)
    _run(runner, now=NOW + timedelta(days=1))
    assert [board.is_deleted for board in runner.stored.all(Board)] == [False]
