"""Work items and revisions as the service shows them. Specification: ``wit/7.1/workItemTracking.json``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from local.fake_ado import fields, nodes
from local.fake_ado.identityref import identity_ref
from local.fake_ado.model import Organization, Revision, WorkItem
from local.fake_ado.times import iso
from local.fake_ado.work_item_links import HIERARCHY, RELATED, links_of

STILL_VALID: Final = "9999-01-01T00:00:00Z"
ShowPerson = Callable[[Organization, str], Any]


def as_text(organization: Organization, identity_id: str) -> str:
    """``Display Name <account>``; somebody without an account is only a name."""
    identity = organization.identities[identity_id]
    return f"{identity.display_name} <{identity.account}>" if identity.account else identity.display_name


def as_feed_reference(organization: Organization, identity_id: str) -> dict[str, str]:
    """How the reporting feed refers to a person: the combined name stands where a unique name would."""
    return {"id": identity_id, "uniqueName": as_text(organization, identity_id)}


class Shower:
    """Turns revisions into field dictionaries; looks names and paths up once for a whole answer.

    ``names``: only these reference names, None for all; long texts only with ``with_long``.
    """

    def __init__(
        self,
        organization: Organization,
        person: ShowPerson,
        names: Iterable[str] | None = None,
        *,
        with_long: bool = False,
        with_ids: bool = False,
        tag: Callable[[str], Any] | None = None,
    ) -> None:
        self._organization = organization
        self._person = person
        self._names = None if names is None else frozenset(names)
        self._with_long = with_long
        self._with_ids = with_ids
        self._tag = tag
        self._people: dict[str, Any] = {}
        self._paths: dict[int, str] = {}
        self._boards = _boards(organization)

    def fields(self, item: WorkItem, revision: Revision) -> dict[str, Any]:
        """The fields of a revision, empty ones left out."""
        shown: dict[str, Any] = {fields.ID: item.id}
        for name, value in revision.fields.items():
            if name in fields.IDENTITY_FIELDS:
                shown[name] = self._shown_person(value)
            elif isinstance(value, datetime):
                shown[name] = iso(value)
            elif name not in fields.LONG_FIELDS or self._with_long or self._is_named(name):
                shown[name] = value
        shown[fields.REV] = revision.rev
        shown[fields.REVISED_DATE] = self._revised(item, revision)
        self._put_place(shown, revision)
        if self._names is None:
            return shown
        return {name: value for name, value in shown.items() if name in self._names}

    def _put_place(self, shown: dict[str, Any], revision: Revision) -> None:
        project = self._organization.projects[shown[fields.PROJECT]]
        shown[fields.PROJECT] = project.name
        shown[fields.AREA_PATH] = self._path(shown[fields.AREA_ID])
        shown[fields.ITERATION_PATH] = self._path(shown[fields.ITERATION_ID])
        if self._is_named(fields.WATERMARK) or self._with_ids:
            shown[fields.WATERMARK] = revision.watermark
        if self._names is None and not self._with_ids:
            del shown[fields.AREA_ID], shown[fields.ITERATION_ID]
        column = shown.get(fields.BOARD_COLUMN)
        if self._names is None and column is not None:
            board = self._boards[project.id]
            shown[f"{board}_Kanban.Column"] = column
            shown[f"{board}_Kanban.Column.Done"] = shown[fields.BOARD_COLUMN_DONE]
        if self._tag is not None and fields.TAGS in shown:
            shown[fields.TAGS] = [self._tag(tag) for tag in shown[fields.TAGS].split("; ")]

    def _is_named(self, name: str) -> bool:
        return self._names is not None and name in self._names

    def _revised(self, item: WorkItem, revision: Revision) -> str:
        if revision.rev == len(item.revisions):
            return STILL_VALID
        return iso(item.revisions[revision.rev].fields[fields.CHANGED_DATE])

    def _shown_person(self, identity_id: str) -> Any:
        found = self._people.get(identity_id)
        if found is None:
            found = self._people[identity_id] = self._person(self._organization, identity_id)
        return found

    def _path(self, node_id: int) -> str:
        if not self._paths:
            self._paths = {node.id: nodes.path(self._organization, node) for node in self._organization.nodes.values()}
        return self._paths[node_id]


def _boards(organization: Organization) -> dict[str, str]:
    """Project id -> the name that the fields of its first team's board begin with."""
    found: dict[str, str] = {}
    for team in organization.teams.values():
        found.setdefault(team.project_id, f"WEF_{team.id.replace('-', '').upper()}")
    return found


def item_url(organization: Organization, number: int) -> str:
    """The REST address of a work item."""
    return f"https://dev.azure.com/{organization.name}/_apis/wit/workItems/{number}"


def item_row(
    organization: Organization,
    item: WorkItem,
    revision: Revision,
    shower: Shower,
    *,
    with_relations: bool = False,
    with_links: bool = False,
) -> dict[str, Any]:
    """A work item as reads show it. ``System.Parent`` of the current revision follows the link that holds."""
    shown = shower.fields(item, revision)
    row: dict[str, Any] = {"id": item.id, "rev": revision.rev, "fields": shown}
    if with_relations:
        relations = list(_relations(organization, item))
        if relations:
            row["relations"] = relations
    if with_links:
        row["_links"] = _links(organization, item)
    row["url"] = item_url(organization, item.id)
    return row


def _relations(organization: Organization, item: WorkItem) -> Iterable[dict[str, Any]]:
    for link in links_of(organization, item):
        is_source = link.source == item.id
        other = link.target if is_source else link.source
        suffix = "" if link.rel == RELATED else "-Forward" if is_source else "-Reverse"
        name = "Related" if link.rel == RELATED else _NAMES[link.rel][0 if is_source else 1]
        yield {
            "rel": link.rel + suffix,
            "url": item_url(organization, other),
            "attributes": {"isLocked": False, "name": name},
        }
    for place, uri in enumerate(item.artifact_uris, start=1):
        kind = "Fixed in Commit" if "/Git/Commit/" in uri else "Pull Request"
        yield {"rel": "ArtifactLink", "url": uri, "attributes": {"name": kind, "id": item.id * 1000 + place}}


_NAMES: Final = {HIERARCHY: ("Child", "Parent"), "System.LinkTypes.Dependency": ("Successor", "Predecessor")}


def _links(organization: Organization, item: WorkItem) -> dict[str, Any]:
    own = item_url(organization, item.id)
    kind = quote(item.revisions[-1].fields[fields.TYPE])
    base = f"https://dev.azure.com/{organization.name}"
    return {
        "self": {"href": own},
        "workItemUpdates": {"href": f"{own}/updates"},
        "workItemRevisions": {"href": f"{own}/revisions"},
        "workItemComments": {"href": f"{own}/comments"},
        "html": {"href": f"{base}/{item.project_id}/_workitems/edit/{item.id}"},
        "workItemType": {"href": f"{base}/{item.project_id}/_apis/wit/workItemTypes/{kind}"},
        "fields": {"href": f"{base}/_apis/wit/fields"},
    }


def full_row(organization: Organization, item: WorkItem) -> dict[str, Any]:
    """The newest revision with everything that reads and service hooks can show."""
    shower = Shower(organization, identity_ref, with_long=True)
    return item_row(organization, item, item.revisions[-1], shower, with_relations=True, with_links=True)
