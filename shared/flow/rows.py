"""Between entities, their rows and their JSON, by the fields of each dataclass and nothing else.

In a row None is an absent property, a list or dict is JSON text, and text too long for one property is either split
over ``name``, ``name__1``, ... (JSON) or cut visibly (anything else).
"""

from __future__ import annotations

import types
from dataclasses import MISSING, Field, dataclass, fields
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import orjson

from shared.errors import ContractError
from shared.flow.base import Entity
from shared.table_rules import UNITS_PER_STRING, Row, Value, utf16_units

E = TypeVar("E", bound=Entity)

_CUT_MARK: Final = "…"
_PARTITION_SEPARATOR: Final = "|"
# Part of every PartitionKey already.
_IMPLIED: Final = "integration_id"


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    kind: type
    required: bool
    given: bool
    """It has no default, though None may be what is given."""
    truncation: str | None
    """The field that says that this one is cut, where there is one."""


def _fields(cls: type[Entity]) -> tuple[_Field, ...]:
    known = _FIELDS.get(cls)
    if known is None:
        known = _FIELDS[cls] = _read_fields(cls)
    return known


_FIELDS: Final[dict[type[Entity], tuple[_Field, ...]]] = {}


def _read_fields(cls: type[Entity]) -> tuple[_Field, ...]:
    hints = get_type_hints(cls)
    names = {f.name for f in fields(cls)}
    return tuple(
        _Field(
            name=f.name,
            kind=_kind(hints[f.name]),
            required=_without_default(f) and not _optional(hints[f.name]),
            given=_without_default(f),
            truncation=flag if (flag := f"{f.name}_truncated") in names else None,
        )
        for f in fields(cls)
        if f.name != _IMPLIED
    )


def _without_default(f: Field[Any]) -> bool:
    return f.default is MISSING and f.default_factory is MISSING


def _optional(hint: Any) -> bool:
    return get_origin(hint) in (Union, types.UnionType) and types.NoneType in get_args(hint)


def _kind(hint: Any) -> type:
    """The plain type behind ``str | None``, ``Literal["a"]``, ``list[str]``."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        (inner,) = [argument for argument in get_args(hint) if argument is not types.NoneType]
        return _kind(inner)
    if origin is Literal:
        return type(get_args(hint)[0])
    return origin or hint  # type: ignore[no-any-return]


def to_row(entity: Entity) -> Row:
    """The entity's whole row with its keys."""
    row: Row = {"PartitionKey": entity.partition_key(), "RowKey": entity.row_key()}
    for field in _fields(type(entity)):
        value = getattr(entity, field.name)
        if value is None:
            continue
        if field.kind in (list, dict):
            _put_json(row, field.name, value)
        elif isinstance(value, str) and utf16_units(value) > UNITS_PER_STRING:
            row[field.name] = _cut(value)
            if field.truncation:
                row[field.truncation] = True
        elif field.name not in row:  # a truncation flag that is set stays set
            row[field.name] = float(value) if field.kind is float else value
    return row


def _put_json(row: Row, name: str, value: Any) -> None:
    text = orjson.dumps(value).decode()
    for number, start in enumerate(range(0, len(text), UNITS_PER_STRING // 2)):
        row[_part(name, number)] = text[start : start + UNITS_PER_STRING // 2]


def _part(name: str, number: int) -> str:
    return f"{name}__{number}" if number else name


def _cut(text: str) -> str:
    """As much of the text as fits before the mark, never half of a character."""
    units = text.encode("utf-16-le", "surrogatepass")[: 2 * (UNITS_PER_STRING - 1)]
    return units.decode("utf-16-le", "ignore") + _CUT_MARK


def from_row(cls: type[E], row: Row) -> E:
    """The entity of a row written by this or a neighbouring release: unknown properties are ignored.

    Raises ContractError for a row without a field that has no default.
    """
    values: dict[str, Any] = {_IMPLIED: str(row["PartitionKey"]).split(_PARTITION_SEPARATOR, 1)[0]}
    for field in _fields(cls):
        stored = row.get(field.name)
        if stored is not None:
            values[field.name] = _value(row, field, stored)
        elif field.required:
            raise ContractError(
                f"row {row['PartitionKey']} / {row['RowKey']} of {cls.TABLE} lacks {field.name}", code="row.unreadable"
            )
        elif field.given:
            values[field.name] = None
    return cls(**values)


def _value(row: Row, field: _Field, stored: Value) -> Any:
    if field.kind in (list, dict):
        parts, number = str(stored), 1
        while (part := row.get(_part(field.name, number))) is not None:
            parts, number = parts + str(part), number + 1
        return orjson.loads(parts)
    if field.kind is float and isinstance(stored, int):
        return float(stored)
    return stored


def rfc3339(moment: datetime) -> str:
    """``2026-03-02T10:00:00Z``; a fraction only where there is one."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def to_json(entity: Any) -> dict[str, Any]:
    """All fields of a frozen dataclass (an entity, a ticket event) as JSON values: None stays, times are RFC 3339."""
    return {f.name: _json(getattr(entity, f.name)) for f in fields(entity)}


def _json(value: Any) -> Any:
    return rfc3339(value) if isinstance(value, datetime) else value
