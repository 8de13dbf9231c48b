"""What Table Storage accepts, checked before it is asked: a refused row is named, and the emulator checks less.

Source: https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from shared.errors import ContractError

Value = str | int | float | bool | datetime
Row = dict[str, Value]
"""A row with its PartitionKey and RowKey. An absent property stands for None."""

ROWS_PER_TRANSACTION: Final = 100
BYTES_PER_TRANSACTION: Final = 4 * 1024 * 1024
UNITS_PER_STRING: Final = 32_768
"""UTF-16 units; 64 KiB."""
UNITS_PER_KEY: Final = 512
PROPERTIES: Final = 252
BYTES_PER_ROW: Final = 1024 * 1024

_KEYS: Final = ("PartitionKey", "RowKey")
_FORBIDDEN_IN_KEYS: Final = re.compile(r"[/\\#?\x00-\x1f\x7f-\x9f]")
_PROPERTY_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")
_UNSAFE_IN_ESCAPED: Final = re.compile(rb"[^A-Za-z0-9._~-]")
_FIRST_DATE: Final = datetime(1601, 1, 1, tzinfo=UTC)
# A row's part of a transaction's body besides its JSON: MIME headers, the request line and its own headers.
_ENVELOPE_BYTES: Final = 700


class RowError(ContractError):
    """A row that Table Storage would refuse, or that would come back as something else."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="row.refused")


def utf16_units(text: str) -> int:
    """Length as Table Storage counts it: characters beyond U+FFFF count twice."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def escape_key(text: str) -> str:
    """A text of any characters as part of a key. Injective: ``[A-Za-z0-9._~-]`` stay, other bytes become ``=XX``."""
    return _UNSAFE_IN_ESCAPED.sub(lambda found: b"=%02X" % ord(found[0]), text.encode("utf-8")).decode("ascii")


def check_key(name: str, key: object) -> str:
    """The key itself. Raises RowError for one that Table Storage refuses or that is no text."""
    if not isinstance(key, str):
        raise RowError(f"{name} is missing or no text")
    if found := _FORBIDDEN_IN_KEYS.search(key):
        raise RowError(f"{name} holds the forbidden character U+{ord(found[0]):04X}")
    if utf16_units(key) > UNITS_PER_KEY:
        raise RowError(f"{name} is longer than {UNITS_PER_KEY} UTF-16 units")
    return key


def check_property_name(name: str) -> str:
    """The name itself. Raises RowError for one that Table Storage refuses."""
    if not _PROPERTY_NAME.fullmatch(name):
        raise RowError(f"{name[:100]!r} cannot name a property")
    return name


def check_row(row: Mapping[str, object]) -> None:
    """Raises RowError, naming row and property, for what Table Storage would refuse."""
    keys = [check_key(name, row.get(name)) for name in _KEYS]
    where = f"row {keys[0]} / {keys[1]}"
    if len(row) - len(_KEYS) > PROPERTIES:
        raise RowError(f"{where} has more than {PROPERTIES} properties")
    size = 4 + 2 * sum(utf16_units(key) for key in keys)
    for name, value in row.items():
        if name not in _KEYS:
            check_property_name(name)
            size += 8 + 2 * len(name) + _value_size(f"{where}, {name}", value)
    if size > BYTES_PER_ROW:
        raise RowError(f"{where} is larger than 1 MiB")


def _value_size(where: str, value: object) -> int:
    """Bytes that the value takes in the row."""
    match value:
        case bool():
            return 1
        case int() if not -(2**63) <= value < 2**63:
            raise RowError(f"{where}: a number beyond 64 bits")
        case float() if not math.isfinite(value):
            raise RowError(f"{where}: not a finite number")
        case int() | float():
            return 8
        case str():
            return 4 + 2 * _string_units(where, value)
        case datetime() if value.tzinfo is None or value.utcoffset() is None:
            raise RowError(f"{where}: a time without a zone")
        case datetime() if value < _FIRST_DATE:
            raise RowError(f"{where}: a time before 1601")
        case datetime():
            return 8
        case _:
            raise RowError(f"{where}: {type(value).__name__} is no type of Table Storage")


def _string_units(where: str, text: str) -> int:
    units = utf16_units(text)
    if units > UNITS_PER_STRING:
        raise RowError(f"{where}: longer than {UNITS_PER_STRING} UTF-16 units")
    return units


def _payload_bytes(row: Row) -> int:
    """The most that the row adds to a transaction's body (JSON with escapes, types, envelope)."""
    size = _ENVELOPE_BYTES
    for name, value in row.items():
        size += len(name) + 8
        size += len(json.dumps(value)) + len(name) + 32 if isinstance(value, str) else len(name) + 64
    return size


def transactions(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Group rows into transactions: one partition each, as full as 100 rows and 4 MiB allow, each key once.

    Of two rows with one key the last one counts. Partitions come in the order of their first row.
    """
    partitions: dict[str, dict[str, Row]] = {}
    for row in rows:
        check_row(row)
        partitions.setdefault(str(row["PartitionKey"]), {})[str(row["RowKey"])] = row
    for partition in partitions.values():
        yield from _fill(partition.values())


def _fill(rows: Iterable[Row]) -> Iterator[list[Row]]:
    chunk: list[Row] = []
    chunk_bytes = 0
    for row in rows:
        size = _payload_bytes(row)
        if chunk and (len(chunk) == ROWS_PER_TRANSACTION or chunk_bytes + size > BYTES_PER_TRANSACTION):
            yield chunk
            chunk, chunk_bytes = [], 0
        chunk.append(row)
        chunk_bytes += size
    if chunk:
        yield chunk
