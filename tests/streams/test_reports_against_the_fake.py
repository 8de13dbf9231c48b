"""Epics and sprint ledgers, read from a table store, against the fake's own account of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from local.fake_ado.mutate import mutate
from local.fake_ado.testing import FakeAdo
from local.fake_ado.truth_reports import SprintTicket, epics, sprint_tickets
from local.fake_ado.truth_view import View
from shared.epics import EpicFinder, Family
from shared.flow.rows import to_row
from shared.flow.tickets import Ticket
from shared.sprint_ledgers import sprint_ledger
from shared.tables import Tables
from tests.streams.playing import Runner
from tests.streams.ticket_proof import read, reading

KINDS = ("ticket_state", "ticket_changed", "ticket_reparented", "ticket_reparented_silently", "ticket_retyped",
         "ticket_deleted", "ticket_restored", "ticket_created", "ticket_moved")  # fmt: skip
MOST_SPRINTS = 6


@pytest.fixture(params=[3, 4])
def changed(request: pytest.FixtureRequest) -> Iterator[tuple[FakeAdo, Runner]]:
    """Read first, and again after changes."""
    with reading("tiny", request.param) as (fake, runner):
        read(runner)
        mutate(fake.organization("demo"), request.param, 90, KINDS)
        read(runner)
        yield fake, runner


def _stored(runner: Runner, tables: Tables) -> Tables:
    by_table: dict[str, list[object]] = {}
    for (table, _, _), entity in runner.stored.rows.items():
        by_table.setdefault(table, []).append(entity)
    for table, entities in by_table.items():
        tables.upsert(table, [to_row(entity) for entity in entities])  # type: ignore[arg-type]  # entities, all of them
    return tables


def test_epics_and_ledgers_are_true(changed: tuple[FakeAdo, Runner], tables: Tables) -> None:
    fake, runner = changed
    view = View(fake.organization("demo"), runner.initial_processed_at)
    stored = _stored(runner, tables)
    finder = EpicFinder(Family(stored, "i"))
    true = epics(view)
    found = {one.number: finder.epic_of(one).number for one in runner.stored.all(Ticket) if one.number in true}
    assert found == true
    assert any(found.values())
    outcomes = set()
    for id_, at in _moments(view):
        want = sprint_tickets(view, next(n for n in view.organization.nodes.values() if n.identifier == id_), at)
        have = {
            line.number: SprintTicket(line.entry, line.outcome, line.points_at_entry, line.points)
            for line in sprint_ledger(stored, "i", id_, at).tickets
        }
        assert have == want, (id_, at)
        outcomes |= {(line.entry, line.outcome) for line in have.values()}
    assert {entry for entry, _ in outcomes} == {"committed", "added"}
    assert {"removed", "completed", "carried_over"} <= {outcome for _, outcome in outcomes}


def _moments(view: View) -> Iterator[tuple[str, datetime]]:
    """The sprints that most tickets are in: now, and in their midst."""
    sizes: dict[str, int] = {}
    for sprint in view.organization.nodes.values():
        if (
            sprint.structure == "iteration"
            and sprint.parent
            and not sprint.deleted_at
            and view.is_readable(sprint.project_id)
        ):
            sizes[sprint.identifier] = len(sprint_tickets(view, sprint, datetime.now(UTC)))
    for id_ in sorted(sizes, key=lambda one: (-sizes[one], one))[:MOST_SPRINTS]:
        yield id_, datetime.now(UTC)
        sprint = next(one for one in view.organization.nodes.values() if one.identifier == id_)
        if sprint.start_date:
            yield id_, sprint.start_date.astimezone(UTC) + timedelta(days=5)
