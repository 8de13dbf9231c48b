"""Work item types, their categories and board columns to ticket types and boards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from shared.flow.ticket_types import Board, TicketType, TypeCategory
from shared.mapping.values import AdoItem, guid, need, text

CATEGORIES: Final[dict[str, TypeCategory]] = {
    "Microsoft.HiddenCategory": "hidden",
    "Microsoft.TestCaseCategory": "hidden",
    "Microsoft.TestPlanCategory": "hidden",
    "Microsoft.TestSuiteCategory": "hidden",
    "Microsoft.SharedStepCategory": "hidden",
    "Microsoft.SharedParameterCategory": "hidden",
    "Microsoft.CodeReviewRequestCategory": "hidden",
    "Microsoft.CodeReviewResponseCategory": "hidden",
    "Microsoft.FeedbackRequestCategory": "hidden",
    "Microsoft.FeedbackResponseCategory": "hidden",
    "Microsoft.EpicCategory": "epic",
    "Microsoft.FeatureCategory": "feature",
    "Microsoft.BugCategory": "bug",
    "Microsoft.RequirementCategory": "requirement",
    "Microsoft.TaskCategory": "task",
}
"""Category by reference name; of several that a type is in, the first counts here. Names are localised, these are not.

Source: https://learn.microsoft.com/azure/devops/boards/work-items/guidance/choose-process
"""


def categories_by_type(items: Iterable[AdoItem]) -> dict[str, TypeCategory]:
    """Category of each type, by its lower-case name, from the list of categories; a type in none of ours is absent.

    Source: https://learn.microsoft.com/rest/api/azure/devops/wit/work-item-type-categories/list
    """
    members = {text(item, "referenceName"): item.get("workItemTypes") or () for item in items}
    found: dict[str, TypeCategory] = {}
    for reference_name, category in CATEGORIES.items():
        for kind in members.get(reference_name, ()):
            found.setdefault(need(kind, "name", str, f"a type of {reference_name}").lower(), category)
    return found


def to_ticket_type(
    item: AdoItem,
    states: Iterable[AdoItem],
    categories: Mapping[str, TypeCategory],
    *,
    integration_id: str,
    project_id: str,
) -> TicketType:
    """A type with its states, in the order of the process. A state keeps whatever category it came with.

    Source: https://learn.microsoft.com/rest/api/azure/devops/wit/work-item-types/list
    """
    name = need(item, "name", str, "a work item type")
    what = f"work item type {name}"
    reference_name = text(item, "referenceName") or name
    return TicketType(
        integration_id=integration_id,
        id=f"{project_id}/{reference_name}",
        project_id=project_id,
        name=name,
        reference_name=reference_name,
        category=categories.get(name.lower(), "other"),
        states=[{"name": need(one, "name", str, what), "category": text(one, "category") or ""} for one in states],
    )


def to_board(
    item: AdoItem, columns: Iterable[AdoItem], team: AdoItem, *, integration_id: str, project_id: str
) -> Board:
    """A team's board with what stands in each column.

    Source: https://learn.microsoft.com/rest/api/azure/devops/work/columns/list
    """
    board_id = guid(item.get("id"), "a board's id")
    what = f"board {board_id}"
    return Board(
        integration_id=integration_id,
        id=board_id,
        name=need(item, "name", str, what),
        project_id=project_id,
        team_id=guid(team.get("id"), "a team's id"),
        team_name=need(team, "name", str, what),
        columns=[_column(column, what) for column in columns],
    )


def _column(column: AdoItem, what: str) -> dict[str, Any]:
    states: dict[str, str] = column.get("stateMappings") or {}
    return {
        "name": need(column, "name", str, what),
        "states": {str(kind): str(state) for kind, state in states.items()},
    }
