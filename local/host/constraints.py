"""The inline constraints of ASP.NET Core route templates, such as ``{id:int}``.

Each is a predicate on the decoded text of one parameter. Source:
https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-constraints
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Final

Constraint = Callable[[str], bool]

# Python refuses to read numbers of more than 4,300 digits.
_LONGEST_NUMBER: Final = 1000
_INTEGER: Final = re.compile(r"\s*[+-]?\d+\s*", re.ASCII)
_NUMBER: Final = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_HEX = "[0-9a-fA-F]"
_DASHED = rf"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}"
_GUID: Final = re.compile(rf"{_HEX}{{32}}|{_DASHED}|\{{{_DASHED}\}}|\({_DASHED}\)")
_ALPHA: Final = re.compile(r"[A-Za-z]*")
_CALL: Final = re.compile(r"(?P<name>\w+)(?:\((?P<arguments>.*)\))?", re.DOTALL)


def _integer(bits: int) -> Constraint:
    limit = 1 << (bits - 1)
    return lambda text: len(text) <= _LONGEST_NUMBER and bool(_INTEGER.fullmatch(text)) and -limit <= int(text) < limit


def _is_datetime(text: str) -> bool:
    for form in ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%m/%d/%Y", "%m/%d/%Y %H:%M:%S"):
        try:
            datetime.strptime(text, form)  # noqa: DTZ007 - only whether it can be read
        except ValueError:
            continue
        return True
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


_PLAIN: Final[dict[str, Constraint]] = {
    "int": _integer(32),
    "long": _integer(64),
    "bool": lambda text: text.strip().lower() in ("true", "false"),
    "decimal": lambda text: bool(_NUMBER.fullmatch(text)) and "e" not in text.lower(),
    "double": lambda text: bool(_NUMBER.fullmatch(text)),
    "float": lambda text: bool(_NUMBER.fullmatch(text)),
    "guid": lambda text: bool(_GUID.fullmatch(text.strip())),
    "alpha": lambda text: bool(_ALPHA.fullmatch(text)),
    "datetime": _is_datetime,
    "required": lambda text: text != "",
}


def _within(low: int, high: int) -> Constraint:
    return lambda text: _PLAIN["long"](text) and low <= int(text) <= high


def _length(low: int, high: int) -> Constraint:
    return lambda text: low <= len(text) <= high


def parse_constraint(text: str) -> Constraint:
    """``int``, ``length(2,5)``, ``regex(...)`` and the like. Raises ValueError for one that does not exist."""
    match = _CALL.fullmatch(text)
    name = match["name"].lower() if match else ""
    arguments = match["arguments"] if match else None
    if arguments is None and name in _PLAIN:
        return _PLAIN[name]
    if name == "regex" and arguments:
        # Doubled braces stand for single ones in a template.
        pattern = re.compile(arguments.replace("{{", "{").replace("}}", "}"), re.IGNORECASE)
        return lambda value: bool(pattern.search(value))
    numbers = [int(part) for part in (arguments or "").split(",") if part.strip()]
    match name, numbers:
        case "length", [n]:
            return _length(n, n)
        case "length", [low, high]:
            return _length(low, high)
        case "minlength", [n]:
            return _length(n, 1 << 31)
        case "maxlength", [n]:
            return _length(0, n)
        case "min", [n]:
            return _within(n, (1 << 63) - 1)
        case "max", [n]:
            return _within(-(1 << 63), n)
        case "range", [low, high]:
            return _within(low, high)
    raise ValueError(f"unknown route constraint {text!r}")
