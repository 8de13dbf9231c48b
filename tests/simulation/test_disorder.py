"""Each message one to five times in any order; four workers interleaved, dying, standing still; answers that are lost.

A failure names its seed: ``history(seed, DISORDER[kind])`` makes it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import pytest

from tests.figures import record
from tests.simulation.history import History, history
from tests.simulation.world import Chaos

DISORDER: Final[dict[str, Chaos]] = {
    "copies": Chaos(switch=0.1, copies=(1, 1, 2, 3, 5)),
    "deaths": Chaos(switch=0.1, copies=(1, 2), kill=0.001),
    "standing still": Chaos(switch=0.05, copies=(1, 2), freeze=0.002),
    "slow": Chaos(switch=0.1, copies=(1, 2), step=2.0),
    "all of it": Chaos(switch=0.1, copies=(1, 1, 3), kill=0.0005, freeze=0.0005, step=0.5),
}
LOST: Final[dict[str, Chaos]] = {
    "answers lost": Chaos(switch=0.05, lose_answer=0.1),
    "answers lost, storage away": Chaos(switch=0.1, lose_answer=0.1, refuse=0.02, copies=(1, 2)),
}


def run(kinds: dict[str, Chaos], seeds: Iterable[int]) -> list[History]:
    """Histories of all kinds in turn. Fails with every trouble, its seed and its kind."""
    names, seeds = list(kinds), list(seeds)
    told: list[History] = []
    troubles: dict[str, list[str]] = {}
    for seed in seeds:
        kind = names[seed % len(names)]
        one = history(seed, kinds[kind])
        told.append(one)
        if one.troubles:
            troubles[f"seed {seed}, {kind}"] = one.troubles[:5]
    assert not troubles, f"{len(troubles)} of {len(seeds)} histories:\n" + "\n".join(
        f"{where}: {found}" for where, found in list(troubles.items())[:20]
    )
    return told


def figures(told: list[History], count: Callable[[History], int]) -> int:
    return sum(map(count, told))


@pytest.mark.parametrize("kind", DISORDER)
def test_histories_in_disorder(kind) -> None:
    told = run({kind: DISORDER[kind]}, range(10))
    assert figures(told, lambda one: one.points) > 20_000
    assert {status for one in told for status in one.statuses} == {"succeeded"}


@pytest.mark.parametrize("kind", LOST)
def test_answers_of_storage_that_are_lost(kind) -> None:
    told = run({kind: LOST[kind]}, range(8))
    assert figures(told, lambda one: one.failures.total()) > 25


def test_a_seed_makes_the_same_history_again() -> None:
    first, again = (history(11, DISORDER["all of it"]) for _ in range(2))
    assert first == again


def test_what_is_watched_is_seen() -> None:
    """An engine whose leases protect nothing is found out."""
    from shared import leases

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(leases.Lease, "_write", _write_whatever)
        with pytest.raises(AssertionError):
            run({"standing still": DISORDER["standing still"]}, range(6))


def _write_whatever(self, change):
    self.state = self._watermarks.get(self.state.integration_id, self.state.stream, self.state.unit_id)
    self.state = self._watermarks.replace(change(self.state))


@pytest.mark.prove
def test_a_thousand_histories_in_full() -> None:
    told = run(DISORDER, range(1000, 2000))
    record(
        "Disorder",
        histories=len(told),
        seeds="1000 to 1999",
        points=figures(told, lambda one: one.points),
        requests=figures(told, lambda one: one.asked.total()),
        runs=figures(told, lambda one: one.statuses.total()),
        violations=0,
    )


@pytest.mark.prove
def test_lost_answers_in_full() -> None:
    told = run(LOST, range(2000, 2300))
    record(
        "Ambiguous commits",
        histories=len(told),
        seeds="2000 to 2299",
        answers_lost="10 % of storage and queue writes",
        calls_that_failed=figures(told, lambda one: one.failures.total()),
        violations=0,
    )
