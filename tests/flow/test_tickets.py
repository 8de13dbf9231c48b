from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.flow.tickets import MEANT_BY, TicketRevision, ticket_events

FIRST = TicketRevision(
    integration_id="i", id="7/1", number=7, rev=1, changed_at=datetime(2026, 1, 1, tzinfo=UTC), type="Bug", state="New",
    project_id="p", project_name="One", sprint_node=3, sprint="One\\Sprint", area_node=4, area_path="One\\Web",
)  # fmt: skip


def _changes(**changes):
    second = replace(FIRST, id="7/2", rev=2, **changes)
    return [(event.field, event.old_value, event.new_value) for event in ticket_events(FIRST, second)]


def test_the_first_revision_tells_what_is_set():
    assert [event.field for event in ticket_events(None, FIRST)] == [
        "state", "type", "project_name", "sprint", "area_path",
    ]  # fmt: skip


def test_a_later_one_tells_what_it_changed():
    assert _changes(state="Done", sprint=None, sprint_node=1) == [
        ("state", "New", "Done"),
        ("sprint", "One\\Sprint", None),
    ]


@pytest.mark.parametrize("name", MEANT_BY)
def test_another_name_of_the_same_thing_is_no_change(name):
    assert _changes(**{name: "Uno"}) == []


@pytest.mark.parametrize(("name", "meant"), MEANT_BY.items())
def test_the_name_of_another_thing_is_a_change(name, meant):
    assert _changes(**{name: "Uno", meant: "other"}) == [(name, getattr(FIRST, name), "Uno")]


def test_another_thing_of_the_same_name_is_no_change():
    assert _changes(sprint_node=99) == []


def test_names_are_compared_where_nobody_knows_what_they_meant():
    before = replace(FIRST, project_id=None)
    after = replace(before, id="7/2", rev=2, project_name="Uno")
    assert [event.field for event in ticket_events(before, after)] == ["project_name"]
