"""Integrations in Table Storage, with names unique in a workspace.

PartitionKey is the workspace: row ``i|{id}`` is an integration, ``n|{hash}`` keeps a name taken; both change in one
transaction.
"""

from __future__ import annotations

import hashlib
import unicodedata
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from shared.errors import ConnectorError
from shared.flow.integration import Integration, integration_from_row, integration_properties
from shared.integration_index import Deletion, IntegrationIndex, Location
from shared.storage import INTEGRATIONS
from shared.tables import Condition, Row, RowChangedError, RowExistsError, Tables

__all__ = ["Deletion", "DuplicateNameError", "IntegrationStore", "Location", "new_integration_id"]

_FIRST, _BEHIND_LAST = "i|", "i}"


class DuplicateNameError(ConnectorError):
    """Another integration of the workspace has that name."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"an integration named {name!r} exists already", code="name.duplicate", remedy="Choose another name."
        )


def new_integration_id() -> str:
    return str(uuid.uuid4())


class IntegrationStore:
    """Create, find, change, remove. Objects carry the ETag they were read with."""

    def __init__(self, tables: Tables, clock: Callable[[], datetime]) -> None:
        self._tables = tables
        self._clock = clock
        self._index = IntegrationIndex(tables, clock)

    def create(self, integration: Integration) -> Integration:
        """Store a new one. Raises DuplicateNameError, and then nothing is stored."""
        self._index.put_live(integration.id, integration.workspace)
        try:
            etags = self._tables.transact(INTEGRATIONS, creates=[_name_row(integration), _row(integration)])
        except RowExistsError as e:
            if existing := self.load(integration.workspace, integration.id):
                return existing  # our own transaction, whose answer was lost
            self._index.drop(integration.id)
            raise DuplicateNameError(integration.name) from e
        return replace(integration, etag=str(etags[1]))

    def get(self, workspace: str, integration_id: str) -> Integration | None:
        """One that callers may see; None for what is being deleted, foreign or unknown."""
        found = self.load(workspace, integration_id)
        return found if found and found.state != "deleting" else None

    def load(self, workspace: str, integration_id: str) -> Integration | None:
        """One in any state, or None."""
        found = self._tables.get(INTEGRATIONS, workspace, _FIRST + integration_id)
        return integration_from_row(found.row, found.etag) if found else None

    def list(self, workspace: str, limit: int, cursor: str | None = None) -> tuple[list[Integration], str | None]:
        """Those that callers may see, in order of id, and the cursor of the rest. Raises CursorError."""
        page = self._tables.page(
            INTEGRATIONS,
            partition=workspace,
            row_from=_FIRST,
            row_to=_BEHIND_LAST,
            where={"state": Condition("ne", "deleting")},
            limit=limit,
            cursor=cursor,
        )
        return [integration_from_row(stored.row, stored.etag) for stored in page.stored], page.cursor

    def all(self) -> Iterator[Integration]:
        """Every integration of every workspace, whatever its state."""
        for stored in self._tables.query(INTEGRATIONS, row_from=_FIRST, row_to=_BEHIND_LAST):
            yield integration_from_row(stored.row, stored.etag)

    def replace(self, integration: Integration) -> Integration:
        """Store a change, a new name included. Raises RowChangedError when it is not as read, DuplicateNameError."""
        stored = self.load(integration.workspace, integration.id)
        if stored is None or stored.etag != integration.etag:
            raise RowChangedError(f"integration {integration.id}")
        renamed = _name_key(stored.name) != _name_key(integration.name)
        try:
            etags = self._tables.transact(
                INTEGRATIONS,
                creates=[_name_row(integration)] if renamed else [],
                replaces=[(_row(integration), integration.etag)],
                deletes=[(integration.workspace, _name_key(stored.name))] if renamed else [],
            )
        except RowExistsError as e:
            raise DuplicateNameError(integration.name) from e
        return replace(integration, etag=str(etags[1 if renamed else 0]))

    def change(
        self, workspace: str, integration_id: str, change: Callable[[Integration], Integration | None]
    ) -> Integration | None:
        """Apply ``change`` to what is stored until it sticks; it gives None to leave all as it is.

        Gives what is stored then, or None when there is no such integration.
        """
        while found := self.load(workspace, integration_id):
            changed = change(found)
            if changed is None:
                return found
            try:
                return self.replace(changed)
            except RowChangedError:
                continue
        return None

    def find(self, integration_id: str) -> Location | None:
        """Where the id belongs or belonged until at most 90 days ago; None for one that never existed."""
        return self._index.find(integration_id)

    def deletion(self, integration_id: str) -> Deletion | None:
        """The deletion of that integration, finished ones for 90 days; None when there is none."""
        return self._index.deletion(integration_id)

    def forget_old(self) -> None:
        """Remove the tombstones that have had their 90 days."""
        self._index.forget_old()

    def begin_removal(self, integration: Integration) -> Integration:
        """From now on it is invisible and its name is free. Raises RowChangedError when it is not as read."""
        if integration.state == "deleting":
            return integration
        now = self._clock()
        leaving = replace(integration, state="deleting", updated_at=now)
        etags = self._tables.transact(
            INTEGRATIONS,
            replaces=[(_row(leaving), integration.etag)],
            deletes=[(integration.workspace, _name_key(integration.name))],
        )
        self.note_removal(Deletion(integration_id=integration.id, workspace=integration.workspace, started_at=now))
        return replace(leaving, etag=str(etags[0]))

    def note_removal(self, deletion: Deletion) -> None:
        """Store how far a deletion is; with ``finished_at`` the integration's own row goes as well, the very last."""
        if deletion.finished_at:
            self._tables.delete(INTEGRATIONS, [(deletion.workspace, _FIRST + deletion.integration_id)])
        self._index.put_deletion(deletion)


def _row(integration: Integration) -> Row:
    keys: Row = {"PartitionKey": integration.workspace, "RowKey": _FIRST + integration.id}
    return keys | integration_properties(integration)


def _name_row(integration: Integration) -> Row:
    return {
        "PartitionKey": integration.workspace,
        "RowKey": _name_key(integration.name),
        "integration_id": integration.id,
    }


def _name_key(name: str) -> str:
    """Names that people would take for the same have the same key."""
    folded = unicodedata.normalize("NFKC", name).casefold().strip()
    return "n|" + hashlib.sha256(folded.encode()).hexdigest()
