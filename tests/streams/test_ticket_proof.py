"""Tickets are complete and exact, and cost few requests: a sample always, the full figures with ``make prove``."""

from __future__ import annotations

import math
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime

import pytest

from local.fake_ado import fields
from local.fake_ado.mutate import mutate
from local.fake_ado.testing import FakeAdo
from local.fake_ado.work_item_actions import revise
from shared.flow.projects import TicketProject
from shared.flow.sprints import Sprint
from shared.flow.ticket_links import TicketLink
from shared.flow.tickets import Ticket, TicketRevision
from tests.figures import record
from tests.streams.playing import Runner
from tests.streams.ticket_proof import FEEDS, asked, change, read, reading, wrong

A_PROJECT = 30
"""Requests that a project costs whatever it holds: its sprints, teams, boards, types, and the end of each feed."""
FULL = (pytest.mark.prove, pytest.mark.timeout(3600))


@pytest.mark.parametrize(
    ("size", "seed", "changes", "syncs"),
    [("tiny", 11, 120, 4), pytest.param("bench", 1, 1_000, 20, marks=FULL)],
)
def test_what_is_stored_is_true_first_and_after_random_changes(size: str, seed: int, changes: int, syncs: int) -> None:
    with reading(size, seed) as (fake, runner):
        fake.clear_requests()
        read(runner)
        first, total = asked(fake, *FEEDS), fake.requests()["total"]
        assert wrong(runner, fake) == []
        revisions = len(list(runner.stored.all(TicketRevision)))
        projects = len(list(runner.stored.all(TicketProject)))
        # The feed of the organisation and those of the projects, each with an end of its own.
        assert first["workitemrevisions"] <= math.ceil(1.3 * revisions / 1000) + 2 * projects + 1
        assert total <= 1.3 * revisions / 1000 + A_PROJECT * projects
        for step in range(syncs):
            change(fake, 100 * seed + step, changes // syncs)
            read(runner)
            assert wrong(runner, fake) == [], f"seed {seed}, after sync {step + 1}"
        record(
            f"Tickets against the ground truth ({size})",
            seed=seed,
            tickets=len(list(runner.stored.all(Ticket))),
            revisions_at_first=revisions,
            requests_of_the_first_import=total,
            requests_of_revisions=first["workitemrevisions"],
            random_changes=changes,
            incremental_syncs=syncs,
            differences=0,
        )


@pytest.fixture
def read_once() -> Iterator[tuple[FakeAdo, Runner]]:
    with reading("tiny", 5) as (fake, runner):
        read(runner)
        yield fake, runner


def test_nothing_changed_costs_one_request_for_revisions_and_one_for_links(read_once: tuple[FakeAdo, Runner]) -> None:
    fake, runner = read_once
    read(runner)
    fake.clear_requests()
    assert read(runner) == []
    assert asked(fake, *FEEDS) == {"workitemrevisions": 1, "workitemlinks": 1}


def test_thousands_of_revisions_of_one_ticket_at_one_moment_are_all_stored(
    read_once: tuple[FakeAdo, Runner],
) -> None:
    fake, runner = read_once
    organization = fake.organization("demo")
    item = next(one for one in organization.work_items.values() if not one.is_deleted)
    at, by = datetime.now(UTC).replace(microsecond=0), item.revisions[0].fields[fields.CHANGED_BY]
    organization.now = max(organization.now, at)
    before = deepcopy(runner.watermarks)
    for number in range(4_700):
        revise(organization, item, at, by, {fields.PRIORITY: 1 + number % 4})
    fake.clear_requests()
    read(runner)
    # Four full pages, the rest, and perhaps an empty page that says that it is the last.
    assert asked(fake, "workitemrevisions")["workitemrevisions"] <= 7
    stored = [one.rev for one in runner.stored.all(TicketRevision) if one.number == item.id]
    assert stored == [one.rev for one in item.revisions]
    assert wrong(runner, fake) == []
    # Tokens that were used before are used again: nothing doubled, nothing goes back.
    rows = dict(runner.stored.rows)
    runner.watermarks = before
    read(runner)
    assert runner.stored.rows.keys() == rows.keys()
    assert wrong(runner, fake) == []


def test_a_project_in_the_bin_that_comes_back_has_lost_nothing_and_doubled_nothing(
    read_once: tuple[FakeAdo, Runner],
) -> None:
    fake, runner = read_once
    # More projects, as one of the last two is never deleted; with tickets that move into them.
    mutate(fake.organization("demo"), 1, 2, ["project_created"])
    mutate(fake.organization("demo"), 2, 60, ["ticket_created", "ticket_moved", "link_added", "sprint_created"])
    read(runner)
    rows = {key for key in runner.stored.rows if key[0] in (Ticket.TABLE, Sprint.TABLE, TicketLink.TABLE)}
    project = fake.organization("demo").projects[_of_most_tickets(runner)]
    project.state, project.deleted_at = "deleted", datetime.now(UTC)
    mutate(fake.organization("demo"), 3, 10, ["ticket_state"])
    read(runner)
    assert runner.stored.by_id(TicketProject)[project.id].is_deleted
    assert rows <= runner.stored.rows.keys()
    assert not [
        one.number for one in runner.stored.all(Ticket) if one.project_id == project.id and _is_wrongly_gone(fake, one)
    ]
    project.state, project.deleted_at = "wellFormed", None
    mutate(fake.organization("demo"), 4, 10, ["ticket_state"])
    read(runner)
    assert not runner.stored.by_id(TicketProject)[project.id].is_deleted
    assert wrong(runner, fake) == []
    assert {key for key in runner.stored.rows if key[0] in (Ticket.TABLE, Sprint.TABLE, TicketLink.TABLE)} == rows


def _of_most_tickets(runner: Runner) -> str:
    """Of the projects that may go."""
    numbers: dict[str, int] = {}
    for one in runner.stored.all(Ticket):
        numbers[one.project_id or ""] = numbers.get(one.project_id or "", 0) + 1
    return max(numbers, key=lambda id_: numbers[id_])


def _is_wrongly_gone(fake: FakeAdo, ticket: Ticket) -> bool:
    return ticket.is_deleted and not fake.organization("demo").work_items[ticket.number].is_deleted
