"""Everything about tickets against the fake's ground truth, at any size: what is read, what differs, what was asked."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from local.fake_ado import mutate_places, mutate_tickets
from local.fake_ado.mutate import mutate
from local.fake_ado.testing import FakeAdo, start_fake
from shared.ado.auth import PatAuth
from shared.ado.client import AdoClient
from shared.ado.hosts import Hosts
from shared.flow.catalog import LISTS
from shared.flow.rows import to_json
from shared.flow.ticket_links import TicketLink
from shared.flow.tickets import TicketRevision, ticket_events
from tests.comparing import differences
from tests.streams.against import sync, truth_of
from tests.streams.playing import Runner

NAMES = (
    "projects", "users", "sprints", "tickets", "tickets_backfill", "ticket_links", "ticket_links_backfill", "process",
)  # fmt: skip
LISTED = ("ticket_projects", "users", "sprints", "tickets")
FEEDS = ("workitemrevisions", "workitemlinks")
_KINDS = mutate_tickets.KINDS | mutate_places.KINDS


@contextmanager
def reading(size: str, seed: int) -> Iterator[tuple[FakeAdo, Runner]]:
    """A made-up organisation and a reader that has read nothing yet."""
    with start_fake(["demo"], seed=seed, size=size) as fake:
        client = AdoClient("demo", PatAuth(fake.token()), hosts=Hosts(fake.hosts()))
        runner = Runner(client)
        runner.initial_processed_at = datetime.now(UTC)
        yield fake, runner
        client.close()


def change(fake: FakeAdo, seed: int, changes: int) -> None:
    """Random changes to tickets, sprints, projects and people."""
    rng = random.Random(seed)
    kinds, weights = list(_KINDS), [weight for weight, _ in _KINDS.values()]
    mutate(fake.organization("demo"), seed, changes, rng.choices(kinds, weights, k=changes))


def read(runner: Runner) -> list[tuple[str, str]]:
    """One sync; (stream, id) of what was written."""
    return sync(runner, NAMES)


def wrong(runner: Runner, fake: FakeAdo) -> list[str]:
    """Every difference in tickets, their events and links, sprints, projects and people."""
    true = truth_of(runner, fake)
    found: list[str] = []
    for name in LISTED:
        found += differences(name, {one.id: to_json(one) for one in runner.stored.all(LISTS[name])}, true)
    return found + differences("ticket_events", _events(runner), true) + list(_links(runner, true))


def _events(runner: Runner) -> dict[str, Any]:
    before: TicketRevision | None = None
    found: dict[str, Any] = {}
    for revision in sorted(runner.stored.all(TicketRevision), key=lambda one: (one.number, one.rev)):
        last = before if before and before.number == revision.number else None
        found |= {event.id: to_json(event) for event in ticket_events(last, revision)}
        before = revision
    return found


def _links(runner: Runner, true: dict[str, Any]) -> Iterator[str]:
    readable = {row["number"] for row in true["tickets"]}
    have = {
        (one.ado_rel, one.source_number, one.target_number)
        for one in runner.stored.all(TicketLink)
        if not one.is_deleted and {one.source_number, one.target_number} <= readable
    }
    want = {(row["rel"], row["source"], row["target"]) for row in true["ticket_links"]}
    yield from (f"link {link}: {'missing' if link in want else 'extra'}" for link in sorted(want ^ have))


def asked(fake: FakeAdo, *names: str) -> dict[str, int]:
    """How many requests went to routes of these names since they were last cleared."""
    routes = fake.requests()["by_route"]
    return {name: sum(n for route, n in routes.items() if name in route.lower()) for name in names}
