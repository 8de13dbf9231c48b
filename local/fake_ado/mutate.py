"""Changes to an organisation after it was made: everything that can happen to what the connector reads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from local.fake_ado import mutate_builds, mutate_places, mutate_pull_requests, mutate_repositories, mutate_tickets
from local.fake_ado.model import Organization
from local.fake_ado.mutate_tickets import Kind
from local.fake_ado.mutation import begin

KINDS: Final[dict[str, tuple[float, Kind]]] = {
    **mutate_tickets.KINDS,
    **mutate_pull_requests.KINDS,
    **mutate_places.KINDS,
    **mutate_repositories.KINDS,
    **mutate_builds.KINDS,
}
"""Name -> (weight when all kinds are wanted, what does it)."""
_TRIES: Final = 20


def mutate(organization: Organization, seed: int, changes: int, kinds: Iterable[str] | None = None) -> dict[str, int]:
    """Do ``changes`` changes, of the given kinds in turn or of all kinds at random; how many of each were done.

    A kind that finds nothing to do is left out, so fewer may be done. Raises ValueError for an unknown kind.
    """
    wanted = list(kinds) if kinds is not None else []
    unknown = [name for name in wanted if name not in KINDS]
    if unknown:
        raise ValueError(f"unknown kinds of changes: {', '.join(unknown)}; known: {', '.join(KINDS)}")
    mutation = begin(organization, seed)
    names = list(KINDS)
    weights = [KINDS[name][0] for name in names]
    done: dict[str, int] = {}
    for place in range(changes):
        for attempt in range(_TRIES):
            random_name = mutation.rng.choices(names, weights)[0]
            name = wanted[(place + attempt) % len(wanted)] if wanted else random_name
            if KINDS[name][1](mutation):
                done[name] = done.get(name, 0) + 1
                break
    return done
