"""Rows in Table Storage: upsert, create, replace, read, delete. The only module that talks to it.

Facts: https://learn.microsoft.com/rest/api/storageservices/summary-of-table-service-functionality
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from shared.azure_clients import storage_client
from shared.table_batch import Operation, send_transaction
from shared.table_codec import RowPage, Stored, encoded, stored
from shared.table_errors import CursorError, RowChangedError, RowExistsError, translated
from shared.table_filter import Condition, Conditions, Filter, after_prefix, read_cursor, write_cursor
from shared.table_query import Token, read_rows
from shared.table_rules import Row, RowError, Value, check_key, check_row, transactions
from shared.table_wire import TableWire, account_wire, key_in

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.data.tables import TableClient, TableServiceClient

__all__ = [
    "Condition", "Conditions", "CursorError", "Row", "RowChangedError", "RowError", "RowExistsError", "RowPage",
    "Stored", "Tables", "Value",
]  # fmt: skip

_PAGE_ROWS: Final = 1000
# A filter that fits little gives short pages: at most so many are read to fill one of ours.
_READS_PER_PAGE: Final = 10
_TIMEOUTS: Final[dict[str, Any]] = {
    "connection_timeout": 5,
    "read_timeout": 60,
    "retry_total": 4,
    "retry_backoff_max": 10,
}
_PING: Final[dict[str, Any]] = {"connection_timeout": 2, "read_timeout": 2, "retry_total": 0}


class Tables:
    """The tables of one storage account. ``prefix`` goes before every table name (tests share one account).

    Every method raises RowError for rows and keys that Table Storage refuses, and TransientError
    (``storage.unavailable``) when it does not answer. Safe to use from several threads.
    """

    def __init__(self, service: TableServiceClient, wire: TableWire, prefix: str = "") -> None:
        self._service = service
        self._wire = wire
        self._prefix = prefix
        self._clients: dict[str, TableClient] = {}

    @classmethod
    def connect(
        cls,
        *,
        connection: str | None = None,
        account: str | None = None,
        credential: TokenCredential | None = None,
        prefix: str = "",
    ) -> Tables:
        """With a connection string, or with an account's name and an identity."""
        from azure.data.tables import TableServiceClient

        service = storage_client(
            TableServiceClient, "table", connection=connection, account=account, credential=credential, **_TIMEOUTS
        )
        key = key_in(connection) if connection else None
        return cls(service, account_wire(service.url, account_key=key, credential=credential, **_TIMEOUTS), prefix)

    def create_table(self, table: str) -> None:
        """Make a table; one that exists is fine."""
        with translated(f"table {table}"):
            self._service.create_table_if_not_exists(self._prefix + table)

    def ping(self, table: str) -> None:
        """Read at most one row, quickly. Raises TransientError or RowChangedError (no such table)."""
        with translated(f"table {table}"):
            next(iter(self._client(table).list_entities(results_per_page=1, **_PING)), None)

    def upsert(self, table: str, rows: Iterable[Row]) -> int:
        """Insert or replace whole rows, in as few transactions as possible; their number. Not atomic as a whole."""
        count = 0
        for chunk in transactions(rows):
            self._send(table, [Operation("upsert", row) for row in chunk])
            count += 1
        return count

    def create(self, table: str, row: Row) -> str:
        """Insert a row; its ETag. Raises RowExistsError."""
        check_row(row)
        with translated(_what(table, row)):
            return str(self._client(table).create_entity(encoded(row))["etag"])

    def replace(self, table: str, row: Row, etag: str) -> str:
        """Replace a whole row that is still as read; its new ETag. Raises RowChangedError (also when it is gone)."""
        from azure.core import MatchConditions
        from azure.data.tables import UpdateMode

        check_row(row)
        with translated(_what(table, row)):
            answer = self._client(table).update_entity(
                encoded(row), mode=UpdateMode.REPLACE, etag=etag, match_condition=MatchConditions.IfNotModified
            )
        return str(answer["etag"])

    def get(self, table: str, partition_key: str, row_key: str) -> Stored | None:
        """One row, or None."""
        check_key("PartitionKey", partition_key)
        check_key("RowKey", row_key)
        try:
            with translated(f"table {table}"):
                return stored(self._client(table).get_entity(partition_key, row_key))
        except RowChangedError:
            return None

    def delete(self, table: str, keys: Iterable[tuple[str, str]]) -> None:
        """Delete rows by (PartitionKey, RowKey), a transaction at a time; missing ones are fine."""
        rows: list[Row] = [{"PartitionKey": partition, "RowKey": row} for partition, row in keys]
        for chunk in transactions(rows):
            try:
                self._send(table, [Operation("delete", row) for row in chunk])
            except RowChangedError:
                # One was gone, and nothing of the transaction has happened.
                for row in chunk:
                    with translated(_what(table, row)):
                        self._client(table).delete_entity(str(row["PartitionKey"]), str(row["RowKey"]))

    def transact(
        self,
        table: str,
        *,
        creates: Iterable[Row] = (),
        replaces: Iterable[tuple[Row, str]] = (),
        deletes: Iterable[tuple[str, str]] = (),
    ) -> list[str | None]:
        """All or nothing, in one partition: rows to create, (row, ETag) to replace, keys to delete unconditionally.

        Gives the ETags in that order (None for deleted rows). Raises RowExistsError or RowChangedError, each with the
        index of the operation that failed.
        """
        operations = [Operation("create", row) for row in creates]
        operations += [Operation("replace", row, etag) for row, etag in replaces]
        operations += [Operation("delete", {"PartitionKey": partition, "RowKey": row}) for partition, row in deletes]
        for operation in operations:
            if operation.kind != "delete":
                check_row(operation.row)
        return self._send(table, operations)

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
        """Rows in key order: of one partition, or of all whose PartitionKey begins with ``prefix``, or of the table.

        ``row_from`` <= RowKey < ``row_to``. ``select`` names the properties wanted; keys always come.
        """
        condition = _filter(partition, prefix, row_from, row_to, where)
        names = None if select is None else tuple(select)
        token: Token | None = None
        while True:
            rows, token = self._read(table, condition, _PAGE_ROWS, token, names)
            yield from rows
            if token is None:
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
        """At most ``limit`` (1..1000) of the rows that ``query`` finds with these arguments.

        Raises CursorError for a cursor that is not one of ours.
        """
        from azure.core.exceptions import HttpResponseError

        condition = _filter(partition, partition_prefix, row_from, row_to, where)
        token: Token | None = read_cursor(cursor) if cursor else None
        found: list[Stored] = []
        for _ in range(_READS_PER_PAGE):
            try:
                rows, token = self._read(table, condition, limit - len(found), token)
            except HttpResponseError as e:
                if token and e.status_code == 400:
                    raise CursorError from e
                raise
            found += rows
            if not token or len(found) >= limit:
                break
        return RowPage(found, write_cursor(token) if token else None)

    def _send(self, table: str, operations: list[Operation]) -> list[str | None]:
        with translated(f"table {table}"):
            return send_transaction(self._wire, self._prefix + table, operations)

    def _read(
        self, table: str, condition: Filter, size: int, token: Token | None, select: tuple[str, ...] | None = None
    ) -> tuple[list[Stored], Token | None]:
        with translated(f"table {table}"):
            return read_rows(self._wire, self._prefix + table, condition, size=size, token=token, select=select)

    def _client(self, table: str) -> TableClient:
        client = self._clients.get(table)
        if client is None:
            client = self._clients[table] = self._service.get_table_client(self._prefix + table)
        return client


def _filter(
    partition: str | None, prefix: str | None, row_from: str | None, row_to: str | None, where: Conditions | None
) -> Filter:
    condition = Filter()
    if partition is not None:
        condition.add("PartitionKey", "eq", check_key("PartitionKey", partition))
    if prefix:
        condition.add_range("PartitionKey", prefix, after_prefix(prefix))
    condition.add_range("RowKey", row_from, row_to)
    condition.add_conditions(where or {})
    return condition


def _what(table: str, row: Mapping[str, object]) -> str:
    return f"table {table}, row {row['PartitionKey']} / {row['RowKey']}"
