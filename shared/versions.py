"""Writing current rows so that none goes back to an older version, whoever else writes.

A row is created if it is absent, or replaced If-Match the ETag that it had when the versions were compared; on a
conflict both are read again. A first import, whose rows are mostly new, tries to create without reading before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from shared.errors import TransientError
from shared.table_rules import transactions
from shared.tables import Row, RowChangedError, RowExistsError, Stored, Tables

Better = Callable[[Row, Row], bool]
"""(stored, new) -> whether the new row replaces the stored one."""
Key = tuple[str, str]

_TRIES: Final = 12
# From so many keys of one partition on, reading the range between them costs less than reading each; unless the range
# holds more than so many rows for each key.
_RANGE_FROM: Final = 20
_RANGE_ROWS_PER_KEY: Final = 10
_READERS: Final = 8
_REMEMBERED: Final = 50_000


def newer_or_equal(version: str) -> Better:
    """By a property that grows: equal versions are written again, so that work done twice leaves the same rows."""

    def better(stored: Row, new: Row) -> bool:
        before, after = stored.get(version), new[version]
        return before is None or after >= before  # type: ignore[operator] # one property, one type

    return better


def always(_stored: Row, _new: Row) -> bool:
    """The last one written is right."""
    return True


class CurrentRows:
    """Writes the current rows of one table; remembers what it wrote or read, for the length of a slice.

    ``better`` sees of a stored row only its keys and the properties in ``compared``. Properties in ``kept`` stay as
    they are stored, whoever wrote them.
    """

    def __init__(
        self, tables: Tables, table: str, compared: tuple[str, ...], better: Better, kept: tuple[str, ...] = ()
    ) -> None:
        self._tables = tables
        self._table = table
        self._compared = (*compared, *kept)
        self._better = better
        self._kept = kept
        self._known: dict[Key, Stored] = {}
        self._mostly_new = True

    def write(self, rows: Iterable[Row]) -> int:
        """Store those rows that are better than what is stored; their number.

        Of rows with one key the best counts, the last among equals. Raises TransientError when others change the same
        rows without end.
        """
        best: dict[Key, Row] = {}
        for row in rows:
            key = _key(row)
            if key not in best or self._better(best[key], row):
                best[key] = row
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        if not self._mostly_new:
            self._read([key for key in best if key not in self._known])
        return sum(self._write(chunk) for chunk in transactions(best.values()))

    def _write(self, chunk: list[Row]) -> int:
        """One transaction, tried again with what is stored now until it fits."""
        for _ in range(_TRIES):
            creates = [row for row in chunk if _key(row) not in self._known]
            replaces = [
                (row | {name: known.row[name] for name in self._kept if name in known.row}, known.etag)
                for row in chunk
                if (known := self._known.get(_key(row))) and self._better(known.row, row)
            ]
            if not creates and not replaces:
                return 0
            try:
                etags = self._tables.transact(self._table, creates=creates, replaces=replaces)
            except (RowExistsError, RowChangedError):
                self._read([_key(row) for row in chunk])
                continue
            written = creates + [row for row, _ in replaces]
            for row, etag in zip(written, etags, strict=True):
                self._remember(Stored(row, str(etag)))
            return len(written)
        raise TransientError(f"table {self._table}: rows keep changing", code="rows.contended")

    def _remember(self, stored: Stored) -> None:
        kept = ("PartitionKey", "RowKey", *self._compared)
        row = {name: stored.row[name] for name in kept if name in stored.row}
        self._known[_key(row)] = Stored(row, stored.etag)

    def _read(self, keys: list[Key]) -> None:
        """Learn what is stored under these keys now, and whether reading first pays."""
        partitions: dict[str, list[str]] = {}
        for partition, row in keys:
            self._known.pop((partition, row), None)
            partitions.setdefault(partition, []).append(row)
        single: list[Key] = []
        for partition, rows in partitions.items():
            left = self._read_range(partition, rows) if len(rows) >= _RANGE_FROM else rows
            single += [(partition, row) for row in left]
        if single:
            with ThreadPoolExecutor(min(_READERS, len(single))) as readers:
                for stored in readers.map(lambda key: self._tables.get(self._table, *key), single):
                    if stored:
                        self._remember(stored)
        found = sum(key in self._known for key in keys)
        self._mostly_new = 2 * found < len(keys)

    def _read_range(self, partition: str, rows: list[str]) -> list[str]:
        """Read the rows between the first and the last key; gives the keys that a too sparse range has left over."""
        wanted = set(rows)
        # A space is the first character that a key may hold: nothing lies between the last key and this end.
        end = max(rows) + " "
        stored_rows = self._tables.query(
            self._table, partition=partition, row_from=min(rows), row_to=end, select=self._compared
        )
        for number, stored in enumerate(stored_rows):
            key = str(stored.row["RowKey"])
            if number >= _RANGE_ROWS_PER_KEY * len(rows):
                return [row for row in rows if row >= key]
            if key in wanted:
                self._remember(stored)
        return []


def _key(row: Row) -> Key:
    return str(row["PartitionKey"]), str(row["RowKey"])
