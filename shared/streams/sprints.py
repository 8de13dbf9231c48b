"""Sprints of one project: its iteration tree and what its teams have selected; the whole tree, compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from shared.ado.endpoints import core, wit, work
from shared.errors import UnavailableError
from shared.flow.sprints import Sprint
from shared.mapping.sprints import Node, is_whole, nodes_below, to_sprint
from shared.mapping.values import guid
from shared.streams.base import Batch, Slice
from shared.streams.whole_lists import batches_of, changed

DEPTH: Final = 14
"""As deep as a tree may be. Source: https://learn.microsoft.com/azure/devops/organizations/settings/work/object-limits"""

Teams = dict[str, set[str]]
"""Node id -> ids of the teams that have selected it."""


def read_sprints(slice_: Slice) -> Iterator[Batch]:
    """One request for the tree, one (and an empty page) for the teams, one for each team.

    The tree comes unpaged and whole, so a stored sprint that is not in it was deleted. Where the caller does not see
    the teams, sprints keep those that are stored.
    """
    stored = {sprint.id: sprint for sprint in slice_.stored.all(Sprint, f"|{slice_.unit_id}")}
    root = slice_.client.one(
        wit.CLASSIFICATION_NODES,
        path={"project": slice_.unit_id, "structureGroup": "iterations"},
        query={"$depth": str(DEPTH)},
    )
    nodes = list(nodes_below(root))
    teams = _selected(slice_)
    project_name = str(root["name"])
    listed = {node.id: _sprint(slice_, node, project_name, teams, stored.get(node.id)) for node in nodes}
    gone = [sprint for sprint in stored.values() if sprint.id not in listed and not sprint.is_deleted]
    tombstones = [replace(s, is_deleted=True, deleted_at=slice_.now) for s in gone] if is_whole(root) else []
    yield from batches_of(slice_, changed(listed.values(), stored) + tombstones, read=len(nodes))


def _sprint(slice_: Slice, node: Node, project_name: str, teams: Teams | None, stored: Sprint | None) -> Sprint:
    kept = {node.id: stored.teams} if stored else {}
    return to_sprint(
        node,
        integration_id=slice_.integration_id,
        project_id=slice_.unit_id,
        project_name=project_name,
        teams=kept if teams is None else teams,
    )


def _selected(slice_: Slice) -> Teams | None:
    """What each team of the project has selected; None where the teams cannot be read.

    Source: https://learn.microsoft.com/rest/api/azure/devops/work/iterations/list
    """

    def iterations(team_id: str) -> tuple[str, list[str]]:
        pages = slice_.client.pages(work.TEAM_ITERATIONS, path={"project": slice_.unit_id, "team": team_id})
        return team_id, [guid(item.get("id"), "an iteration's id") for page in pages for item in page.items]

    selected: Teams = defaultdict(set)
    try:
        pages = slice_.client.pages(core.PROJECT_TEAMS, path={"projectId": slice_.unit_id})
        team_ids = [guid(team.get("id"), "a team's id") for page in pages for team in page.items]
        for team_id, node_ids in slice_.map(iterations, dict.fromkeys(team_ids)):
            for node_id in node_ids:
                selected[node_id].add(team_id)
    except UnavailableError:
        return None
    return selected
