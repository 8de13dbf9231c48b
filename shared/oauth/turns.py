"""Whose turn it is to renew a token set: a row with an end, so that workers do not renew one token side by side."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from shared.errors import CredentialError
from shared.storage import OAUTH_TOKENS
from shared.table_errors import RowChangedError, RowExistsError

if TYPE_CHECKING:
    from shared.tables import Row, Stored, Tables

TURN: Final = timedelta(seconds=60)
"""Longer than asking Microsoft and writing to the vault take together."""
WRITE: Final = timedelta(seconds=20)
"""So much of the turn must be left when writing begins."""
REFUSED: Final = timedelta(seconds=60)
"""For so long a refusal counts for every worker, without asking Microsoft again."""


@dataclass(frozen=True, slots=True)
class Look:
    """The row as it was read; ``stored`` None: there is none yet."""

    stored: Stored | None

    def is_free(self, now: datetime) -> bool:
        until = self.stored.row.get("until") if self.stored else None
        return not isinstance(until, datetime) or until <= now

    def refusal(self, version: str, now: datetime) -> CredentialError | None:
        """What Microsoft said a moment ago about this very version of the secret."""
        row: Row = self.stored.row if self.stored else {}
        at = row.get("refused_at")
        if row.get("refused_version") != version or not isinstance(at, datetime) or now - at >= REFUSED:
            return None
        remedy = str(row["refused_remedy"]) or None
        return CredentialError(str(row["refused_message"]), code=str(row["refused_code"]), remedy=remedy)


@dataclass(slots=True)
class Turn:
    """The right to renew until ``until``."""

    row: Row
    etag: str
    until: datetime


class Turns:
    """Rows in table ``oauthtokens``: PartitionKey is who owns the secret, RowKey the secret's name."""

    def __init__(self, tables: Tables, clock: Callable[[], datetime]) -> None:
        self._tables = tables
        self._clock = clock

    def look(self, owner: str, name: str) -> Look:
        return Look(self._tables.get(OAUTH_TOKENS, owner, name))

    def take(self, owner: str, name: str, look: Look) -> Turn | None:
        """The turn, if nothing has happened since ``look``: nobody has renewed in between."""
        until = self._clock() + TURN
        row: Row = {"PartitionKey": owner, "RowKey": name, "until": until, "holder": uuid.uuid4().hex}
        try:
            if look.stored:
                return Turn(row, self._tables.replace(OAUTH_TOKENS, row, look.stored.etag), until)
            return Turn(row, self._tables.create(OAUTH_TOKENS, row), until)
        except (RowChangedError, RowExistsError):
            return None

    def forget(self, owner: str, name: str) -> None:
        """Remove the row; one that is not there is fine."""
        self._tables.delete(OAUTH_TOKENS, [(owner, name)])

    def may_write(self, turn: Turn) -> bool:
        """Whether the turn is still ours, and long enough for a write."""
        found = self._tables.get(OAUTH_TOKENS, str(turn.row["PartitionKey"]), str(turn.row["RowKey"]))
        return found is not None and found.etag == turn.etag and self._clock() + WRITE < turn.until

    def end(self, turn: Turn, *, version: str = "", refused: CredentialError | None = None) -> None:
        """Let the next one in; a refusal of ``version`` is kept for a moment. Nothing happens if the turn is over."""
        row: Row = {"PartitionKey": turn.row["PartitionKey"], "RowKey": turn.row["RowKey"]}
        if refused:
            row |= {
                "refused_version": version,
                "refused_at": self._clock(),
                "refused_code": refused.code,
                "refused_message": str(refused),
                "refused_remedy": refused.remedy or "",
            }
        try:
            self._tables.replace(OAUTH_TOKENS, row, turn.etag)
        except RowChangedError:
            return
