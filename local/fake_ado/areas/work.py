"""Team settings, team iterations, boards and backlogs. Specification: ``work/7.1/work.json``."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import NAMESPACE_URL, uuid5

from local.fake_ado import nodes, refusals
from local.fake_ado.answers import Answer, plain, value
from local.fake_ado.areas.core import default_team
from local.fake_ado.areas.wit_nodes import node_url
from local.fake_ado.backlogs import LEVELS, board_columns, levels_of
from local.fake_ado.context import Call
from local.fake_ado.model import Node, Project, Team
from local.fake_ado.processes import REQUIREMENT, types_of
from local.fake_ado.refusals import Refusal
from local.fake_ado.routing import CORE_HOST, route
from local.fake_ado.times import iso

_TEAM: Final = "/{organization}/{project}/{team}/_apis/work/"
_PROJECT: Final = "/{organization}/{project}/_apis/work/"
_SCOPES: Final = ("vso.work",)


def _team(call: Call) -> Team:
    """The team in the path by id or name, or the project's default team."""
    project = call.project
    if "team" not in call.parameters:
        found = default_team(call, project)
        if found is not None:
            return found
    wanted = call.parameters.get("team", "").lower()
    for team in call.organization.teams.values():
        if team.project_id == project.id and wanted in (team.id, team.name.lower()):
            return team
    raise Refusal(
        404,
        "TeamNotFoundException",
        f"TF400508: The current team '{wanted}' does not exist.",
        namespace="Microsoft.TeamFoundation.Core.WebApi",
    )


def _own_url(call: Call, team: Team) -> str:
    return f"{call.base_url}/{team.project_id}/{team.id}/_apis/work/teamsettings"


@route("GET", CORE_HOST, _TEAM + "teamsettings/iterations", version="7.1", scopes=_SCOPES, cost=0.02)
@route("GET", CORE_HOST, _PROJECT + "teamsettings/iterations", version="7.1", scopes=_SCOPES, cost=0.02)
def list_iterations(call: Call) -> Answer:
    """The iterations that a team has selected; ``$timeframe`` takes ``current`` only."""
    team = _team(call)
    frame = call.query.one("$timeframe").lower()
    if frame not in ("", "current"):
        raise refusals.invalid_argument(f"The value '{frame}' of $timeframe is invalid: only 'current' is supported.")
    chosen = [call.organization.nodes[one] for one in team.iteration_ids if one in call.organization.nodes]
    rows = [_iteration(call, team, node, chosen) for node in chosen if node.deleted_at is None]
    rows.sort(key=lambda row: (str(row["attributes"]["startDate"]), row["path"]))
    return value([row for row in rows if not frame or row["attributes"]["timeFrame"] == frame])


@route("GET", CORE_HOST, _TEAM + "teamsettings/iterations/{iteration}", version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, _PROJECT + "teamsettings/iterations/{iteration}", version="7.1", scopes=_SCOPES)
def get_iteration(call: Call) -> Answer:
    """One of them."""
    team = _team(call)
    wanted = call.parameters["iteration"].lower()
    chosen = [call.organization.nodes[one] for one in team.iteration_ids if one in call.organization.nodes]
    for node in chosen:
        if node.identifier == wanted and node.deleted_at is None:
            return plain(_iteration(call, team, node, chosen))
    raise Refusal(
        404,
        "IterationNotFoundException",
        f"VS403418: The iteration {wanted} is not one of the team's.",
        namespace="Microsoft.TeamFoundation.WorkItemTracking.Server",
    )


def _iteration(call: Call, team: Team, node: Node, chosen: list[Node]) -> dict[str, Any]:
    return {
        "id": node.identifier,
        "name": node.name,
        "path": nodes.path(call.organization, node),
        "attributes": {
            "startDate": iso(node.start_date) if node.start_date else None,
            "finishDate": iso(node.finish_date) if node.finish_date else None,
            "timeFrame": _time_frame(node, chosen, call.now),
        },
        "url": f"{_own_url(call, team)}/iterations/{node.identifier}",
    }


def _time_frame(node: Node, chosen: list[Node], now: datetime) -> Literal["past", "current", "future"]:
    """Without dates it is in the future; one that has ended stays current while none is later."""
    if node.start_date is None or node.finish_date is None or node.start_date > now:
        return "future"
    if node.finish_date + timedelta(days=1) > now:
        return "current"
    starts = [one.start_date for one in chosen if one.start_date is not None]
    return "past" if any(start > node.start_date for start in starts) else "current"


@route("GET", CORE_HOST, _TEAM + "teamsettings", version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, _PROJECT + "teamsettings", version="7.1", scopes=_SCOPES)
def get_settings(call: Call) -> Answer:
    """Backlog iteration, working days, visible backlogs."""
    team = _team(call)
    project = call.project
    top = nodes.root(call.organization, project, "iteration")
    shown = {"id": top.identifier, "name": top.name, "path": "", "url": node_url(call.organization, top)}
    return plain(
        {
            "backlogIteration": shown,
            "bugsBehavior": "asRequirements",
            "workingDays": ["monday", "tuesday", "wednesday", "thursday", "friday"],
            "backlogVisibilities": dict.fromkeys(LEVELS[:3], True),
            "defaultIteration": shown,
            "defaultIterationMacro": "@currentIteration",
            "url": _own_url(call, team),
        }
    )


