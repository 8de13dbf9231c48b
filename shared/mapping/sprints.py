"""Iteration tree to sprints."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from shared.flow.sprints import Sprint
from shared.mapping.times import to_date
from shared.mapping.values import AdoItem, guid, need


@dataclass(frozen=True, slots=True)
class Node:
    """A node below the root, with where it stands in the tree."""

    item: AdoItem
    id: str
    path: str
    """As work items spell it, from the names on the way down.

    A node's own ``path`` has the structure's name as second level, and older replies give only the root's.
    """
    parent_id: str | None


def nodes_below(root: AdoItem) -> Iterator[Node]:
    """Every node below ``root``, parents first."""
    stack: list[tuple[AdoItem, str, str | None]] = [(root, need(root, "name", str, "the root iteration"), None)]
    while stack:
        above, path, parent_id = stack.pop()
        for child in above.get("children") or ():
            node_id = guid(child.get("identifier"), "an iteration's identifier")
            node = Node(child, node_id, f"{path}\\{need(child, 'name', str, f'iteration {node_id}')}", parent_id)
            yield node
            stack.append((child, node.path, node.id))


def is_whole(root: AdoItem) -> bool:
    """Whether the tree came to its leaves: a cut one has nodes that say they have children and show none."""
    stack = [root]
    while stack:
        node = stack.pop()
        children = node.get("children") or ()
        if node.get("hasChildren") is True and not children:
            return False
        stack.extend(children)
    return True


def to_sprint(
    node: Node, *, integration_id: str, project_id: str, project_name: str, teams: Mapping[str, Collection[str]]
) -> Sprint:
    """A node as a sprint. ``teams`` has, by node id, the ids of the teams that have selected it.

    Source: https://learn.microsoft.com/rest/api/azure/devops/wit/classification-nodes/get
    """
    what = f"iteration {node.id}"
    attributes: AdoItem = node.item.get("attributes") or {}
    return Sprint(
        integration_id=integration_id,
        id=node.id,
        project_id=project_id,
        project_name=project_name,
        node_id=need(node.item, "id", int, what),
        name=need(node.item, "name", str, what),
        path=node.path,
        parent_id=node.parent_id,
        start_date=to_date(attributes.get("startDate"), f"{what}: startDate"),
        finish_date=to_date(attributes.get("finishDate"), f"{what}: finishDate"),
        teams=sorted(teams.get(node.id, ())),
    )
