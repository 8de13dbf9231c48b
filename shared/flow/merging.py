"""One person behind several aliases: merged by exact evidence only, never by a name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from shared.flow.users import UserAlias

_Evidence = tuple[str, ...]


def merged(aliases: Iterable[UserAlias]) -> list[UserAlias]:
    """The aliases, in their order, each with the ``apex_user_id`` of its person.

    Two aliases are one person if they have the same descriptor, the same origin and origin id, or e-mails that differ
    in case at most; so are those of a chain of such pairs. Services and groups are nobody's alias. A merge that was
    made before holds, whatever it was made by, and its apex stays; a new one is led by the active alias with the
    smallest id.
    """
    found = list(aliases)
    persons = _Groups()
    seen: dict[_Evidence, str] = {}
    people = {alias.id: alias for alias in found if not alias.is_service and not alias.is_group}
    for alias in people.values():
        persons.join(alias.id, alias.id)
        if alias.apex_user_id in people:
            persons.join(alias.id, alias.apex_user_id)
        for evidence in _evidence(alias):
            persons.join(alias.id, seen.setdefault(evidence, alias.id))
    apexes = {id_: _apex([people[one] for one in group]) for group in persons.all() for id_ in group}
    return [replace(alias, apex_user_id=apexes.get(alias.id, alias.apex_user_id)) for alias in found]


def _evidence(alias: UserAlias) -> Iterator[_Evidence]:
    if alias.descriptor:
        yield "descriptor", alias.descriptor
    if alias.origin and alias.origin_id:
        yield "origin", alias.origin.casefold(), alias.origin_id.casefold()
    if alias.email:
        yield "email", alias.email.casefold()


def _apex(group: list[UserAlias]) -> str:
    """Whom others were merged under before, else the best of the group."""
    led = {alias.apex_user_id for alias in group if alias.apex_user_id != alias.id}
    best = min(group, key=lambda alias: (alias.id not in led, not alias.is_active, alias.id))
    # An apex whose alias is not among these is still the person's.
    outside = led - {alias.id for alias in group}
    return best.id if best.id in led or not outside else min(outside)


class _Groups:
    """Disjoint sets of ids."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def join(self, one: str, other: str) -> None:
        self._above[self._top(one)] = self._top(other)

    def _top(self, id_: str) -> str:
        above = self._above.setdefault(id_, id_)
        while above != self._above[above]:
            above = self._above[above]
        self._above[id_] = above
        return above

    def all(self) -> Iterable[list[str]]:
        groups: dict[str, list[str]] = {}
        for id_ in self._above:
            groups.setdefault(self._top(id_), []).append(id_)
        return groups.values()
