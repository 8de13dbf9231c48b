"""What the makers of an organisation share: the organisation, its randomness, and its clock."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from local.fake_ado.model import Identity, Organization
from local.fake_ado.sizes import Size
from local.fake_ado.texts import Paragraphs


def guid(rng: random.Random) -> str:
    """A made-up GUID."""
    return str(UUID(int=rng.getrandbits(128), version=4))


def next_number(organization: Organization, kind: str) -> int:
    """The next number of its kind in the organisation."""
    number = organization.counters.get(kind, 0) + 1
    organization.counters[kind] = number
    return number


def to_milliseconds(moment: datetime) -> datetime:
    """Cut to whole milliseconds, as work item tracking keeps its times."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@dataclass
class Making:
    """An organisation that is being made from a seed."""

    organization: Organization
    rng: random.Random
    size: Size
    texts: Paragraphs
    people: list[Identity] = field(default_factory=list)
    """Those who work: users that are or were members."""
    members: dict[str, list[Identity]] = field(default_factory=dict)
    """Project id -> those who work in it."""

    @property
    def now(self) -> datetime:
        return self.organization.now

    def guid(self) -> str:
        return guid(self.rng)

    def ago(self, *, days_from: float, days_to: float) -> datetime:
        """A moment between two ages, evenly drawn."""
        return self.now - timedelta(seconds=self.rng.uniform(days_to, days_from) * 86_400)

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability
