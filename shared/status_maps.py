"""What statuses mean in each ticket project of one integration: stored facts and overrides put together on reading."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from shared.flow.status_mapping import Key, MappedStatus, StatusOverrides, overridden, status_key
from shared.flow.ticket_types import Board, TicketState, TicketType, TypeCategory
from shared.lazily import cached_property
from shared.mapping.statuses import derive
from shared.stored_rows import IntegrationRows

if TYPE_CHECKING:
    from shared.tables import Tables

P = TypeVar("P", TicketType, TicketState, Board)


@dataclass(frozen=True, kw_only=True)
class ProjectStatuses:
    """The mapping of one project, or of one of its boards."""

    types: list[TicketType] = field(default_factory=list)
    boards: list[Board] = field(default_factory=list)
    seen: list[TicketState] = field(default_factory=list)
    overrides: StatusOverrides | None = None

    @cached_property
    def derived(self) -> list[MappedStatus]:
        return list(derive(self.types, self.boards, self.seen))

    @cached_property
    def by_key(self) -> dict[Key, MappedStatus]:
        return overridden(self.derived, self.overrides.statuses if self.overrides else ())

    @property
    def statuses(self) -> list[MappedStatus]:
        return list(self.by_key.values())

    @property
    def unmapped(self) -> list[MappedStatus]:
        return [one for one in self.by_key.values() if one.stage is None]

    @property
    def unseen(self) -> list[MappedStatus]:
        """Statuses that the process has gained since the customer said what statuses mean."""
        if self.overrides is None or not self.overrides.statuses:
            return []
        known = {(kind, status) for kind, status in self.overrides.known}
        return [one for one in self.by_key.values() if one.source == "derived" and one.key not in known]

    @cached_property
    def _categories(self) -> dict[str, TypeCategory]:
        types = sorted(self.types, key=lambda one: not one.is_deleted)
        return {one.name.casefold(): one.category for one in types}

    def category(self, type_: str) -> TypeCategory | None:
        """The category of a type, None for one that the project does not have."""
        return self._categories.get(type_.casefold())

    def of_board(self, board: Board, overrides: StatusOverrides | None) -> ProjectStatuses:
        """The mapping as one board shows it: the types on it, with its columns as lanes."""
        on_board = {kind.casefold() for column in board.columns for kind in column["states"]}
        base = self.overrides.statuses if self.overrides else []
        own = overrides.statuses if overrides else []
        both = [one for one in [*base, *own] if one["type"].casefold() in on_board]
        return ProjectStatuses(
            types=[kind for kind in self.types if kind.name.casefold() in on_board],
            boards=[board],
            seen=[one for one in self.seen if one.type.casefold() in on_board],
            overrides=StatusOverrides(
                integration_id=board.integration_id,
                id=board.id,
                statuses=both,
                known=overrides.known,
                updated_at=overrides.updated_at,
            )
            if overrides
            else self.overrides,
        )


class StatusMaps:
    """The mappings of an integration's projects; ``project_ids`` limits what is read."""

    def __init__(self, tables: Tables, integration_id: str, project_id: str | None = None) -> None:
        self._rows = IntegrationRows(tables, integration_id)
        self._prefix = project_id or ""
        self.overrides = {one.id: one for one in self._rows.all(StatusOverrides)}

    @cached_property
    def _projects(self) -> dict[str, ProjectStatuses]:
        types = self._by_project(TicketType)
        seen = self._by_project(TicketState)
        boards = self._by_project(Board)
        return {
            project_id: ProjectStatuses(
                types=types[project_id],
                boards=boards[project_id],
                seen=seen[project_id],
                overrides=self.overrides.get(project_id),
            )
            for project_id in {*types, *seen, *boards}
        }

    def _by_project(self, kind: type[P]) -> defaultdict[str, list[P]]:
        found: defaultdict[str, list[P]] = defaultdict(list)
        for one in self._rows.all(kind, self._prefix):
            found[one.project_id].append(one)
        return found

    def project(self, project_id: str | None) -> ProjectStatuses:
        """The mapping of a project; of one about which nothing is stored yet an empty one."""
        found = self._projects.get(project_id) if project_id else None
        return found or ProjectStatuses(overrides=self.overrides.get(project_id or ""))

    def projects(self) -> Iterable[tuple[str, ProjectStatuses]]:
        return self._projects.items()

    def status(self, project_id: str | None, type_: str, state: str) -> MappedStatus | None:
        """What a status means; None while it is unmapped."""
        found = self.project(project_id).by_key.get(status_key(type_, state))
        return found if found and found.stage else None

    def category(self, project_id: str | None, type_: str) -> TypeCategory | None:
        return self.project(project_id).category(type_)

    def is_counted(self, project_id: str | None, type_: str) -> bool:
        """Whether items of a type are tickets to people; an unknown type is."""
        return self.category(project_id, type_) != "hidden"
