"""People, services and groups of a made-up organisation."""

from __future__ import annotations

import base64
import unicodedata

from local.fake_ado.making import Making
from local.fake_ado.model import Identity
from local.fake_ado.texts import PEOPLE

TFS_SERVICE = "00000002-0000-8888-8000-000000000000"


def make_people(making: Making) -> None:
    """Users with awkward names, guests, people who left, and the organisation's own groups and services."""
    count = making.size.people
    for place in range(count):
        name = PEOPLE[place % len(PEOPLE)]
        if place >= len(PEOPLE):
            name = f"{name} {place // len(PEOPLE) + 1}"
        person = make_person(making, name, place)
        making.organization.identities[person.id] = person
        making.people.append(person)
    _depart(making)
    _add_services(making)
    _add_groups(making)


def make_person(making: Making, name: str, place: int) -> Identity:
    """A user of the organisation's tenant, or a guest; ``place`` makes the address unique."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    local = ".".join("".join(c for c in part if c.isalnum()) for part in ascii_name.split()).strip(".") or "user"
    organization = making.organization
    is_guest = place % 11 == 7
    address = f"{local}{place}@{'partner.example' if is_guest else organization.name + '.example'}"
    identity_id, origin_id = making.guid(), making.guid()
    return Identity(
        id=identity_id,
        descriptor="aad." + _encoded(making.guid()),
        display_name=name,
        account=address,
        mail=address if place % 9 != 4 else address.lower(),
        origin_id=origin_id,
        domain=organization.tenant_id,
        is_guest=is_guest,
    )


def _depart(making: Making) -> None:
    """Some have left: one still in Graph lists, the others in no list, one of them without any account."""
    gone = making.people[3], making.people[5], making.people[8]
    for person in gone:
        person.is_active = False
    gone[1].listed = False
    gone[2].listed = False
    gone[2].account, gone[2].mail = "", None


def _add_services(making: Making) -> None:
    organization = making.organization
    collection = Identity(
        id=making.guid(),
        descriptor="svc." + _encoded(making.guid()),
        display_name=f"Project Collection Build Service ({organization.name})",
        account=f"Build\\{making.guid()}",
        mail=None,
        origin_id=making.guid(),
        kind="service",
        domain="Build",
    )
    service = Identity(
        id=TFS_SERVICE,
        descriptor="s2s." + _encoded(f"{TFS_SERVICE}@{organization.tenant_id}"),
        display_name="Microsoft.VisualStudio.Services.TFS",
        account=f"{TFS_SERVICE}@{organization.tenant_id}",
        mail=None,
        origin_id=TFS_SERVICE,
        kind="service",
        domain="LOCAL AUTHORITY",
        listed=False,
    )
    for one in (collection, service):
        organization.identities[one.id] = one


def _add_groups(making: Making) -> None:
    everybody = [person.id for person in making.people if person.is_active]
    add_group(making, "Project Collection Administrators", everybody[:1])
    add_group(making, "Project Collection Valid Users", everybody)
    add_group(making, "Project Collection Service Accounts", [])


def add_group(making: Making, name: str, member_ids: list[str], project_id: str | None = None) -> Identity:
    """A group of the organisation or of one project."""
    organization = making.organization
    scope = organization.projects[project_id].name if project_id else organization.name
    group = Identity(
        id=making.guid(),
        descriptor="vssgp." + _encoded(making.guid()),
        display_name=f"[{scope}]\\{name}",
        account=f"[{scope}]\\{name}",
        mail=None,
        origin_id=making.guid(),
        kind="group",
        domain=f"vstfs:///Classification/TeamProject/{project_id}"
        if project_id
        else f"vstfs:///Framework/IdentityDomain/{organization.id}",
        member_ids=list(member_ids),
        scope_project_id=project_id,
    )
    organization.identities[group.id] = group
    return group


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode().rstrip("=")
