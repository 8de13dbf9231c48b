"""Projects, their properties and teams. Specification: MicrosoftDocs/vsts-rest-api-specs ``core/7.1/core.json``."""

from __future__ import annotations

from typing import Any

from local.fake_ado import paging, refusals
from local.fake_ado.answers import Answer, plain, value
from local.fake_ado.context import Call
from local.fake_ado.identityref import identity_ref
from local.fake_ado.model import Project, Team
from local.fake_ado.routing import CORE_HOST, route
from local.fake_ado.times import iso

_PROJECTS = "/{organization}/_apis/projects"
_READ = ("vso.profile", "vso.project")
_STATES = {"new", "createpending", "wellformed", "deleting", "deleted", "unchanged", "all"}
_TEMPLATES = {
    "Agile": "adcc42ab-9882-485e-a3ed-7678f01f66bc",
    "Scrum": "6b724908-ef14-45cf-84f8-768b5384da45",
    "CMMI": "27450541-8e31-4150-9947-dc59f998fc01",
    "Basic": "b8a3a935-7e91-48b8-a94c-606d37c3e9f2",
}


def project_ref(call: Call, project: Project) -> dict[str, Any]:
    """A project as lists and other objects carry it (``TeamProjectReference``)."""
    row: dict[str, Any] = {"id": project.id, "name": project.name}
    if project.description:
        row["description"] = project.description
    row["url"] = f"{call.base_url}/_apis/projects/{project.id}"
    row["state"] = project.state
    row["revision"] = project.revision
    row["visibility"] = project.visibility
    row["lastUpdateTime"] = iso(project.last_update_time)
    return row


@route("GET", CORE_HOST, _PROJECTS, version="7.1", scopes=_READ, cost=0.004)
def list_projects(call: Call) -> Answer:
    """Projects of one state by name; pages by ``$top``/``$skip`` or by continuation token."""
    state = call.query.one("stateFilter", "wellFormed").lower()
    if state not in _STATES:
        raise refusals.invalid_argument(f"The value '{state}' of stateFilter is invalid.")
    rows = [one for one in call.organization.projects.values() if call.sees(one)]
    if state == "all":
        rows = [one for one in rows if one.state != "deleted"]
    else:
        rows = [one for one in rows if one.state.lower() == state]
    rows.sort(key=lambda one: (one.name.lower(), one.id))
    page, continuation = paging.by_token(call, rows, default=100, maximum=1000)
    return value([project_ref(call, one) for one in page], continuation=continuation)


@route("GET", CORE_HOST, _PROJECTS + "/{project}", version="7.1", scopes=_READ, cost=0.004)
def get_project(call: Call) -> Answer:
    """One project, with capabilities on request; a former name finds it with ``includeHistory=true`` only."""
    name = call.parameters["project"]
    project = call.find_project(name)
    is_current = project is not None and name.lower() in (project.id, project.name.lower())
    if project is None or not (is_current or call.query.flag("includeHistory")):
        raise refusals.project_not_found(name)
    row = project_ref(call, project)
    row["_links"] = {
        "self": {"href": row["url"]},
        "collection": {"href": f"{call.base_url}/_apis/projectCollections/{call.organization.id}"},
        "web": {"href": f"{call.base_url}/{project.name}"},
    }
    team = default_team(call, project)
    if team is not None:
        row["defaultTeam"] = {"id": team.id, "name": team.name, "url": _team_url(call, team)}
    if call.query.flag("includeCapabilities"):
        row["capabilities"] = _capabilities(project)
    return plain(row)


def _capabilities(project: Project) -> dict[str, Any]:
    """Truth values come as text, capitalised."""
    return {
        "processTemplate": {"templateName": project.process, "templateTypeId": _TEMPLATES[project.process]},
        "versioncontrol": {
            "sourceControlType": "Git" if project.git_enabled else "Tfvc",
            "gitEnabled": str(project.git_enabled),
            "tfvcEnabled": str(project.tfvc_enabled),
        },
    }


