"""Users, groups and memberships. Specification: MicrosoftDocs/vsts-rest-api-specs ``graph/7.1/graph.json``."""

from __future__ import annotations

import base64
import binascii
import re

from local.fake_ado import refusals
from local.fake_ado.answers import Answer, empty, plain, value
from local.fake_ado.context import Call
from local.fake_ado.graphsubjects import href, membership_row, scope_descriptor, subject_row
from local.fake_ado.model import Identity
from local.fake_ado.routing import GRAPH_HOST, route

_GRAPH = "/{organization}/_apis/graph"
_PREVIEW = "7.1-preview.1"
_SCOPES = ("vso.graph",)
_GUID = re.compile(r"^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$")
_QUERY_CAP = 100


@route("GET", GRAPH_HOST, _GRAPH + "/users", version=_PREVIEW, scopes=_SCOPES, cost=0.05)
def list_users(call: Call) -> Answer:
    """People and service accounts of the organisation, or of a project's groups; no service principals."""
    rows = [one for one in _listed(call) if one.kind != "group" and not one.descriptor.startswith("aadsp.")]
    return _page(call, _scoped(call, rows))


@route("GET", GRAPH_HOST, _GRAPH + "/serviceprincipals", version=_PREVIEW, scopes=_SCOPES, cost=0.05)
def list_service_principals(call: Call) -> Answer:
    """Service principals and managed identities."""
    return _page(call, [one for one in _listed(call) if one.descriptor.startswith("aadsp.")])


@route("GET", GRAPH_HOST, _GRAPH + "/groups", version=_PREVIEW, scopes=_SCOPES, cost=0.05)
def list_groups(call: Call) -> Answer:
    """Groups of the organisation and of its projects, or of one project."""
    rows = [one for one in _listed(call) if one.kind == "group"]
    scope = call.query.one("scopeDescriptor")
    if scope:
        rows = [one for one in rows if one.scope_project_id and scope_descriptor(one.scope_project_id) == scope]
    return _page(call, rows)


def _listed(call: Call) -> list[Identity]:
    kinds = {kind.strip().lower() for kind in call.query.one("subjectTypes").split(",") if kind.strip()}
    rows = [one for one in call.organization.identities.values() if one.listed]
    return [one for one in rows if not kinds or one.descriptor.partition(".")[0] in kinds]


def _scoped(call: Call, rows: list[Identity]) -> list[Identity]:
    """Those who are in a team or a group of the project that ``scopeDescriptor`` names."""
    scope = call.query.one("scopeDescriptor")
    if not scope:
        return rows
    organization = call.organization
    members: set[str] = set()
    for team in organization.teams.values():
        if scope_descriptor(team.project_id) == scope:
            members.update(team.member_ids)
    for group in organization.identities.values():
        if group.scope_project_id and scope_descriptor(group.scope_project_id) == scope:
            members.update(group.member_ids)
    return [one for one in rows if one.id in members]


def _page(call: Call, rows: list[Identity]) -> Answer:
    """A page of the size the fake is set to: the service takes none from the caller."""
    start = _token_start(call.query.one("continuationToken"))
    end = start + call.fake.settings.graph_page_size
    token = base64.b64encode(f"graph:{end}".encode()).decode() if end < len(rows) else None
    return value([subject_row(call.organization, one) for one in rows[start:end]], continuation=token)


def _token_start(token: str) -> int:
    if not token:
        return 0
    try:
        return int(base64.b64decode(token, validate=True).decode().removeprefix("graph:"))
    except (binascii.Error, ValueError):
        raise refusals.invalid_argument("The continuation token is invalid.") from None


@route("GET", GRAPH_HOST, _GRAPH + "/users/{descriptor}", version=_PREVIEW, scopes=_SCOPES)
@route("GET", GRAPH_HOST, _GRAPH + "/groups/{descriptor}", version=_PREVIEW, scopes=_SCOPES)
@route("GET", GRAPH_HOST, _GRAPH + "/serviceprincipals/{descriptor}", version=_PREVIEW, scopes=_SCOPES)
def get_subject(call: Call) -> Answer:
    """One subject, also one that lists no longer show."""
    return plain(subject_row(call.organization, _subject(call, call.parameters["descriptor"])))


def _subject(call: Call, descriptor: str) -> Identity:
    for identity in call.organization.identities.values():
        if identity.descriptor == descriptor:
            return identity
    raise _not_found(descriptor)


def _not_found(what: str) -> refusals.Refusal:
    return refusals.Refusal(
        404,
        "GraphSubjectNotFoundException",
        f"VS860018: The graph subject with descriptor '{what}' could not be found.",
        event_id=0,
        namespace="Microsoft.VisualStudio.Services.Graph",
    )


