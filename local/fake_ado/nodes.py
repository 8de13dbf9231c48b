"""Areas and iterations: their paths, and where something can be put."""

from __future__ import annotations

import bisect
import random
from collections.abc import Iterator
from datetime import datetime

from local.fake_ado.model import Node, Organization, Project


def line(organization: Organization, node: Node) -> Iterator[Node]:
    """The node and those above it, up to the root."""
    at = node
    yield at
    while at.parent is not None:
        at = organization.nodes[at.parent]
        yield at


def path(organization: Organization, node: Node) -> str:
    """As work items spell it: ``Project\\Release 1\\Sprint 1``. A deleted node still has one."""
    return "\\".join(reversed([one.name for one in line(organization, node)]))


def children(organization: Organization, node: Node) -> list[Node]:
    """The nodes right below, in order of their names; deleted ones left out."""
    below = [one for one in organization.nodes.values() if one.parent == node.identifier and one.deleted_at is None]
    return sorted(below, key=lambda one: (one.name, one.id))


def root(organization: Organization, project: Project, structure: str) -> Node:
    """The root of one of the project's trees."""
    return next(
        one
        for one in organization.nodes.values()
        if one.project_id == project.id and one.structure == structure and one.parent is None
    )


class Places:
    """Where items of a project can be put."""

    def __init__(self, organization: Organization, project: Project) -> None:
        mine = [one for one in organization.nodes.values() if one.project_id == project.id and one.deleted_at is None]
        self.areas = [one for one in mine if one.structure == "area"]
        self.iterations = [one for one in mine if one.structure == "iteration"]
        self.root = next(one for one in self.iterations if one.parent is None)
        self._sprints = sorted(
            (
                (one.start_date, one.id, one)
                for one in self.iterations
                if one.start_date and one.name.startswith("Sprint")
            ),
        )
        self._starts = [start for start, _, _ in self._sprints]

    def some_area(self, rng: random.Random) -> Node:
        """Any area."""
        return rng.choice(self.areas)

    def some_iteration(self, rng: random.Random, at: datetime) -> Node:
        """Mostly a sprint around that time; at times the root, or any node."""
        roll = rng.random()
        if roll < 0.25:
            return self.root
        if roll < 0.35 or not self._sprints:
            return rng.choice(self.iterations)
        place = bisect.bisect_right(self._starts, at) - 1 + rng.randint(0, 2)
        return self._sprints[min(max(place, 0), len(self._sprints) - 1)][2]
