"""Transactions of Table Storage, written and read by hand: a tenth of the SDK's CPU for each row.

The SDK builds each operation as an HTTP request and the body through the mail package, which costs more than all else
that a first import does. Here a transaction is one text; azure-core's pipeline still signs it, tries it again and
traces it.

Source: https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal
from urllib.parse import quote

import orjson

from shared.table_rules import Row, Value
from shared.table_wire import ACCEPT, TableWire

_PART: Final = (
    "--{boundary}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    f"{{method}} {{url}} HTTP/1.1\r\nAccept: {ACCEPT}\r\nPrefer: return-no-content\r\n"
    "DataServiceVersion: 3.0\r\n{condition}"
)
_ENTITY: Final = "Content-Type: application/json\r\n\r\n"
_STATUS: Final = re.compile(rb"HTTP/1\.1 (\d{3})")
_ETAG: Final = re.compile(rb"^etag: *(.*?)\r?$", re.IGNORECASE | re.MULTILINE)
_FAILED_OPERATION: Final = re.compile(r"\s*(\d+):")


@dataclass(frozen=True, slots=True)
class Operation:
    """One row's part of a transaction. ``etag``: what a ``replace`` must find; ``upsert`` and ``delete`` take any."""

    kind: Literal["create", "upsert", "replace", "delete"]
    row: Row
    etag: str = ""


class TransactionRefusedError(Exception):
    """Storage refused a transaction, and nothing of it happened. ``index``: the operation that it names, from 0."""

    def __init__(self, status: int, index: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.index = index


def send_transaction(wire: TableWire, table: str, operations: Sequence[Operation]) -> list[str | None]:
    """The ETags in order of the operations, None for deleted rows.

    Raises TransactionRefusedError, HttpResponseError for a request refused as a whole, and AzureError when no
    answer came.
    """
    boundary = f"batch_{uuid.uuid4()}"
    headers = {"Content-Type": f"multipart/mixed; boundary={boundary}", "Accept": "application/json"}
    body = _body(boundary, f"{wire.endpoint}/{table}", operations)
    response = wire.send("POST", "$batch", 202, headers=headers, content=body)
    return _read(response.content, len(operations))


def _body(boundary: str, url: str, operations: Iterable[Operation]) -> bytes:
    changeset = f"changeset_{boundary[6:]}"
    parts = [f"--{boundary}\r\nContent-Type: multipart/mixed; boundary={changeset}\r\n\r\n".encode()]
    for operation in operations:
        parts.append(_part(changeset, url, operation))
        parts.append(orjson.dumps(_entity(operation.row)) if operation.kind != "delete" else b"")
        parts.append(b"\r\n")
    parts.append(f"--{changeset}--\r\n--{boundary}--\r\n".encode())
    return b"".join(parts)


def _part(boundary: str, url: str, operation: Operation) -> bytes:
    match operation.kind:
        case "create":
            head = _PART.format(boundary=boundary, method="POST", url=url, condition="")
        case "upsert":
            head = _PART.format(boundary=boundary, method="PUT", url=_address(url, operation.row), condition="")
        case "replace":
            condition = f"If-Match: {operation.etag}\r\n"
            head = _PART.format(boundary=boundary, method="PUT", url=_address(url, operation.row), condition=condition)
        case "delete":
            address = _address(url, operation.row)
            head = _PART.format(boundary=boundary, method="DELETE", url=address, condition="If-Match: *\r\n")
    return (head + ("\r\n" if operation.kind == "delete" else _ENTITY)).encode()


def _address(url: str, row: Row) -> str:
    keys = (quote(str(row[name]).replace("'", "''"), safe="") for name in ("PartitionKey", "RowKey"))
    return "{}(PartitionKey='{}',RowKey='{}')".format(url, *keys)


def _entity(row: Row) -> dict[str, object]:
    """The row as JSON with types, where JSON alone does not tell them."""
    entity: dict[str, object] = {}
    for name, value in row.items():
        entity[name], kind = _typed(value)
        if kind:
            entity[f"{name}@odata.type"] = kind
    return entity


def _typed(value: Value) -> tuple[object, str | None]:
    match value:
        case bool() | str():
            return value, None
        case int() if -(2**31) <= value < 2**31:
            return value, None
        case int():
            return str(value), "Edm.Int64"
        case float():
            return value, "Edm.Double"
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "Edm.DateTime"


def _read(body: bytes, expected: int) -> list[str | None]:
    """ETags of a transaction's answer: a part for each operation, or one part for the operation that failed."""
    parts = _STATUS.split(body)[1:]
    statuses = [int(status) for status in parts[::2]]
    for number, status in enumerate(statuses):
        if status >= 400:
            raise _refusal(status, parts[2 * number + 1])
    if len(statuses) != expected:
        raise TransactionRefusedError(500, 0, f"{len(statuses)} answers for {expected} operations")
    return [found[1].decode() if (found := _ETAG.search(part)) else None for part in parts[1::2]]


def _refusal(status: int, part: bytes) -> TransactionRefusedError:
    try:
        error = orjson.loads(part[part.index(b"{") : part.rindex(b"}") + 1])["odata.error"]
        code, text = str(error["code"]), str(error["message"]["value"])
    except (ValueError, KeyError, TypeError):
        return TransactionRefusedError(status, 0, "unreadable")
    named = _FAILED_OPERATION.match(text)
    return TransactionRefusedError(status, int(named[1]) if named else 0, code)
