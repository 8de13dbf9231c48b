"""Azure DevOps misbehaves in every known way: nothing is lost, nobody asks within a pause, little is asked twice."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from local.fake_ado.mutate import mutate
from local.fake_ado.named_tokens import named_tokens
from local.fake_ado.state import Fake
from tests.figures import record
from tests.simulation.faults import FAULTS, spoiler
from tests.simulation.history import History, history
from tests.simulation.host import TICK, Host
from tests.simulation.invariants import Invariants
from tests.simulation.playing import Customer, organization
from tests.simulation.world import START, Chaos, World

OFTEN = 0.01
"""Of all answers."""


def sync(seed: int, faults: tuple[str, ...] = (), skew: float = 0.0) -> tuple[World, Invariants, Customer]:
    """A first sync of a world in which these faults happen, with the timer beside it."""
    source = organization(seed)
    source.now = START
    world = World(seed, Fake([source]), Chaos(switch=0.02, ado=OFTEN if faults else 0.0))
    world.skew = skew * TICK
    seen = Invariants(world)
    if faults:
        world.spoil = spoiler(world.rng, faults)
    customer = Customer(world, Host(world, 2), source)
    customer.connect()
    customer.start()
    customer.host.next_tick = world.now + TICK
    while not customer.runs()[-1].final:
        customer.host.run(until=customer.host.next_tick + timedelta(seconds=1))
    asked = world.asked.copy()
    world.chaos = Chaos()
    customer.host.next_tick = None
    customer.host.run()
    if customer.runs()[0].status != "succeeded":
        customer.start()
        customer.host.run()
    world.asked = asked
    return world, seen, customer


def troubles(seen: Invariants, customer: Customer) -> list[str]:
    return [*seen.violations, *customer.unfinished(), *map(repr, customer.host.surprises), *customer.differences()]


def check(seeds: range) -> dict[str, Any]:
    """A sync for each kind of fault and each seed. Gives figures."""
    extra: Counter[str] = Counter()
    asked = 0
    found: dict[str, list[str]] = {}
    for seed in seeds:
        quiet = sync(seed)[0].asked.total()
        for name in FAULTS:
            world, seen, customer = sync(seed, (name,))
            if trouble := troubles(seen, customer):
                found[f"seed {seed}, {name}"] = trouble[:5]
            asked += quiet
            extra[name] += world.asked.total() - quiet
    assert not found, "\n".join(f"{where}: {what}" for where, what in found.items())
    return {"syncs": len(seeds) * len(FAULTS), "requests": asked, "extra": extra.total() / asked, "by_kind": extra}


def test_every_kind_of_fault_leaves_the_rows_true_and_asks_little_twice() -> None:
    figures = check(range(1, 3))
    assert figures["extra"] <= 0.05, figures


@pytest.mark.parametrize("skew", [-0.3, 0.3])
def test_clocks_that_differ(skew) -> None:
    _, seen, customer = sync(3, skew=skew)
    assert troubles(seen, customer) == []


def shifting(world: World) -> None:
    """Things change between two pages, and every fault happens."""
    world.spoil = spoiler(world.rng, tuple(FAULTS))
    (source,) = world.fake.organizations.values()

    noted = world.on_request

    def shift(worker: Any, request: Any, begun_at: datetime) -> None:
        noted(worker, request, begun_at)
        if world.rng.random() < 0.01 and world.chaos.ado:
            mutate(source, world.points, 1)
            world.now = max(world.now, source.now)

    world.on_request = shift


def histories(seeds: range) -> list[History]:
    told = [history(seed, Chaos(switch=0.05, ado=0.03, copies=(1, 1, 2)), prepare=shifting) for seed in seeds]
    found = {one.seed: one.troubles[:5] for one in told if one.troubles}
    assert not found, "\n".join(f"seed {seed}: {what}" for seed, what in found.items())
    return told


def test_pages_that_shift_under_all_faults() -> None:
    assert histories(range(8))


def test_a_token_that_is_revoked_in_mid_run_stops_the_integration_and_a_new_one_goes_on() -> None:
    source = organization(5)
    world = World(5, Fake([source]), Chaos(switch=0.1))
    seen = Invariants(world)
    customer = Customer(world, Host(world, 4), source)
    customer.connect()
    token = source.tokens[named_tokens(source)["good"].value]
    run = customer.start()
    noted = world.on_request

    def revoke(worker: Any, request: Any, begun_at: datetime) -> None:
        noted(worker, request, begun_at)
        token.revoked = world.asked.total() > 20

    world.on_request = revoke
    customer.host.run()
    assert customer.integration.state == "stopped"
    assert customer.services.runs.get(customer.id, run.id).status == "failed"
    world.on_request = noted
    token.revoked = False
    customer.reconnect()
    customer.host.run()
    assert troubles(seen, customer) == []


@pytest.mark.prove
def test_faults_in_full() -> None:
    figures = check(range(1, 7))
    told = histories(range(3000, 3100))
    record(
        "Azure DevOps faults",
        kinds=", ".join(FAULTS),
        spoiled_answers=f"{OFTEN:.0%}",
        syncs=figures["syncs"],
        requests=figures["requests"],
        extra_requests=f"{figures['extra']:.1%}",
        histories_with_shifting_pages=len(told),
        requests_within_a_pause=sum(one.inside_retry_after for one in told),
        violations=0,
    )
