"""What the fake knows about work items; see ``model.py``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


class Fields(Mapping[str, Any]):
    """The fields of a revision, packed: revisions with the same names share one index of them."""

    __slots__ = ("_index", "_values")
    _INDEXES: dict[tuple[str, ...], dict[str, int]] = {}  # noqa: RUF012 - one table for all

    def __init__(self, fields: Mapping[str, Any]) -> None:
        names = tuple(fields)
        index = self._INDEXES.get(names)
        if index is None:
            index = self._INDEXES[names] = {name: position for position, name in enumerate(names)}
        self._index = index
        self._values = tuple(fields.values())

    def __getitem__(self, name: str) -> Any:
        return self._values[self._index[name]]

    def get(self, name: str, default: Any = None) -> Any:
        position = self._index.get(name)
        return default if position is None else self._values[position]

    def __iter__(self) -> Iterator[str]:
        return iter(self._index)

    def __len__(self) -> int:
        return len(self._index)

    def unpacked(self) -> dict[str, Any]:
        """A copy to change."""
        return dict(zip(self._index, self._values, strict=True))


@dataclass(slots=True)
class Revision:
    """One revision of a work item: its non-empty fields by reference name.

    Identity fields hold the identity's id, ``System.TeamProject`` the project's id; areas and iterations stand as
    ``System.AreaId`` and ``System.IterationId`` only, since a rename changes their paths on every revision at once.
    What follows from its place (``System.Id``, ``Rev``, ``RevisedDate``, ``Watermark``) is not in here.
    """

    rev: int
    watermark: int
    """Order of change in the organisation; what reporting tokens count."""
    fields: Fields


@dataclass(slots=True)
class WorkItemComment:
    id: int
    author_id: str
    text: str
    created: datetime
    modified: datetime
    is_deleted: bool = False
    version: int = 1


@dataclass
class WorkItem:
    id: int
    project_id: str
    revisions: list[Revision] = field(default_factory=list)
    is_deleted: bool = False
    deleted_at: datetime | None = None
    deleted_by: str | None = None
    comments: list[WorkItemComment] = field(default_factory=list)
    artifact_uris: list[str] = field(default_factory=list)
    """Artifact URIs: pull requests and commits it is linked to."""


@dataclass
class Link:
    """A row of the links feed: ``source`` is the forward end (the parent)."""

    watermark: int
    rel: str
    source: int
    target: int
    changed: datetime
    changed_by: str
    is_active: bool = True