@route("GET", GRAPH_HOST, _GRAPH + "/descriptors/{key}", version="7.1", scopes=_SCOPES)
def get_descriptor(call: Call) -> Answer:
    """Storage key to descriptor; a project's id gives the descriptor of its scope, its name is refused."""
    organization, key = call.organization, call.parameters["key"].lower()
    if not _GUID.match(key):
        raise refusals.invalid_argument(
            f"The value '{key}' is not valid for Guid.", type_key="VssPropertyValidationException"
        )
    identity = organization.identities.get(key)
    if identity is None and key not in organization.projects:
        raise _not_found(key)
    descriptor = identity.descriptor if identity else scope_descriptor(key)
    links = {
        "self": {"href": href(organization, "Descriptors", key)},
        "storageKey": {"href": href(organization, "StorageKeys", descriptor)},
        "subject": {"href": href(organization, "Users" if identity else "Scopes", descriptor)},
    }
    return plain({"value": descriptor, "_links": links})


@route("GET", GRAPH_HOST, _GRAPH + "/storagekeys/{descriptor}", version="7.1", scopes=_SCOPES)
def get_storage_key(call: Call) -> Answer:
    """Descriptor to storage key."""
    identity = _subject(call, call.parameters["descriptor"])
    links = {
        "self": {"href": href(call.organization, "StorageKeys", identity.descriptor)},
        "descriptor": {"href": href(call.organization, "Descriptors", identity.id)},
    }
    return plain({"value": identity.id, "_links": links})


@route("GET", GRAPH_HOST, _GRAPH + "/memberships/{descriptor}", version=_PREVIEW, scopes=_SCOPES)
def list_memberships(call: Call) -> Answer:
    """Direct memberships, upwards unless ``direction=down``; a depth other than 1 is refused."""
    if call.query.number("depth", 1) != 1:
        raise refusals.invalid_argument("VS860016: The only supported depth is 1.", type_key="GraphBadRequestException")
    subject = _subject(call, call.parameters["descriptor"])
    identities = call.organization.identities
    if call.query.one("direction", "up").lower() == "down":
        pairs = [(subject, identities[one]) for one in subject.member_ids if one in identities]
    else:
        pairs = [(group, subject) for group in identities.values() if subject.id in group.member_ids]
    return value([membership_row(call.organization, container, member) for container, member in pairs])


@route("GET", GRAPH_HOST, _GRAPH + "/memberships/{descriptor}/{container}", version=_PREVIEW, scopes=_SCOPES)
def get_membership(call: Call) -> Answer:
    """One direct membership; 404 if there is none."""
    member, container = _pair(call)
    if member.id not in container.member_ids:
        raise refusals.Refusal(
            404,
            "GraphMembershipNotFoundException",
            "VS860020: The membership does not exist.",
            event_id=0,
            namespace="Microsoft.VisualStudio.Services.Graph",
        )
    return plain(membership_row(call.organization, container, member))


@route("HEAD", GRAPH_HOST, _GRAPH + "/memberships/{descriptor}/{container}", version=_PREVIEW, scopes=_SCOPES)
def check_membership(call: Call) -> Answer:
    """200 for a direct member, 404 for everybody else; no body."""
    member, container = _pair(call)
    return empty(200 if member.id in container.member_ids else 404)


def _pair(call: Call) -> tuple[Identity, Identity]:
    return _subject(call, call.parameters["descriptor"]), _subject(call, call.parameters["container"])


@route("GET", GRAPH_HOST, _GRAPH + "/membershipstates/{descriptor}", version=_PREVIEW, scopes=_SCOPES)
def get_membership_state(call: Call) -> Answer:
    """Whether the subject is still in the organisation: the only truth about those who left."""
    identity = _subject(call, call.parameters["descriptor"])
    links = {
        "self": {"href": href(call.organization, "MembershipStates", identity.descriptor)},
        "member": {"href": href(call.organization, "Users", identity.descriptor)},
    }
    return plain({"active": identity.is_active, "_links": links})


@route("POST", GRAPH_HOST, _GRAPH + "/subjectlookup", version=_PREVIEW, scopes=_SCOPES)
def look_up(call: Call) -> Answer:
    """Several subjects by descriptor, in an object keyed by it; unknown ones are left out."""
    keys = call.json_object().get("lookupKeys")
    if not isinstance(keys, list):
        raise refusals.invalid_argument(
            "Value cannot be null. Parameter name: lookupKeys", type_key="ArgumentNullException"
        )
    known = {one.descriptor: one for one in call.organization.identities.values()}
    wanted = [str(key.get("descriptor")) for key in keys if isinstance(key, dict)]
    rows = {one: subject_row(call.organization, known[one]) for one in wanted if one in known}
    return plain({"count": len(rows), "value": rows})


@route("POST", GRAPH_HOST, _GRAPH + "/subjectquery", version=_PREVIEW, scopes=_SCOPES)
def query(call: Call) -> Answer:
    """Subjects whose name, account or mail begins with the text; at most 100."""
    body = call.json_object()
    text = str(body.get("query") or "").lower()
    kinds = {str(kind).lower() for kind in body.get("subjectKind") or ("user", "group")}
    rows = [one for one in call.organization.identities.values() if one.listed and _matches(one, text, kinds)]
    return value([subject_row(call.organization, one) for one in rows[:_QUERY_CAP]])


def _matches(identity: Identity, text: str, kinds: set[str]) -> bool:
    names = (identity.display_name, identity.account, identity.mail or "")
    kind = "group" if identity.kind == "group" else "user"
    return kind in kinds and any(name.lower().startswith(text) for name in names)
