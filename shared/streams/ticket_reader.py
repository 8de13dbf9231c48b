"""Pages of the reporting feed to tickets and their revisions; the fields to ask for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, Final

from shared.ado.endpoints import wit
from shared.errors import UnavailableError
from shared.flow.base import ORGANIZATION_UNIT, Entity
from shared.flow.projects import TicketProject
from shared.flow.sprints import Sprint
from shared.flow.ticket_types import TicketState
from shared.flow.tickets import Ticket, TicketRevision, ticket_partition
from shared.flow.users import UserAlias
from shared.lazily import cached_property
from shared.mapping.people import People
from shared.mapping.tickets import FIELDS, TicketContext, to_ticket, to_ticket_revision
from shared.mapping.times import need_time, to_text
from shared.streams.base import Slice
from shared.streams.leavers import Leavers

FIELDS_GOOD_FOR: Final = timedelta(days=1)
"""How long the list of fields that exist is trusted; a field that a process gains meanwhile is read from then on."""


def existing_fields(slice_: Slice) -> dict[str, Any]:
    """``{"fields", "fields_at"}`` for the watermark: our fields that exist here, as an unknown one is refused."""
    kept = slice_.watermark or {}
    if "fields" in kept and slice_.now - need_time(kept.get("fields_at"), "fields_at") < FIELDS_GOOD_FOR:
        return {"fields": kept["fields"], "fields_at": kept["fields_at"]}
    pages = slice_.client.pages(wit.FIELDS)
    existing = {str(item.get("referenceName")).lower() for page in pages for item in page.items}
    return {"fields": [name for name in FIELDS if name.lower() in existing], "fields_at": to_text(slice_.now)}


class TicketReader:
    """What revisions refer to is looked up once, when the first revision comes."""

    def __init__(self, slice_: Slice, *, fills_gaps: bool = False) -> None:
        self._slice = slice_
        self._fills_gaps = fills_gaps

    def entities(self, items: Iterable[dict[str, Any]]) -> Iterator[Entity]:
        """Every revision, each ticket as the newest of the page shows it, and people and states not seen before."""
        page: dict[int, dict[int, tuple[TicketRevision, dict[str, Any]]]] = {}
        items = list(items)
        if items:
            yield from self._leavers.found(items)
        for item in items:
            revision = to_ticket_revision(item, self._context)
            if not self._is_wanted(revision):
                continue
            yield revision
            yield from self._unseen(revision)
            page.setdefault(revision.number, {})[revision.rev] = revision, item
        for history in page.values():
            revisions = [history[rev][0] for rev in sorted(history)]
            if self._fills_gaps:
                yield from self._gap(revisions)
            ticket = to_ticket(history[revisions[-1].rev][1], self._context)
            yield replace(ticket, deleted_at=self._deleted_since(revisions)) if ticket.is_deleted else ticket

    def _gap(self, revisions: list[TicketRevision]) -> Iterator[TicketRevision]:
        """What happened to a ticket between its stored revision and those of the page: one request, if anything.

        The feed does not show what happened in a project that the caller did not see, from which a ticket is moved.
        """
        first, last = revisions[0], revisions[-1]
        stored = self._stored(first.number) if first.rev > 1 else None
        known = stored.rev if stored else 0
        project_id = self._context.projects.get(last.project_name.lower())
        if known >= first.rev - 1 or project_id is None:
            return
        path = {"project": project_id, "id": str(first.number)}
        try:
            items = [item for page in self._slice.client.pages(wit.WORK_ITEM_HISTORY, path=path) for item in page.items]
        except UnavailableError:
            return  # in the recycle bin by now, or out of sight again
        yield from (to_ticket_revision(item, self._context) for item in items if known < item["rev"] < first.rev)

    def _deleted_since(self, revisions: list[TicketRevision]) -> datetime:
        """Since when a ticket is in the recycle bin, where it may be changed too; from its revisions in the page."""
        run = list(takewhile(lambda revision: revision.is_deleted, reversed(revisions)))
        stored = self._stored(run[-1].number) if len(run) == len(revisions) else None
        since = run[-1].changed_at
        return min(since, stored.deleted_at) if stored and stored.deleted_at else since

    def _is_wanted(self, revision: TicketRevision) -> bool:
        """Not in a project that is not imported, unless it shows that a stored ticket was moved there.

        All of a project's own feed is wanted: its tickets, with what they were in other projects before.
        """
        if not self._fills_gaps:
            return True
        project_id = self._context.projects.get(revision.project_name.lower())
        if project_id not in self._not_imported:
            return True
        stored = self._stored(revision.number)
        return stored is not None and stored.project_id != project_id

    def _stored(self, number: int) -> Ticket | None:
        suffix = ticket_partition(self._slice.integration_id, number).removeprefix(self._slice.integration_id)
        return self._slice.stored.get(Ticket, suffix, f"{number:010d}")

    def _unseen(self, revision: TicketRevision) -> Iterator[TicketState]:
        """The state of a revision, the first time that a type in its project has it."""
        project_id = self._context.projects.get(revision.project_name.lower())
        if project_id is None or (key := (project_id, revision.type, revision.state)) in self._seen:
            return
        self._seen.add(key)
        yield TicketState(
            integration_id=self._slice.integration_id,
            id=f"{revision.type}/{revision.state}",
            project_id=project_id,
            type=revision.type,
            state=revision.state,
            seen_at=self._slice.now,
        )

    @cached_property
    def _leavers(self) -> Leavers:
        return Leavers(self._slice, self._context.people)

    @cached_property
    def _seen(self) -> set[tuple[str, str, str]]:
        return {(one.project_id, one.type, one.state) for one in self._slice.stored.all(TicketState)}

    @cached_property
    def _projects(self) -> list[TicketProject]:
        # A deleted project's name may be another project's by now, so the living come last.
        projects = self._slice.stored.all(TicketProject)
        return sorted(projects, key=lambda project: (not project.is_deleted, project.id))

    @cached_property
    def _not_imported(self) -> set[str]:
        return {project.id for project in self._projects if not project.is_imported}

    @cached_property
    def _context(self) -> TicketContext:
        names = {project.name.lower(): project.id for project in self._projects}
        if self._slice.unit_id != ORGANIZATION_UNIT and self._slice.unit_name:
            names[self._slice.unit_name.lower()] = self._slice.unit_id
        return TicketContext(
            integration_id=self._slice.integration_id,
            organization=self._slice.organization,
            people=People(self._slice.stored.all(UserAlias)),
            projects=names,
            sprints={sprint.node_id: sprint.id for sprint in self._slice.stored.all(Sprint)},
        )