@route("GET", CORE_HOST, _TEAM + "teamsettings/teamfieldvalues", version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, _PROJECT + "teamsettings/teamfieldvalues", version="7.1", scopes=_SCOPES)
def get_field_values(call: Call) -> Answer:
    """The areas of a team: the default team has the root with all below, others one area."""
    team = _team(call)
    project = call.project
    top = nodes.root(call.organization, project, "area")
    is_default = default_team(call, project) is team
    area = top if is_default else nodes.children(call.organization, top)[0]
    path = nodes.path(call.organization, area)
    name = "System.AreaPath"
    return plain(
        {
            "field": {"referenceName": name, "url": f"{call.base_url}/_apis/wit/fields/{name}"},
            "defaultValue": path,
            "values": [{"value": path, "includeChildren": True}],
            "url": f"{_own_url(call, team)}/teamfieldvalues",
        }
    )


def _board_id(team: Team, level: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"{team.id}/board/{level}"))


def _boards(call: Call, team: Team, project: Project) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for level in levels_of(project):
        if level.type == "task":
            continue
        identifier = _board_id(team, level.id)
        url = f"{call.base_url}/{project.id}/{team.id}/_apis/work/boards/{identifier}"
        found.append((level.id, {"id": identifier, "name": level.name, "url": url}))
    return found


@route("GET", CORE_HOST, _TEAM + "boards", version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, _PROJECT + "boards", version="7.1", scopes=_SCOPES)
def list_boards(call: Call) -> Answer:
    """One board for each backlog level above tasks."""
    return value([row for _, row in _boards(call, _team(call), call.project)])


def _board(call: Call) -> tuple[Team, str, dict[str, Any]]:
    team = _team(call)
    wanted = call.parameters["board"].lower()
    for level, row in _boards(call, team, call.project):
        if wanted in (row["id"], row["name"].lower()):
            return team, level, row
    raise Refusal(
        404,
        "BoardNotFoundException",
        f"TF401243: The board {wanted} does not exist.",
        namespace="Microsoft.TeamFoundation",
    )


@route("GET", CORE_HOST, _TEAM + "boards/{board}", version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, _PROJECT + "boards/{board}", version="7.1", scopes=_SCOPES)
def get_board(call: Call) -> Answer:
    """A board with its columns, rows and fields, by id or name."""
    team, level, row = _board(call)
    field = f"WEF_{team.id.replace('-', '').upper()}_Kanban"
    names = {"columnField": f"{field}.Column", "rowField": f"{field}.Lane", "doneField": f"{field}.Column.Done"}
    links = {name: {"referenceName": text, "url": f"{call.base_url}/_apis/wit/fields"} for name, text in names.items()}
    return plain(
        {
            **row,
            "revision": 0,
            "columns": board_columns(call.project, team, level),
            "rows": [{"id": "00000000-0000-0000-0000-000000000000", "name": None}],
            "isValid": True,
            "allowedMappings": {},
            "canEdit": False,
            "fields": links,
        }
    )


@route("GET", CORE_HOST, _TEAM + "boards/{board}/columns", version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, _PROJECT + "boards/{board}/columns", version="7.1", scopes=_SCOPES)
def list_columns(call: Call) -> Answer:
    """The columns, from left to right."""
    team, level, _ = _board(call)
    return value(board_columns(call.project, team, level))


@route("GET", CORE_HOST, _TEAM + "backlogconfiguration", version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, _PROJECT + "backlogconfiguration", version="7.1", scopes=_SCOPES)
def get_backlog_configuration(call: Call) -> Answer:
    """Portfolio, requirement and task levels, and the categories of states."""
    team, project = _team(call), call.project
    rows = {level.id: level.row(call.base_url, project) for level in levels_of(project)}
    kinds = types_of(project)
    points = next((kind.points for kind in kinds if kind.category == REQUIREMENT and kind.points), None)
    return plain(
        {
            "taskBacklog": rows[LEVELS[3]],
            "requirementBacklog": rows[LEVELS[2]],
            "portfolioBacklogs": [rows[level] for level in LEVELS[:2] if level in rows],
            "workItemTypeMappedStates": [
                {"workItemTypeName": kind.name, "states": {state.name: state.category for state in kind.states}}
                for kind in kinds
            ],
            "backlogFields": {"typeFields": {"Effort": points} if points else {}},
            "bugsBehavior": "asRequirements",
            "hiddenBacklogs": [],
            "isBugsBehaviorConfigured": True,
            "url": f"{call.base_url}/{project.id}/{team.id}/_apis/work/backlogconfiguration",
        }
    )
