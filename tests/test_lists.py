"""The list of ticket events page by page: nothing lost, nothing twice, whatever the page size."""

from __future__ import annotations

import uuid
from dataclasses import fields
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared import ticket_events
from shared.flow.rows import to_row
from shared.flow.tickets import TicketRevision
from shared.flow.tickets import ticket_events as changes
from shared.http import ApiProblem
from shared.lists import FILTERS, LISTED, list_query
from shared.requests import read_query
from shared.ticket_events import read_ticket_events

T0 = datetime(2026, 1, 1, tzinfo=UTC)
QUERY = list_query("ticket_events", FILTERS["ticket_events"])
HISTORIES = st.dictionaries(
    st.sampled_from([1, 2, 16, 17, 33, 1_000_000]),
    st.lists(
        st.tuples(st.sampled_from(["New", "Active", "Done"]), st.sampled_from([None, 1.0, 2.0])),
        min_size=1,
        max_size=5,
    ),
    max_size=4,
)


class History:
    """Revisions of an integration of its own in a real table store."""

    def __init__(self, tables):
        self.tables = tables
        self.integration_id = str(uuid.uuid4())
        self.revisions = []

    def add(self, number, rev, state="New", points=None, **other):
        one = TicketRevision(
            integration_id=self.integration_id, id=f"{number}/{rev}", number=number, rev=rev, project_name="P",
            type="Bug", changed_at=T0 + timedelta(minutes=rev), state=state, story_points=points, **other,
        )  # fmt: skip
        self.revisions.append(one)
        self.tables.upsert(TicketRevision.TABLE, [to_row(one)])

    def expected(self, after=None):
        """The events straight from the histories, in the order of the keys."""
        found, before = [], None
        for one in sorted(self.revisions, key=lambda one: (one.number % 16, one.number, one.rev)):
            events = changes(before if before and before.number == one.number else None, one)
            found += [event for event in events if after is None or event.occurred_at > after]
            before = one
        return [event.id for event in found]

    def page(self, limit, cursor=None, **filters):
        query = {"limit": str(limit), **filters, **({"cursor": cursor} if cursor else {})}
        return read_ticket_events(self.tables, self.integration_id, read_query(query, QUERY))

    def read(self, limit, **filters):
        """The ids of all pages, and how long each page was."""
        ids: list[str] = []
        sizes: list[int] = []
        cursor = None
        while not sizes or cursor:
            page = self.page(limit, cursor, **filters)
            ids += [event.id for event in page["results"]]
            sizes.append(len(page["results"]))
            cursor = page["next_cursor"]
        return ids, sizes


@pytest.fixture
def history(tables):
    return History(tables)


@given(histories=HISTORIES, limit=st.integers(1, 12))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_event_comes_once_and_in_order_whatever_the_page_size(tables, histories, limit):
    history = History(tables)
    for number, states in histories.items():
        for rev, (state, points) in enumerate(states, 1):
            history.add(number, rev, state, points)
    ids, sizes = history.read(limit)
    assert ids == history.expected()
    assert all(size == limit for size in sizes[:-1])


@given(histories=HISTORIES, minutes=st.integers(0, 5), limit=st.integers(1, 5))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_filter_by_time_changes_no_event(tables, histories, minutes, limit):
    history = History(tables)
    for number, states in histories.items():
        for rev, (state, points) in enumerate(states, 1):
            history.add(number, rev, state, points)
    after = T0 + timedelta(minutes=minutes)
    ids, _ = history.read(limit, updated_after=after.isoformat())
    assert ids == history.expected(after)


def test_a_page_that_reads_much_and_finds_little_goes_on_in_the_next(history, monkeypatch):
    monkeypatch.setattr(ticket_events, "REVISIONS_PER_PAGE", 3)
    for rev in range(1, 9):
        history.add(5, rev, "New" if rev < 8 else "Done")
    ids, sizes = history.read(1000)
    assert ids == history.expected()
    assert len(sizes) == 3


def test_what_is_stored_behind_the_cursor_neither_repeats_nor_loses_what_lies_before_it(history):
    for rev in (1, 2, 5):
        history.add(5, rev, f"State {rev}")
    history.add(21, 1)
    first = history.page(4)
    assert [event.id for event in first["results"]] == ["5/1/state", "5/1/type", "5/1/project_name", "5/2/state"]
    for rev in (3, 4):
        history.add(5, rev, f"State {rev}")
    rest = history.page(100, first["next_cursor"])
    assert [event.id for event in rest["results"]][:3] == ["5/3/state", "5/4/state", "5/5/state"]
    assert rest["results"][2].old_value == "State 4"
    assert [event.id for event in first["results"] + rest["results"]] == history.expected()


def test_a_cursor_within_a_revision_goes_on_with_its_next_field(history):
    history.add(5, 1)
    history.add(5, 2, "Done", 3.0, sprint="P\\S")
    history.add(5, 3, "Done", 3.0, sprint="P\\T")
    page = history.page(4)
    assert page["results"][-1].id == "5/2/state"
    assert [event.id for event in history.page(10, page["next_cursor"])["results"]] == [
        "5/2/story_points", "5/2/sprint", "5/3/sprint",
    ]  # fmt: skip


def test_a_deletion_is_an_event(history):
    history.add(5, 1)
    history.add(5, 2, is_deleted=True)
    assert history.read(100)[0][-1] == "5/2/is_deleted"


def test_a_filter_by_project_gives_the_events_that_happened_there(history):
    history.add(1, 1, project_id="p1")
    history.add(1, 2, "Active", project_id="p2")
    history.add(1, 3, "Done", project_id="p1")
    history.add(2, 1, project_id="p2")
    events = history.page(100, project_id="p2")["results"]
    assert {(event.number, event.rev) for event in events} == {(1, 2), (2, 1)}
    (moved,) = (event for event in events if event.number == 1)
    assert (moved.old_value, moved.new_value) == ("New", "Active")


def test_a_history_with_a_gap_compares_with_what_is_there(history):
    history.add(5, 1, "New")
    history.add(5, 7, "Done")
    after = (T0 + timedelta(minutes=3)).isoformat()
    (event,) = history.page(10, updated_after=after)["results"]
    assert (event.id, event.old_value, event.new_value) == ("5/7/state", "New", "Done")


@pytest.mark.parametrize("position", ["[16,1,1,0]", "[-1,1,1,0]", "[0,-1,1,0]", "[0,1,9999999,0]", "[0,1,1]", "{}"])
def test_a_position_outside_the_table_is_no_cursor(history, position):
    import base64

    with pytest.raises(ApiProblem) as refused:
        history.page(10, base64.urlsafe_b64encode(position.encode()).decode().rstrip("="))
    assert (refused.value.status, refused.value.field) == (400, "cursor")


def test_every_filter_looks_at_a_field_of_its_list():
    for name, filters in FILTERS.items():
        stored = TicketRevision if name == "ticket_events" else LISTED[name]
        columns = {field.name for field in fields(stored)}
        assert set(filters.values()) <= columns
