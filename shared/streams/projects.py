"""Ticket projects: the organisation's projects, the whole list, compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from shared.ado.endpoints import core
from shared.flow.projects import TicketProject
from shared.mapping.projects import to_ticket_project
from shared.mapping.values import guid
from shared.streams.base import Batch, Slice
from shared.streams.whole_lists import batches_of, changed


def read_projects(slice_: Slice) -> Iterator[Batch]:
    """One request, and one more while a stored project is missing without proof that it was deleted.

    A project that is listed as deleted becomes a tombstone; one that is merely absent (no access any more, being
    deleted) keeps its rows and gets ``unavailable_since``. Either comes back when it is listed again.
    Source: https://learn.microsoft.com/azure/devops/organizations/projects/delete-project
    """
    stored = {project.id: project for project in slice_.stored.all(TicketProject)}
    listed: dict[str, TicketProject] = {}
    for page in slice_.client.pages(core.PROJECTS):
        for item in page.items:
            project_id = guid(item.get("id"), "a project's id")
            listed[project_id] = _map(slice_, item, stored.get(project_id))
    missing = [project for project in stored.values() if project.id not in listed and not project.is_deleted]
    gone = _deleted(slice_) if missing else {}
    rows = changed(listed.values(), stored) + changed((_missing(p, gone, slice_) for p in missing), stored)
    yield from batches_of(slice_, rows, read=len(listed))


def _deleted(slice_: Slice) -> dict[str, dict[str, Any]]:
    """The projects in the bin, by id."""
    pages = slice_.client.pages(core.PROJECTS, query={"stateFilter": "deleted"})
    return {guid(item.get("id"), "a project's id"): item for page in pages for item in page.items}


def _missing(project: TicketProject, gone: dict[str, dict[str, Any]], slice_: Slice) -> TicketProject:
    """A stored project that is not listed. The bin does not say since when it is there: it is when we saw it."""
    if project.id not in gone:
        return replace(project, unavailable_since=project.unavailable_since or slice_.now)
    return replace(_map(slice_, gone[project.id], project), is_deleted=True, deleted_at=slice_.now)


def _map(slice_: Slice, item: dict[str, Any], stored: TicketProject | None) -> TicketProject:
    return to_ticket_project(
        item,
        integration_id=slice_.integration_id,
        organization=slice_.organization,
        is_imported=stored.is_imported if stored else True,
    )
