"""Work item tracking: fields, types, states, categories, link types (``wit/7.1/workItemTracking.json``)."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from local.fake_ado import fields, processes, refusals
from local.fake_ado.answers import Answer, plain, value
from local.fake_ado.context import Call
from local.fake_ado.model import Project
from local.fake_ado.processes import WorkItemType
from local.fake_ado.refusals import Refusal
from local.fake_ado.routing import CORE_HOST, route

_WIT: Final = "/{organization}/_apis/wit/"
_PROJECT_WIT: Final = "/{organization}/{project}/_apis/wit/"
_SCOPES: Final = ("vso.work",)
_OPERATIONS: Final = [
    {"referenceName": "SupportedOperations.Equals", "name": "="},
    {"referenceName": "SupportedOperations.NotEquals", "name": "<>"},
]


def _field_row(call: Call, name: str) -> dict[str, Any]:
    field = fields.FIELDS[name]
    return {
        "name": field.name,
        "referenceName": name,
        "type": field.type,
        "usage": "workItem",
        "readOnly": field.is_read_only,
        "canSortBy": not field.is_long,
        "isQueryable": True,
        "supportedOperations": _OPERATIONS,
        "isIdentity": field.is_identity,
        "isPicklist": False,
        "isPicklistSuggested": False,
        "isDeleted": False,
        "url": f"{call.base_url}/_apis/wit/fields/{name}",
    }


@route("GET", CORE_HOST, _WIT + "fields", version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, _PROJECT_WIT + "fields", version="7.1", scopes=_SCOPES)
def list_fields(call: Call) -> Answer:
    """All fields of the organisation."""
    return value([_field_row(call, name) for name in fields.FIELDS])


@route("GET", CORE_HOST, _WIT + "fields/{field}", version="7.1", scopes=_SCOPES)
@route("GET", CORE_HOST, _PROJECT_WIT + "fields/{field}", version="7.1", scopes=_SCOPES)
def get_field(call: Call) -> Answer:
    """One field, by reference name."""
    name = fields.known(call.parameters["field"])
    if name is None:
        raise Refusal(
            404,
            "WorkItemTrackingFieldDefinitionNotFoundException",
            f"TF51535: Cannot find field {call.parameters['field']}.",
            event_id=3200,
            namespace="Microsoft.TeamFoundation.WorkItemTracking.Server",
        )
    return plain(_field_row(call, name))


def type_url(call: Call, project: Project, name: str) -> str:
    """The REST address of a type."""
    return f"{call.base_url}/{project.id}/_apis/wit/workItemTypes/{quote(name)}"


def _type_row(call: Call, project: Project, kind: WorkItemType) -> dict[str, Any]:
    icon = f"{call.base_url}/_apis/wit/workItemIcons/{kind.icon}?color={kind.color}&v=2"
    usages = [_usage(call, name) for name in (fields.TITLE, fields.STATE, fields.ASSIGNED_TO, fields.ITERATION_PATH)]
    return {
        "name": kind.name,
        "referenceName": kind.reference_name,
        "description": "",
        "color": kind.color,
        "icon": {"id": kind.icon, "url": icon},
        "isDisabled": False,
        "xmlForm": "<FORM>" + "<Control/>" * 200 + "</FORM>",
        "fields": usages,
        "fieldInstances": usages,
        "transitions": _transitions(kind),
        "states": _states(kind),
        "url": type_url(call, project, kind.name),
    }


def _usage(call: Call, name: str) -> dict[str, Any]:
    return {
        "alwaysRequired": name == fields.TITLE,
        "referenceName": name,
        "name": fields.FIELDS[name].name,
        "url": f"{call.base_url}/_apis/wit/fields/{name}",
    }


def _transitions(kind: WorkItemType) -> dict[str, Any]:
    names = [state.name for state in kind.states]
    found: dict[str, Any] = {name: [{"to": other, "actions": None} for other in names] for name in names}
    found[""] = [{"to": kind.first.name, "actions": None}]
    return found


def _states(kind: WorkItemType) -> list[dict[str, str]]:
    return [{"name": state.name, "color": state.color, "category": state.category} for state in kind.states]


@route("GET", CORE_HOST, _PROJECT_WIT + "workitemtypes", version="7.1", scopes=_SCOPES, cost=0.05)
def list_types(call: Call) -> Answer:
    """The types of a project, hidden ones too."""
    project = call.project
    return value([_type_row(call, project, kind) for kind in processes.types_of(project)])


def _type(call: Call) -> WorkItemType:
    name = call.parameters["type"]
    found = processes.type_named(call.project, name)
    if found is None:
        raise Refusal(
            404,
            "WorkItemTypeNotFoundException",
            f"VS402323: Work item type {name} does not exist in project {call.project.name} or you do not have "
            "permission to access it.",
            event_id=3200,
            namespace="Microsoft.TeamFoundation.WorkItemTracking.Server",
        )
    return found


@route("GET", CORE_HOST, _PROJECT_WIT + "workitemtypes/{type}", version="7.1", scopes=_SCOPES)
def get_type(call: Call) -> Answer:
    """One type, by name."""
    return plain(_type_row(call, call.project, _type(call)))


@route("GET", CORE_HOST, _PROJECT_WIT + "workitemtypes/{type}/states", version="7.1", scopes=_SCOPES)
def list_states(call: Call) -> Answer:
    """The states that a type has now, with their categories."""
    return value(_states(_type(call)))


def _category_row(call: Call, project: Project, reference_name: str) -> dict[str, Any]:
    kinds = [kind for kind in processes.types_of(project) if kind.category == reference_name]
    types = [{"name": kind.name, "url": type_url(call, project, kind.name)} for kind in kinds]
    return {
        "name": processes.CATEGORY_NAMES[reference_name],
        "referenceName": reference_name,
        "defaultWorkItemType": types[0],
        "workItemTypes": types,
        "url": f"{call.base_url}/{project.id}/_apis/wit/workItemTypeCategories/{reference_name}",
    }


@route("GET", CORE_HOST, _PROJECT_WIT + "workitemtypecategories", version="7.1", scopes=_SCOPES)
def list_categories(call: Call) -> Answer:
    """The categories that the project has types in."""
    project = call.project
    present = {kind.category for kind in processes.types_of(project)}
    names = [name for name in processes.CATEGORY_NAMES if name in present]
    return value([_category_row(call, project, name) for name in names])


@route("GET", CORE_HOST, _PROJECT_WIT + "workitemtypecategories/{category}", version="7.1", scopes=_SCOPES)
def get_category(call: Call) -> Answer:
    """One category, by reference name."""
    project = call.project
    wanted = call.parameters["category"].lower()
    for name in {kind.category for kind in processes.types_of(project)}:
        if name and name.lower() == wanted:
            return plain(_category_row(call, project, name))
    raise refusals.not_found_page()


_LINK_TYPES: Final = (
    ("System.LinkTypes.Hierarchy-Forward", "Child", "System.LinkTypes.Hierarchy-Reverse", "tree"),
    ("System.LinkTypes.Hierarchy-Reverse", "Parent", "System.LinkTypes.Hierarchy-Forward", "tree"),
    ("System.LinkTypes.Dependency-Forward", "Successor", "System.LinkTypes.Dependency-Reverse", "dependency"),
    ("System.LinkTypes.Dependency-Reverse", "Predecessor", "System.LinkTypes.Dependency-Forward", "dependency"),
    ("System.LinkTypes.Related", "Related", "System.LinkTypes.Related", "network"),
    ("System.LinkTypes.Duplicate-Forward", "Duplicate", "System.LinkTypes.Duplicate-Reverse", "tree"),
    ("System.LinkTypes.Duplicate-Reverse", "Duplicate Of", "System.LinkTypes.Duplicate-Forward", "tree"),
)


@route("GET", CORE_HOST, _WIT + "workitemrelationtypes", version="7.1", scopes=_SCOPES)
def list_relation_types(call: Call) -> Answer:
    """Link types between work items, and the two kinds of resource links."""
    return value([*(_link_type(call, *row) for row in _LINK_TYPES), *_resource_types(call)])


def _link_type(call: Call, reference_name: str, name: str, opposite: str, topology: str) -> dict[str, Any]:
    return {
        "attributes": {
            "usage": "workItemLink",
            "editable": topology != "tree",
            "enabled": True,
            "acyclic": topology != "network",
            "directional": topology != "network",
            "singleTarget": reference_name.endswith("Hierarchy-Reverse"),
            "topology": topology,
            "isForward": not reference_name.endswith("-Reverse"),
            "oppositeEndReferenceName": opposite,
        },
        "referenceName": reference_name,
        "name": name,
        "url": f"{call.base_url}/_apis/wit/workItemRelationTypes/{reference_name}",
    }


def _resource_types(call: Call) -> list[dict[str, Any]]:
    attributes = {"usage": "resourceLink", "editable": False, "enabled": True}
    return [
        {
            "attributes": attributes,
            "referenceName": reference_name,
            "name": name,
            "url": f"{call.base_url}/_apis/wit/workItemRelationTypes/{reference_name}",
        }
        for reference_name, name in (("ArtifactLink", "Artifact Link"), ("Hyperlink", "Hyperlink"))
    ]
