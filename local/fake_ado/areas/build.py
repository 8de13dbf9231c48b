"""Builds and their definitions. Specification: MicrosoftDocs/vsts-rest-api-specs ``build/7.1/build.json``."""

from __future__ import annotations

from local.fake_ado import paging, refusals
from local.fake_ado.answers import Answer, empty, plain, value
from local.fake_ado.buildquery import BuildQuery
from local.fake_ado.buildrows import build_row, definition_row, definitions_of, timeline
from local.fake_ado.context import Call
from local.fake_ado.model import Build, Definition
from local.fake_ado.routing import CORE_HOST, route

_BUILDS = "/{organization}/{project}/_apis/build/builds"
_DEFINITIONS = "/{organization}/{project}/_apis/build/definitions"
_SCOPES = ("vso.build",)
_ORDERS = {
    "none",
    "lastmodifiedascending",
    "lastmodifieddescending",
    "definitionnameascending",
    "definitionnamedescending",
}


@route("GET", CORE_HOST, _BUILDS, version="7.1", scopes=_SCOPES)
def list_builds(call: Call) -> Answer:
    """Builds of a project; ``minTime`` and ``maxTime`` mean the time that ``queryOrder`` names."""
    query = BuildQuery.read(call.query)
    rows = query.select(one for one in call.organization.builds.values() if one.project_id == call.project.id)
    rows = query.after_token(rows, call.query.one("continuationToken"))
    top = call.query.number("$top", 1000, maximum=5000)
    page = rows[:top]
    token = query.token(page[-1]) if page and len(rows) > top else None
    return value([build_row(call, one) for one in page], continuation=token)


@route("GET", CORE_HOST, _BUILDS + "/{build}", version="7.1", scopes=_SCOPES)
def get_build(call: Call) -> Answer:
    """One build."""
    return plain(build_row(call, _build(call)))


@route("GET", CORE_HOST, _BUILDS + "/{build}/timeline/{timeline*}", version="7.1", scopes=_SCOPES)
def get_timeline(call: Call) -> Answer:
    """The stages and jobs of a build; 204 for one that never had a plan."""
    build = _build(call)
    return empty(204) if build.started is None else plain(timeline(call, build))


def _build(call: Call) -> Build:
    project, text = call.project, call.parameters["build"]
    build = call.organization.builds.get(int(text)) if text.isascii() and text.isdigit() else None
    if build is None or build.project_id != project.id:
        raise refusals.Refusal(
            404,
            "BuildNotFoundException",
            f"The requested build {text} could not be found.",
            namespace="Microsoft.TeamFoundation.Build.WebApi",
        )
    return build


@route("GET", CORE_HOST, _DEFINITIONS, version="7.1", scopes=_SCOPES)
def list_definitions(call: Call) -> Answer:
    """Definitions of a project; a token follows a full page."""
    order = call.query.one("queryOrder", "none").lower()
    if order not in _ORDERS:
        raise refusals.invalid_argument(f"The value '{order}' of queryOrder is invalid.")
    rows = _filtered(call, definitions_of(call.organization, call.project))
    if order.startswith("definitionname"):
        rows.sort(key=lambda one: (one.name.lower(), one.id))
    elif order.startswith("lastmodified"):
        rows.sort(key=lambda one: (one.created, one.id))
    if order.endswith("descending"):
        rows.reverse()
    page, token = paging.by_token(call, rows, default=10_000, maximum=10_000)
    has_all = call.query.flag("includeAllProperties")
    return value([definition_row(call, one, has_repository=has_all) for one in page], continuation=token)


def _filtered(call: Call, rows: list[Definition]) -> list[Definition]:
    name, ids = call.query.one("name").lower(), call.query.one("definitionIds")
    repository = call.query.one("repositoryId").lower()
    if ids:
        rows = [one for one in rows if str(one.id) in ids.split(",")]
    if repository:
        rows = [one for one in rows if one.repository_id == repository]
    if not name:
        return rows
    if name.endswith("*"):
        return [one for one in rows if one.name.lower().startswith(name[:-1])]
    return [one for one in rows if one.name.lower() == name]


@route("GET", CORE_HOST, _DEFINITIONS + "/{definition}", version="7.1", scopes=_SCOPES)
def get_definition(call: Call) -> Answer:
    """One definition with its repository."""
    text = call.parameters["definition"]
    for definition in definitions_of(call.organization, call.project):
        if str(definition.id) == text:
            return plain(definition_row(call, definition, has_repository=True))
    raise refusals.Refusal(
        404,
        "DefinitionNotFoundException",
        f"The build definition {text} does not exist, or you do not have permission to access it.",
        namespace="Microsoft.TeamFoundation.Build.WebApi",
    )
