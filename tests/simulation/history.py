"""A history: some hours of an integration under chaos, made from a seed, and what did not hold in it."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from local.fake_ado.state import Fake
from tests.simulation.host import TICK, Host
from tests.simulation.invariants import Invariants
from tests.simulation.playing import Customer, organization
from tests.simulation.world import Chaos, World

WORKERS: Final = 4
ORGANIZATIONS: Final = 7
"""Histories share so many beginnings."""
_CALM_TICKS: Final = 8
_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class History:
    """How it came out, in figures. ``troubles``: what did not hold, a line each."""

    seed: int
    troubles: list[str]
    now: datetime
    points: int
    """Points at which a worker might have died."""
    asked: Counter[str]
    """Requests to Azure DevOps by route."""
    failures: Counter[str]
    """What handlers raised."""
    statuses: Counter[str]
    """Runs by how they ended."""
    inside_retry_after: int


def history(seed: int, chaos: Chaos, *, rounds: int = 2, prepare: Any = None, final_sync: bool = True) -> History:
    """Connect, sync under chaos while things change, let it calm down, sync once more, and compare.

    ``prepare(world)`` is called before anything happens.
    """
    source = organization(seed % ORGANIZATIONS)
    world = World(seed, Fake([source]), chaos, page_rows=random.Random(seed).choice((3, 20, 1000)))
    seen = Invariants(world)
    if prepare:
        prepare(world)
    host = Host(world, WORKERS, lease=world.rng.choice((15.0, 120.0, 600.0)))
    customer = Customer(world, host, source)
    customer.connect()
    accepted = [customer.start().id]
    host.next_tick = world.now + TICK
    for number in range(rounds):
        host.run(until=world.now + timedelta(seconds=world.rng.uniform(0, 1200)))
        customer.change(seed * 100 + number, world.rng.randrange(1, 10))
        if world.rng.random() < 0.6:
            accepted.append(customer.start(full=world.rng.random() < 0.2).id)
    _calm_down(world, host, customer)
    if final_sync:
        accepted.append(customer.start().id)
        host.run()
    found = [*seen.violations, *customer.unfinished(), *map(repr, host.surprises), *customer.differences()]
    ended = {run.id for run in customer.runs() if run.final}
    found += [f"run {run_id} was accepted and has not ended" for run_id in accepted if run_id not in ended]
    statuses = Counter(str(run.status) for run in customer.runs())
    failures = host.failures
    return History(seed, found, world.now, world.points, world.asked, failures, statuses, seen.inside_retry_after)


def _calm_down(world: World, host: Host, customer: Customer) -> None:
    """Nothing goes wrong any more; the timer finds what was lost."""
    world.chaos = replace(Chaos(), switch=world.chaos.switch, step=world.chaos.step)
    for _ in range(_CALM_TICKS):
        assert host.next_tick
        host.run(until=host.next_tick - _SECOND)
        if not customer.unfinished():
            break
        host.run(until=host.next_tick + _SECOND)
    host.next_tick = None
    host.run()
