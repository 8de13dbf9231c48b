"""What the two reporting feeds have in common: a token for the whole organisation, a backfill for each project.

Source: https://learn.microsoft.com/rest/api/azure/devops/wit/reporting-work-item-revisions
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from shared.ado.endpoint import Endpoint
from shared.errors import UnavailableError
from shared.flow.base import Entity
from shared.flow.projects import TicketProject
from shared.mapping.times import need_time, to_text
from shared.streams.base import Batch, Slice

OVERLAP: Final = timedelta(minutes=5)
"""How far before a time a feed is taken up, so that two clocks may differ."""
UNNOTICED: Final = timedelta(days=1)
"""How long a project may be out of sight before the stored projects say so.

Not every sync reads the projects again, and one that did not moves ``read_at`` all the same.
"""
IN_THE_BIN: Final = timedelta(days=28)
"""A deleted project can be restored for so long.

Source: https://learn.microsoft.com/azure/devops/organizations/projects/delete-project
"""

Mapped = Callable[[Iterable[dict[str, Any]]], Iterable[Entity]]


@dataclass(frozen=True, slots=True)
class Feed:
    """A reporting feed, asked of the organisation or of one project."""

    endpoint: Endpoint
    project_endpoint: Endpoint
    entities: Mapped
    """What the rows of a page become."""
    project_entities: Mapped
    """The same for a page of a project's own feed."""
    query: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    """What is kept in the watermark besides."""


def follow(slice_: Slice, feed_of: Callable[[Slice], Feed]) -> Iterator[Batch]:
    """The organisation's feed since the watermark: one request when nothing changed in any project.

    Without a watermark the feed is taken up five minutes ago; what is older is left to each project's backfill, which
    therefore has to begin after this stream. From when on it is to be read is kept before anything is asked: a failure
    may last. A project that was away for a while (hidden, deleted, not imported) is read from its own feed since then.

    The watermark is ``read_at`` (all that could be seen is read up to then), the feed's ``token``, the projects that
    are ``away`` with the time since when, and for those that are back how far their own feed is read (``missed``).
    """
    watermark = slice_.watermark or {}
    away, back = away_since(slice_)
    read_at = watermark.get("read_at") or to_text(slice_.now)
    if not watermark:
        yield Batch({"away": away, "read_at": read_at})
    feed = feed_of(slice_)
    missed = {id_: token for id_, token in watermark.get("missed", {}).items() if id_ in away}
    kept: dict[str, Any] = {**feed.facts, "away": away, "read_at": read_at, "missed": missed}
    start = {"startDateTime": to_text(need_time(read_at, "read_at") - OVERLAP)}
    if watermark.get("token"):
        start = {"continuationToken": str(watermark["token"])}
    kept["token"] = watermark.get("token")
    for page in slice_.client.pages(feed.endpoint, query=feed.query | start):
        kept["token"] = page.token or kept["token"]
        if page.last and not back:
            kept["read_at"] = to_text(slice_.now)
        yield Batch(dict(kept), tuple(feed.entities(page.items)), read=len(page.items))
    for project_id in back:
        try:
            yield from _missed(slice_, feed, project_id, kept)
        except UnavailableError:
            continue  # it stays away until its feed answers; the others are not held up by it
        kept |= {name: _without(kept[name], project_id) for name in ("away", "missed")}
        yield Batch(dict(kept))
    if back:
        yield Batch({**kept, "read_at": to_text(slice_.now)})


def backfill(slice_: Slice, feed: Feed) -> Iterator[Batch]:
    """A project's own feed from its beginning to its end; then the watermark says ``{"complete": true}``."""
    query = dict(feed.query)
    if slice_.watermark and "token" in slice_.watermark:
        query["continuationToken"] = str(slice_.watermark["token"])
    pages = slice_.client.pages(feed.project_endpoint, path={"project": slice_.unit_id}, query=query)
    for page in pages:
        entities = tuple(feed.project_entities(page.items))
        if page.last:
            yield Batch({"complete": True, "at": to_text(slice_.now)}, entities, read=len(page.items), progress=1.0)
        else:
            yield Batch({"token": page.token, **feed.facts}, entities, read=len(page.items))


def _missed(slice_: Slice, feed: Feed, project_id: str, kept: dict[str, Any]) -> Iterator[Batch]:
    """What changed in one project while it was away, from where an earlier slice was stopped."""
    start = {"startDateTime": to_text(need_time(kept["away"][project_id], "away") - OVERLAP - UNNOTICED)}
    if project_id in kept["missed"]:
        start = {"continuationToken": kept["missed"][project_id]}
    path = {"project": project_id}
    for page in slice_.client.pages(feed.project_endpoint, path=path, query=feed.query | start):
        if page.token:
            kept["missed"] = {**kept["missed"], project_id: page.token}
        yield Batch(dict(kept), tuple(feed.project_entities(page.items)), read=len(page.items))


def _without(by_project: dict[str, str], project_id: str) -> dict[str, str]:
    return {id_: value for id_, value in by_project.items() if id_ != project_id}


def away_since(slice_: Slice) -> tuple[dict[str, str], list[str]]:
    """Projects that cannot be read or are not wanted, with the time since when their changes are not seen; and those
    of them that are back.

    The organisation's feed leaves out what the caller may not see, and its token moves past it.
    """
    watermark = slice_.watermark or {}
    since = watermark.get("read_at") or to_text(slice_.now)
    before: dict[str, str] = watermark.get("away", {})
    projects = {project.id: project for project in slice_.stored.all(TicketProject)}
    gone = {project.id for project in projects.values() if _is_away(project) and not _is_lost(project, slice_)}
    back = sorted(id_ for id_ in before if id_ in projects and not _is_away(projects[id_]))
    return {id_: before.get(id_, since) for id_ in sorted(gone | set(back))}, back


def _is_away(project: TicketProject) -> bool:
    return project.is_deleted or project.unavailable_since is not None or not project.is_imported


def _is_lost(project: TicketProject, slice_: Slice) -> bool:
    return project.deleted_at is not None and project.deleted_at < slice_.now - 2 * IN_THE_BIN
