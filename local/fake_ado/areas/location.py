"""Who am I, and where is what: connectionData and resource areas.

Source: https://learn.microsoft.com/azure/devops/extend/develop/work-with-urls. connectionData is in no specification;
its shape is that of ``ConnectionData`` in https://github.com/microsoft/azure-devops-python-api.
"""

from __future__ import annotations

from typing import Any

from local.fake_ado.answers import Answer, plain, value
from local.fake_ado.areas.ims import legacy_descriptor
from local.fake_ado.context import Call
from local.fake_ado.model import Identity, Organization
from local.fake_ado.refusals import ANONYMOUS_ID
from local.fake_ado.routing import CORE_HOST, GRAPH_HOST, route

AREAS = {
    "79134c72-4a58-4b42-976c-04e7115f32bf": ("core", CORE_HOST),
    "4e080c62-fa21-4fbc-8fef-2a10a2b38049": ("git", CORE_HOST),
    "5264459e-e5e0-4bd8-b118-0985e68a4ec5": ("wit", CORE_HOST),
    "1d4f49f9-02b9-4e26-b826-2cdb6195f2a9": ("work", CORE_HOST),
    "5d6898bb-45ec-463f-95f9-54d49c71752e": ("build", CORE_HOST),
    "4e40f190-2e3f-4d9f-8331-c7788e833080": ("graph", GRAPH_HOST),
}
_CORE_AREA = "79134c72-4a58-4b42-976c-04e7115f32bf"


@route("GET", CORE_HOST, "/{organization}/_apis/connectionData", version="7.1-preview.1", is_open=True, cost=0.002)
@route("GET", GRAPH_HOST, "/{organization}/_apis/connectionData", version="7.1-preview.1", is_open=True, cost=0.002)
def connection_data(call: Call) -> Answer:
    """The caller's identity and the organisation's id. Any scope will do."""
    organization = call.organization
    who = _public_identity() if call.caller.id == ANONYMOUS_ID else _identity(call.caller)
    return plain(
        {
            "authenticatedUser": who,
            "authorizedUser": who,
            "instanceId": organization.id,
            "deploymentId": "00000000-0000-0000-0000-000000000001",
            "deploymentType": "hosted",
            "locationServiceData": {
                "serviceOwner": "00025394-6065-48ca-87d9-7f5672854ef7",
                "defaultAccessMappingMoniker": "PublicAccessMapping",
                "lastChangeId": 1,
                "lastChangeId64": 1,
            },
        }
    )


def _identity(identity: Identity) -> dict[str, Any]:
    return {
        "id": identity.id,
        "descriptor": legacy_descriptor(identity),
        "subjectDescriptor": identity.descriptor,
        "providerDisplayName": identity.display_name,
        "isActive": identity.is_active,
        "properties": {"Account": {"$type": "System.String", "$value": identity.account}},
        "resourceVersion": 2,
        "metaTypeId": 0,
    }


def _public_identity() -> dict[str, Any]:
    return {
        "id": ANONYMOUS_ID,
        "descriptor": f"System:PublicAccess;{ANONYMOUS_ID}",
        "subjectDescriptor": "sys.UHVibGljQWNjZXNz",
        "providerDisplayName": "Anonymous",
        "isActive": True,
        "properties": {},
        "resourceVersion": 2,
        "metaTypeId": 255,
    }


@route("GET", CORE_HOST, "/_apis/resourceAreas/{area}", version="5.0-preview.1", is_anonymous=True, cost=0.002)
def find_by_name(call: Call) -> Answer:
    """Where an organisation (``accountName`` or ``hostId``) has an area; nulls for an unknown one."""
    name, host_id = call.query.one("accountName"), call.query.one("hostId").lower()
    organization = call.fake.find_organization(name) if name else None
    if host_id:
        organization = next((one for one in call.fake.organizations.values() if one.id == host_id), None)
    area = call.parameters["area"].lower()
    if organization is None or area not in AREAS:
        return plain({"id": area, "name": None, "locationUrl": None})
    return plain(_area(organization, area))


@route(
    "GET", CORE_HOST, "/{organization}/_apis/resourceAreas", version="5.0-preview.1", is_anonymous=True, is_open=True
)
def list_areas(call: Call) -> Answer:
    """All areas of one organisation."""
    return value([_area(call.organization, area) for area in AREAS])


@route(
    "GET",
    CORE_HOST,
    "/{organization}/_apis/resourceAreas/{area}",
    version="5.0-preview.1",
    is_anonymous=True,
    is_open=True,
)
def get_area(call: Call) -> Answer:
    """One area of one organisation."""
    area = call.parameters["area"].lower()
    return plain(_area(call.organization, area if area in AREAS else _CORE_AREA))


def _area(organization: Organization, area: str) -> dict[str, Any]:
    name, host = AREAS[area]
    where = f"https://{host}/{organization.name}"
    if organization.is_legacy_url and host == CORE_HOST:
        where = f"https://{organization.name}.visualstudio.com/"
    return {"id": area, "name": "Core" if name == "core" else name, "locationUrl": where}
