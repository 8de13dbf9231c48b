"""A worker that dies at any point of creating an integration and its first sync costs a page at most, and no row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from local.fake_ado.model import Organization
from local.fake_ado.state import Fake
from shared.storage import SECRETS
from tests.figures import record
from tests.simulation.host import TICK, Host
from tests.simulation.invariants import Invariants
from tests.simulation.playing import Customer, organization
from tests.simulation.world import START, World

SEED = 1


@dataclass
class Story:
    """How it came out."""

    world: World
    seen: Invariants
    customer: Customer
    rows: dict[Any, Any]


def tell(source: Organization, die_at: int | None) -> Story:
    """Create an integration, let its first sync run to its end; the worker dies at that point."""
    source.now = START
    world = World(SEED, Fake([source]))
    world.die_at = die_at
    seen = Invariants(world)
    host = Host(world)
    customer = Customer(world, host, source)
    customer.create()
    host.run()
    while customer.unfinished() and world.now < START + 4 * TICK:
        host.tick()
        host.run()
    world.pass_(TICK.total_seconds())
    customer.services.secrets.sweep()
    return Story(world, seen, customer, customer.rows())


def troubles(story: Story, undisturbed: Story) -> list[str]:
    """What is not as it would have been, a line each."""
    found = [*story.seen.violations, *story.customer.unfinished(), *map(str, story.customer.host.surprises)]
    found += [f"run {run.status}" for run in story.customer.runs() if run.status != "succeeded"]
    changed = {key for key in story.rows | undisturbed.rows if story.rows.get(key) != undisturbed.rows.get(key)}
    found += [f"row {key}" for key in sorted(changed)[:5]]
    again = pages_read_again(story, undisturbed)
    # Besides the page, one that every slice begins with: the builds that run, the pull requests that changed.
    found += [f"{again} pages read again"] * (again > 2)
    kept = [row["RowKey"] for row in story.world.tables.rows(SECRETS)]
    if list(story.world.vault.versions) != kept or len(kept) != 1:
        found.append(f"secrets {list(story.world.vault.versions)}, written down {kept}")
    return found


def pages_read_again(story: Story, undisturbed: Story) -> int:
    """Batches read once more. A stream that was read to its end, and whose end was not noted, is looked at again for
    what is new, as a stream is at every sync: that counts as one."""
    again = 0
    for unit, count in (story.seen.batches - undisturbed.seen.batches).items():
        was_at_its_end = story.seen.batches_at_death[unit] == undisturbed.seen.batches[unit]
        again += 1 if was_at_its_end else count
    return again


def check(source: Organization, every: int) -> dict[str, Any]:
    """Die at each ``every``-th point. Gives figures."""
    undisturbed = tell(source, None)
    assert troubles(undisturbed, undisturbed) == []
    assert undisturbed.customer.differences() == []
    failed: dict[str, list[str]] = {}
    read_again = points = 0
    for number in range(1, undisturbed.world.points + 1, every):
        story = tell(source, number)
        assert story.world.died, number
        points += 1
        read_again = max(read_again, pages_read_again(story, undisturbed))
        if found := troubles(story, undisturbed):
            failed[f"{number} {story.world.died}"] = found
    assert not failed, f"{len(failed)} of {points} points:\n" + "\n".join(f"{k}: {v}" for k, v in failed.items())[:8000]
    return {"points": points, "of": undisturbed.world.points, "most_pages_read_again": read_again}


def test_every_tenth_point() -> None:
    assert check(organization(SEED), 10)["points"] > 60


@pytest.mark.prove
def test_every_point_of_the_demo_in_full() -> None:
    figures = check(organization(SEED, size="tiny"), 1)
    record("Crash points", seed=str(SEED), **figures, identical_rows="all")
