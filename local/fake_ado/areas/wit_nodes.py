"""Classification nodes: the trees of iterations and areas.

https://learn.microsoft.com/rest/api/azure/devops/wit/classification-nodes
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from local.fake_ado import nodes, refusals
from local.fake_ado.answers import Answer, plain, value
from local.fake_ado.context import Call
from local.fake_ado.model import Node, Organization
from local.fake_ado.refusals import Refusal
from local.fake_ado.routing import CORE_HOST, route
from local.fake_ado.times import iso

_BASE: Final = "/{organization}/{project}/_apis/wit/classificationnodes"
_GROUPS: Final = {"iterations": "iteration", "areas": "area"}
_WORDS: Final = {"iteration": "Iteration", "area": "Area"}


def node_path(organization: Organization, node: Node) -> str:
    r"""``\Project\Iteration\Release 1``: with the name of the tree as second segment."""
    project, *rest = nodes.path(organization, node).split("\\")
    return "\\" + "\\".join([project, _WORDS[node.structure], *rest])


def node_url(organization: Organization, node: Node) -> str:
    """The REST address of a node."""
    rest = nodes.path(organization, node).split("\\")[1:]
    tail = "".join(f"/{quote(name)}" for name in rest)
    group = f"{_WORDS[node.structure]}s"
    return f"https://dev.azure.com/{organization.name}/{node.project_id}/_apis/wit/classificationNodes/{group}{tail}"


def _row(organization: Organization, node: Node, depth: int, *, is_top: bool = True) -> dict[str, Any]:
    below = nodes.children(organization, node)
    row: dict[str, Any] = {
        "id": node.id,
        "identifier": node.identifier,
        "name": node.name,
        "structureType": node.structure,
        "hasChildren": bool(below),
    }
    if below and depth > 0:
        row["children"] = [_row(organization, child, depth - 1, is_top=False) for child in below]
    if node.start_date or node.finish_date:
        row["attributes"] = {
            name: iso(moment)
            for name, moment in (("startDate", node.start_date), ("finishDate", node.finish_date))
            if moment is not None
        }
    row["path"] = node_path(organization, node)
    url = node_url(organization, node)
    if is_top:
        row["_links"] = {"self": {"href": url}}
        if node.parent is not None:
            row["_links"]["parent"] = {"href": node_url(organization, organization.nodes[node.parent])}
    row["url"] = url
    return row


def _depth(call: Call) -> int:
    return call.query.number("$depth", 0, maximum=30)


@route("GET", CORE_HOST, _BASE, version="7.1", scopes=("vso.work",))
def list_roots(call: Call) -> Answer:
    """Both trees, or the nodes with certain ids."""
    project = call.project
    ids = call.query.one("ids")
    if not ids:
        roots = [nodes.root(call.organization, project, structure) for structure in ("area", "iteration")]
        return value([_row(call.organization, root, _depth(call)) for root in roots])
    mine = {str(one.id): one for one in call.organization.nodes.values() if one.project_id == project.id}
    rows: list[dict[str, Any] | None] = []
    for text in ids.split(","):
        node = mine.get(text.strip())
        if node is not None and node.deleted_at is None:
            rows.append(_row(call.organization, node, _depth(call)))
        elif call.query.one("errorPolicy").lower() == "omit":
            rows.append(None)
        else:
            raise _not_found(text)
    return value(rows)


@route("GET", CORE_HOST, _BASE + "/{group}/{path*}", version="7.1", scopes=("vso.work",))
@route("GET", CORE_HOST, _BASE + "/{group}", version="7.1", scopes=("vso.work",))
def get_node(call: Call) -> Answer:
    """One node with its children down to ``$depth``."""
    structure = _GROUPS.get(call.parameters["group"].lower())
    if structure is None:
        raise refusals.invalid_argument(f"The structure group {call.parameters['group']} is unknown.")
    node = nodes.root(call.organization, call.project, structure)
    for name in [part for part in call.parameters.get("path", "").split("/") if part]:
        found = [one for one in nodes.children(call.organization, node) if one.name.lower() == name.lower()]
        if not found:
            raise _not_found(name)
        node = found[0]
    return plain(_row(call.organization, node, _depth(call)))


def _not_found(name: str) -> Refusal:
    return Refusal(
        404,
        "ClassificationNodeNotFoundException",
        f"VS402485: The node {name} cannot be found.",
        event_id=3200,
        namespace="Microsoft.TeamFoundation.WorkItemTracking.Server",
    )
