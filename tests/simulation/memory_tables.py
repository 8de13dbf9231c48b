"""Table Storage in memory: what of it the app can notice, held to Azurite by ``test_ports.py``.

Rows of a partition in key order, ETags, transactions of one partition that are done whole or not at all, queries that
come in pages. Every call goes through ``perform``, which may do it, fail it, or lose its answer.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any, Final, Protocol, TypeVar

from azure.core.exceptions import HttpResponseError

from shared.table_codec import RowPage, Stored
from shared.table_errors import RowChangedError, RowExistsError
from shared.table_filter import Condition, Conditions, after_prefix, read_cursor, write_cursor
from shared.table_rules import ROWS_PER_TRANSACTION, Row, check_key, check_property_name, check_row, transactions
from shared.tables import Tables

T = TypeVar("T")
Key = tuple[str, str]
_OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "eq": operator.eq, "ne": operator.ne, "gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le,
}  # fmt: skip


class Perform(Protocol):
    """Does a call of a port. ``writes``: whether it has an effect that outlives the caller."""

    def __call__(self, what: str, action: Callable[[], T], *, writes: bool) -> T: ...


def undisturbed(what: str, action: Callable[[], T], *, writes: bool) -> T:
    """Does the call."""
    return action()


@dataclass(frozen=True, slots=True)
class Change:
    """One operation of a transaction: create (no ETag), replace (ETag), upsert (``*``), delete (no row)."""

    partition: str
    key: str
    row: Row | None
    etag: str | None = None


class _Partition:
    def __init__(self) -> None:
        self.rows: dict[str, Stored] = {}
        self.keys: list[str] | None = None

    def ordered(self) -> list[str]:
        if self.keys is None:
            self.keys = sorted(self.rows)
        return self.keys


@dataclass(frozen=True, slots=True)
class Scan:
    """What a query asks for."""

    partition: str | None
    prefix: str | None
    row_from: str | None
    row_to: str | None
    where: Conditions

    def has_partition(self, partition: str) -> bool:
        if self.partition is not None:
            return partition == self.partition
        return not self.prefix or self.prefix <= partition < after_prefix(self.prefix)

    def has_key(self, key: str) -> bool:
        return (self.row_from is None or key >= self.row_from) and (self.row_to is None or key < self.row_to)

    def fits(self, row: Row) -> bool:
        for name, conditions in self.where.items():
            for condition in conditions if isinstance(conditions, tuple) else (conditions,):
                if not _holds(row, name, condition):
                    return False
        return True


def _holds(row: Row, name: str, condition: Condition) -> bool:
    value = row.get(name)
    return type(value) is type(condition.value) and _OPERATORS[condition.operator](value, condition.value)


class TableStore:
    """The rows of all tables. ``watch`` is told of each row that changes: table, the row before, the row after."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, _Partition]] = {}
        self.watch: Callable[[str, Row | None, Row | None], None] = lambda _table, _before, _after: None
        self._etags = count(1)

    def create_table(self, table: str) -> None:
        self.tables.setdefault(table, {})

    def get(self, table: str, partition: str, key: str) -> Stored | None:
        found = self._table(table).get(partition)
        stored = found.rows.get(key) if found else None
        return Stored(dict(stored.row), stored.etag) if stored else None

    def apply(self, table: str, changes: list[Change]) -> list[str | None]:
        """All of them or none. Raises RowExistsError or RowChangedError with the index of the one that failed."""
        rows = self._table(table)
        if len(changes) > ROWS_PER_TRANSACTION or len({change.partition for change in changes}) > 1:
            raise ValueError("more than a transaction takes")
        if len({change.key for change in changes}) < len(changes):
            raise HttpResponseError("InvalidDuplicateRow")
        for index, change in enumerate(changes):
            _check(change, rows, table, index)
        return [self._apply(table, rows, change) for change in changes]

    def scan(self, table: str, scan: Scan, after: Key | None, limit: int) -> tuple[list[Stored], Key | None]:
        """At most ``limit`` rows behind ``after``, and the key of the last one when there are more."""
        found: list[Stored] = []
        for stored in self._walk(table, scan, after):
            if len(found) == limit:
                last = found[-1].row
                return found, (str(last["PartitionKey"]), str(last["RowKey"]))
            found.append(Stored(dict(stored.row), stored.etag))
        return found, None

    def rows(self, table: str) -> Iterator[Row]:
        """All rows of a table."""
        for partition in self.tables.get(table, {}).values():
            for stored in partition.rows.values():
                yield stored.row

    def _walk(self, table: str, scan: Scan, after: Key | None) -> Iterator[Stored]:
        rows = self._table(table)
        for name in [scan.partition] if scan.partition is not None else sorted(rows):
            partition = rows.get(name)
            if partition is None or not scan.has_partition(name) or (after and name < after[0]):
                continue
            for key in partition.ordered():
                is_behind = not after or (name, key) > after
                if is_behind and scan.has_key(key) and scan.fits(partition.rows[key].row):
                    yield partition.rows[key]

    def _table(self, table: str) -> dict[str, _Partition]:
        if table not in self.tables:
            raise RowChangedError(f"table {table}")
        return self.tables[table]

    def _apply(self, table: str, rows: dict[str, _Partition], change: Change) -> str | None:
        partition = rows.setdefault(change.partition, _Partition())
        before = partition.rows.get(change.key)
        self.watch(table, before.row if before else None, change.row)
        if change.row is None:
            del partition.rows[change.key]
            partition.keys = None
            return None
        if before is None:
            partition.keys = None
        etag = f'W/"{next(self._etags)}"'
        partition.rows[change.key] = Stored(dict(change.row), etag)
        return etag


