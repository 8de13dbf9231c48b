"""Backlog levels of a project and the columns of their boards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from local.fake_ado.model import Project, Team
from local.fake_ado.processes import BUG, CATEGORY_ORDER, EPIC, FEATURE, REQUIREMENT, TASK, WorkItemType, types_of

LEVELS: Final = (EPIC, FEATURE, REQUIREMENT, TASK)
"""From the top down."""
_NAMES: Final = {EPIC: "Epics", FEATURE: "Features", REQUIREMENT: "Stories", TASK: "Tasks"}
_COLORS: Final = {EPIC: "FF7B00", FEATURE: "773B93", REQUIREMENT: "009CCC", TASK: "F2CB1D"}
_TYPES: Final[dict[str, Literal["portfolio", "requirement", "task"]]] = {
    EPIC: "portfolio",
    FEATURE: "portfolio",
    REQUIREMENT: "requirement",
    TASK: "task",
}


@dataclass(frozen=True, slots=True)
class Level:
    """One backlog level that has types."""

    id: str
    kinds: tuple[WorkItemType, ...]

    @property
    def name(self) -> str:
        return _NAMES[self.id]

    @property
    def type(self) -> Literal["portfolio", "requirement", "task"]:
        return _TYPES[self.id]

    def row(self, base_url: str, project: Project) -> dict[str, Any]:
        """``BacklogLevelConfiguration``."""
        address = f"{base_url}/{project.id}/_apis/wit/workItemTypes/"
        types = [{"name": kind.name, "url": address + quote(kind.name)} for kind in self.kinds]
        title = {"referenceName": "System.Title", "name": "Title", "url": f"{base_url}/_apis/wit/fields/System.Title"}
        return {
            "id": self.id,
            "name": self.name,
            "rank": len(LEVELS) - LEVELS.index(self.id),
            "workItemCountLimit": 1000,
            "addPanelFields": [title],
            "columnFields": [{"columnFieldReference": title, "width": 400}],
            "workItemTypes": types,
            "defaultWorkItemType": types[0],
            "color": _COLORS[self.id],
            "isHidden": False,
            "type": self.type,
        }


def levels_of(project: Project) -> Iterator[Level]:
    """The levels of a project, from the top down; one without types is missing."""
    for level in LEVELS:
        kinds = tuple(kind for kind in types_of(project) if kind.category == level)
        if kinds:
            yield Level(level, kinds)


def board_columns(project: Project, team: Team, level: str) -> list[dict[str, Any]]:
    """Columns by state, in the order of their categories; bugs stand on the board of requirements."""
    on_board = (level, BUG) if level == REQUIREMENT else (level,)
    kinds = [kind for kind in types_of(project) if kind.category in on_board]
    states = {state.name: state.category for kind in kinds for state in kind.states if state.category != "Removed"}
    ordered = sorted(states, key=lambda name: CATEGORY_ORDER.index(states[name]))
    columns = []
    for place, name in enumerate(ordered):
        kind = "incoming" if place == 0 else "outgoing" if place == len(ordered) - 1 else "inProgress"
        column: dict[str, Any] = {
            "id": str(uuid5(NAMESPACE_URL, f"{team.id}/{level}/{name}")),
            "name": name,
            "itemLimit": 5 if kind == "inProgress" else 0,
            "stateMappings": {one.name: name for one in kinds if one.state(name)},
            "columnType": kind,
        }
        if kind == "inProgress":
            column |= {"isSplit": False, "description": ""}
        columns.append(column)
    return columns
