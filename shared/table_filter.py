"""Table Storage filters: built here only, every value as a literal of its type, so that none becomes syntax.

Source: https://learn.microsoft.com/rest/api/storageservices/querying-tables-and-entities
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal

import orjson

from shared.table_errors import CursorError
from shared.table_rules import Value, check_key, check_property_name

Operator = Literal["eq", "ne", "gt", "ge", "lt", "le"]
_CURSOR_CHARACTERS: Final = 4096


@dataclass(frozen=True, slots=True)
class Condition:
    """``property operator value``. A row without the property fits no condition."""

    operator: Operator
    value: Value


Conditions = Mapping[str, Condition | tuple[Condition, ...]]
"""Property name -> condition, or several that all have to hold."""


@dataclass(slots=True)
class Filter:
    """Clauses that all have to hold."""

    clauses: list[str] = field(default_factory=list)

    def add(self, name: str, operator: Operator, value: Value) -> None:
        self.clauses.append(f"{check_property_name(name)} {operator} {_literal(value)}")

    def add_range(self, key: str, start: str | None, end: str | None) -> None:
        """``start`` <= key < ``end``."""
        if start is not None:
            self.add(key, "ge", check_key(key, start))
        if end is not None:
            self.add(key, "lt", check_key(key, end))

    def add_conditions(self, where: Conditions) -> None:
        for name, conditions in where.items():
            for condition in conditions if isinstance(conditions, tuple) else (conditions,):
                self.add(name, condition.operator, condition.value)

    @property
    def text(self) -> str:
        return " and ".join(self.clauses)


def _literal(value: Value) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value) if -(2**31) <= value < 2**31 else f"{value}L"
        case float():
            return repr(value)
        case datetime():
            return f"datetime'{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}'"
        case str():
            return "'" + value.replace("'", "''") + "'"


def after_prefix(prefix: str) -> str:
    """The first key behind all keys that begin with ``prefix`` (keys are ordered by code unit)."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


def write_cursor(token: Mapping[str, str | None]) -> str:
    """The service's continuation token, URL-safe."""
    keys = [token.get("PartitionKey"), token.get("RowKey")]
    return urlsafe_b64encode(orjson.dumps(keys)).rstrip(b"=").decode("ascii")


def read_cursor(cursor: str) -> dict[str, str | None]:
    """The token behind a cursor. Raises CursorError; a forged one can only move within the filter's own range."""
    if len(cursor) > _CURSOR_CHARACTERS:
        raise CursorError
    try:
        keys = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError) as e:
        raise CursorError from e
    match keys:
        case [str() as partition, str() | None as row]:
            return {"PartitionKey": partition, "RowKey": row}
    raise CursorError