def _check(change: Change, rows: dict[str, _Partition], table: str, index: int) -> None:
    partition = rows.get(change.partition)
    stored = partition.rows.get(change.key) if partition else None
    what = f"table {table}, row {change.partition} / {change.key}"
    if change.row is None or (change.etag is not None and change.etag != "*"):
        if stored is None or change.etag not in (None, stored.etag):
            raise RowChangedError(what, index)
    elif change.etag is None and stored is not None:
        raise RowExistsError(what, index)


def _change(row: Row, etag: str | None) -> Change:
    check_row(row)
    return Change(str(row["PartitionKey"]), str(row["RowKey"]), row, etag)


class MemoryTables(Tables):
    """``Tables`` over a ``TableStore``; ``page_rows`` are read at a time."""

    def __init__(self, store: TableStore, perform: Perform = undisturbed, page_rows: int = 1000) -> None:
        self._store = store
        self._perform = perform
        self._page_rows = page_rows

    def create_table(self, table: str) -> None:
        self._perform(f"create table {table}", lambda: self._store.create_table(table), writes=True)

    def ping(self, table: str) -> None:
        scan = _scan(None, None, None, None, None)
        self._perform(f"ping {table}", lambda: self._store.scan(table, scan, None, 1), writes=False)

    def upsert(self, table: str, rows: Iterable[Row]) -> int:
        chunks = list(transactions(rows))
        for chunk in chunks:
            self._apply("upsert", table, [_change(row, "*") for row in chunk])
        return len(chunks)

    def create(self, table: str, row: Row) -> str:
        return str(self._apply("create", table, [_change(row, None)])[0])

    def replace(self, table: str, row: Row, etag: str) -> str:
        return str(self._apply("replace", table, [_change(row, etag)])[0])

    def get(self, table: str, partition_key: str, row_key: str) -> Stored | None:
        check_key("PartitionKey", partition_key)
        check_key("RowKey", row_key)
        try:
            return self._perform(f"get {table}", lambda: self._store.get(table, partition_key, row_key), writes=False)
        except RowChangedError:
            return None

    def delete(self, table: str, keys: Iterable[Key]) -> None:
        for chunk in transactions({"PartitionKey": partition, "RowKey": row} for partition, row in keys):
            changes = [Change(str(row["PartitionKey"]), str(row["RowKey"]), None) for row in chunk]
            try:
                self._apply("delete", table, changes)
            except RowChangedError:
                for change in changes:
                    self._delete_one(table, change)

    def _delete_one(self, table: str, change: Change) -> None:
        try:
            self._apply("delete", table, [change])
        except RowChangedError:
            return

    def transact(
        self,
        table: str,
        *,
        creates: Iterable[Row] = (),
        replaces: Iterable[tuple[Row, str]] = (),
        deletes: Iterable[Key] = (),
    ) -> list[str | None]:
        changes = [_change(row, None) for row in creates] + [_change(row, etag) for row, etag in replaces]
        changes += [Change(partition, row, None) for partition, row in deletes]
        return self._apply("transact", table, changes)

    def query(
        self,
        table: str,
        *,
        partition: str | None = None,
        prefix: str | None = None,
        row_from: str | None = None,
        row_to: str | None = None,
        where: Conditions | None = None,
        select: Iterable[str] | None = None,
    ) -> Iterator[Stored]:
        scan = _scan(partition, prefix, row_from, row_to, where)
        names = None if select is None else {"PartitionKey", "RowKey", *select}
        after: Key | None = None
        while True:
            page, after = self._scan(table, scan, after, self._page_rows)
            for stored in page:
                yield stored if names is None else Stored(_selected(stored.row, names), stored.etag)
            if after is None:
                return

    def page(
        self,
        table: str,
        *,
        partition: str | None = None,
        partition_prefix: str | None = None,
        row_from: str | None = None,
        row_to: str | None = None,
        where: Conditions | None = None,
        limit: int,
        cursor: str | None = None,
    ) -> RowPage:
        scan = _scan(partition, partition_prefix, row_from, row_to, where)
        token = read_cursor(cursor) if cursor else None
        after = (str(token["PartitionKey"]), str(token["RowKey"])) if token else None
        found, last = self._scan(table, scan, after, limit)
        return RowPage(found, write_cursor({"PartitionKey": last[0], "RowKey": last[1]}) if last else None)

    def _scan(self, table: str, scan: Scan, after: Key | None, limit: int) -> tuple[list[Stored], Key | None]:
        return self._perform(f"query {table}", lambda: self._store.scan(table, scan, after, limit), writes=False)

    def _apply(self, verb: str, table: str, changes: list[Change]) -> list[str | None]:
        return self._perform(f"{verb} {table}", lambda: self._store.apply(table, changes), writes=True)


def _scan(
    partition: str | None, prefix: str | None, row_from: str | None, row_to: str | None, where: Conditions | None
) -> Scan:
    for name in where or {}:
        check_property_name(name)
    for name, key in (("PartitionKey", partition), ("PartitionKey", prefix), ("RowKey", row_from), ("RowKey", row_to)):
        if key is not None:
            check_key(name, key)
    return Scan(partition, prefix, row_from, row_to, where or {})


def _selected(row: Row, names: set[str]) -> Row:
    return {name: value for name, value in row.items() if name in names}
