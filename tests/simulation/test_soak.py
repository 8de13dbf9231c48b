"""Days of an app that is never left alone: ticks, changes, faults, deaths; nothing is lost, and nothing piles up."""

from __future__ import annotations

import gc
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import pytest

from local.fake_ado.state import Fake
from shared.flow.catalog import ENTITIES
from shared.run_retention import RUNS_KEPT
from shared.storage import RUN_STREAMS, RUNS, SECRETS, TABLES
from shared.table_codec import Stored
from tests.figures import record
from tests.simulation.faults import FAULTS, spoiler
from tests.simulation.host import TICK, Host
from tests.simulation.invariants import Invariants
from tests.simulation.playing import Customer, organization
from tests.simulation.world import Chaos, World

WORKERS: Final = 2
CHAOS: Final = Chaos(switch=0.01, kill=0.00005, freeze=0.00002, lose_answer=0.0005, refuse=0.0005, ado=0.003,
                     copies=(1,) * 19 + (2,))  # fmt: skip
TICKS_A_DAY: Final = 96
_SECOND: Final = timedelta(seconds=1)
NAMES: Final = ("demo", "fabrikam", "contoso", "woodgrove", "tailspin")
_OURS: Final = sorted(set(TABLES) - {entity.TABLE for entity in ENTITIES} - {"coverage"})
"""Tables of our own records, which must not grow for ever; coverage is about the source."""


@dataclass
class Soak:
    """How it went. ``rows`` and ``objects``: rows of our own records and objects of the process, day by day."""

    customers: list[Customer]
    seen: Invariants
    rows: list[int] = field(default_factory=list)
    objects: list[int] = field(default_factory=list)


def soak(seed: int, ticks: int, integrations: int) -> Soak:
    """Ticks with changes and faults; then a calm hour."""
    sources = [organization(seed + number, name) for number, name in enumerate(NAMES[:integrations])]
    world = World(seed, Fake(sources), CHAOS)
    seen = Invariants(world)
    world.spoil = spoiler(world.rng, tuple(FAULTS))
    host = Host(world, WORKERS)
    told = Soak([Customer(world, host, source) for source in sources], seen)
    for customer in told.customers:
        customer.connect()
        customer.start()
    host.next_tick = world.now + TICK
    for number in range(1, ticks + 1):
        host.run(until=host.next_tick + _SECOND)
        if world.rng.random() < 0.1:
            customer = world.rng.choice(told.customers)
            customer.change(seed * 10_000 + number, 2)
        if number % TICKS_A_DAY == 0:
            told.rows.append(our_rows(world).total())
            told.objects.append(our_objects())
    world.chaos = Chaos()
    for _ in range(5):
        host.run(until=host.next_tick + _SECOND)
    host.next_tick = None
    host.run()
    for customer in told.customers:
        customer.start()
    host.run()
    return told


def our_rows(world: World) -> Counter[str]:
    return Counter({table: sum(1 for _ in world.tables.rows(table)) for table in _OURS})


def our_objects() -> int:
    """Objects of our own classes that are alive, rows of the simulated storage not counted."""
    gc.collect()
    kinds = Counter(type(one) for one in gc.get_objects())
    ours = (count for kind, count in kinds.items() if str(kind.__module__).startswith("shared.") and kind is not Stored)
    return sum(ours)


def syncs(told: Soak) -> int:
    """How many there were: each reads the users once."""
    return told.seen.batches["users", "organization"]


def troubles(told: Soak) -> list[str]:
    """What is not as it should be after the calm hour."""
    world = told.customers[0].world
    found = [*told.seen.violations, *map(repr, told.customers[0].host.surprises)]
    for customer in told.customers:
        found += customer.unfinished() + customer.differences()
        runs = sum(row["PartitionKey"] == customer.id for row in world.tables.rows(RUNS))
        found += [f"{runs} rows of runs"] * (runs > RUNS_KEPT + 1)
        found += [f"{customer.integration.stopped_message}"] * (customer.integration.state != "active")
    kept = {str(row["RowKey"]) for row in world.tables.rows(SECRETS)}
    if kept != world.vault.versions.keys() or len(kept) != len(told.customers):
        found.append(f"secrets {len(world.vault.versions)}, written down {len(kept)}")
    known = {(row["PartitionKey"], row["RowKey"]) for row in world.tables.rows(RUNS)}
    orphans = {str(row["PartitionKey"]) for row in world.tables.rows(RUN_STREAMS)}
    orphans = {one for one in orphans if tuple(one.split("|")) not in known}
    return found + [f"streams of no run {one}" for one in sorted(orphans)]


def test_an_afternoon_of_two_integrations() -> None:
    told = soak(1, 16, 2)
    assert troubles(told) == []
    assert syncs(told) >= 0.9 * 16 * 2


@pytest.mark.prove
def test_a_week_of_five_integrations_in_full() -> None:
    told = soak(2, 7 * TICKS_A_DAY, 5)
    assert troubles(told) == []
    assert syncs(told) >= 0.9 * 7 * TICKS_A_DAY * 5
    first, last = told.objects[1], told.objects[-1]
    growth = max(0.0, last / first - 1)
    assert growth < 0.05, told.objects
    # Two days fill what is kept; from then on the oldest go as new ones come.
    assert told.rows[-1] <= 1.05 * told.rows[2], told.rows
    statuses: Counter[str] = Counter(run.status for customer in told.customers for run in customer.runs())
    figures: dict[str, Any] = {
        "simulated_days": 7,
        "ticks": 7 * TICKS_A_DAY,
        "integrations": len(told.customers),
        "seed": "2",
        "syncs": syncs(told),
        "requests_to_azure_devops": told.customers[0].world.asked.total(),
        "calls_of_ports": told.customers[0].world.points // 2,
        "runs_kept_by_status": ", ".join(f"{name} {count}" for name, count in sorted(statuses.items())),
        "rows_of_our_own_by_day": " ".join(map(str, told.rows)),
        "objects_in_the_process_by_day": " ".join(map(str, told.objects)),
        "growth_after_day_two": f"{growth:.1%}",
        "orphan_leases_messages_secrets": 0,
        "violations": 0,
    }
    record("Soak", **figures)