@route("GET", CORE_HOST, _PROJECTS + "/{project}/properties", version="7.1-preview.1", scopes=_READ, cost=0.004)
def get_properties(call: Call) -> Answer:
    """Properties by name; ``keys`` selects them, ``*`` at its end stands for anything."""
    project = call.project
    properties = {
        "System.CurrentProcessTemplateId": _TEMPLATES[project.process],
        "System.OriginalProcessTemplateId": _TEMPLATES[project.process],
        "System.ProcessTemplateType": _TEMPLATES[project.process],
        "System.Process Template": project.process,
        "System.SourceControlGitEnabled": str(project.git_enabled),
        "System.SourceControlTfvcEnabled": str(project.tfvc_enabled),
    }
    keys = [key.strip() for key in call.query.one("keys").split(",") if key.strip()]
    wanted = {name: text for name, text in properties.items() if not keys or _selected(name, keys)}
    return value([{"name": name, "value": text} for name, text in wanted.items()])


def _selected(name: str, keys: list[str]) -> bool:
    return any(name.startswith(key[:-1]) if key.endswith("*") else name == key for key in keys)


def default_team(call: Call, project: Project) -> Team | None:
    """The project's first team."""
    return next((team for team in call.organization.teams.values() if team.project_id == project.id), None)


def _team_url(call: Call, team: Team) -> str:
    return f"{call.base_url}/_apis/projects/{team.project_id}/teams/{team.id}"


def team_row(call: Call, team: Team) -> dict[str, Any]:
    """One team (``WebApiTeam``)."""
    project = call.organization.projects[team.project_id]
    return {
        "id": team.id,
        "name": team.name,
        "url": _team_url(call, team),
        "description": team.description,
        "identityUrl": f"https://spsprodweu2.vssps.visualstudio.com/A{call.organization.id}/_apis/Identities/{team.id}",
        "projectName": project.name,
        "projectId": project.id,
    }


@route("GET", CORE_HOST, "/{organization}/_apis/teams", version="7.1-preview.3", scopes=("vso.project",))
def list_all_teams(call: Call) -> Answer:
    """The teams of all visible projects; ``$mine`` for those of the caller."""
    visible = {project.id for project in call.visible_projects()}
    teams = [team for team in call.organization.teams.values() if team.project_id in visible]
    return _teams(call, teams)


@route("GET", CORE_HOST, _PROJECTS + "/{project}/teams", version="7.1", scopes=_READ)
def list_teams(call: Call) -> Answer:
    """The teams of one project."""
    project = call.project
    return _teams(call, [team for team in call.organization.teams.values() if team.project_id == project.id])


def _teams(call: Call, teams: list[Team]) -> Answer:
    if call.query.flag("$mine"):
        teams = [team for team in teams if call.caller.id in team.member_ids]
    return value([team_row(call, team) for team in paging.by_skip(call, teams)])


@route("GET", CORE_HOST, _PROJECTS + "/{project}/teams/{team}", version="7.1", scopes=_READ)
def get_team(call: Call) -> Answer:
    """One team by id or name."""
    return plain(team_row(call, find_team(call)))


@route("GET", CORE_HOST, _PROJECTS + "/{project}/teams/{team}/members", version="7.1", scopes=_READ)
def list_members(call: Call) -> Answer:
    """The members of one team, one level, each with whether it may change the team (the first one may)."""
    team = find_team(call)
    rows = paging.by_skip(call, list(enumerate(team.member_ids)))
    members = [{"isTeamAdmin": at == 0, "identity": identity_ref(call.organization, one)} for at, one in rows]
    return value(members)


def find_team(call: Call) -> Team:
    """The team in the path, by id or name. Refused with 404."""
    project, name = call.project, call.parameters["team"]
    for team in call.organization.teams.values():
        if team.project_id == project.id and name.lower() in (team.id, team.name.lower()):
            return team
    raise refusals.Refusal(
        404,
        "TeamNotFoundException",
        f"The team with id '{name}' does not exist, or you do not have permission to access it.",
    )
