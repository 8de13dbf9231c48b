"""Reading single values out of Azure DevOps' JSON: refused by name where they are not as documented."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from typing import Any, Final, TypeVar

from shared.errors import ContractError

AdoItem = Mapping[str, Any]
V = TypeVar("V")

_DASHLESS: Final = re.compile(r"[0-9a-f]{32}")
_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def need(item: AdoItem, key: str, kind: type[V], what: str) -> V:
    """``item[key]``, which the documentation promises. Raises ContractError naming ``what`` where it is not so."""
    value = item.get(key)
    # A JSON true is an int to Python.
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        found = "nothing" if value is None else f"a {type(value).__name__}"
        raise ContractError(f"{what}: {key} is {found}, not a {kind.__name__}", code="value.unexpected")
    return value


def text(item: AdoItem, key: str) -> str | None:
    """``item[key]`` as text; None where it is absent, null or empty."""
    value = item.get(key)
    return str(value) if value not in (None, "") else None


def integer(value: object, what: str) -> int | None:
    """A whole number that may come as 3, 3.0 or "3"; None where it is absent. Raises ContractError otherwise."""
    number = decimal(value, what)
    if number is None:
        return None
    if number != int(number):
        raise ContractError(f"{what} is no whole number: {number!r}", code="value.unexpected")
    return int(number)


def decimal(value: object, what: str) -> float | None:
    """A number; None where it is absent. Raises ContractError for anything else."""
    if value in (None, ""):
        return None
    try:
        return float(value)  # type: ignore[arg-type]  # what is no number is refused below
    except (TypeError, ValueError):
        raise ContractError(f"{what} is no number: {value!r:.80}", code="value.unexpected") from None


def guid(value: object, what: str) -> str:
    """A GUID in our spelling: lower case, with dashes; it may come in any case and without them.

    Raises ContractError for anything else.
    """
    spelled = str(value).strip("{}").lower()
    if _DASHLESS.fullmatch(spelled):
        return "-".join((spelled[:8], spelled[8:12], spelled[12:16], spelled[16:20], spelled[20:]))
    if not _GUID.fullmatch(spelled):
        raise ContractError(f"{what} is no GUID: {value!r:.80}", code="value.unexpected")
    return spelled


def known(value: V, documented: Container[V], what: str, code: str) -> V:
    """``value``, one of ``documented``. Raises ContractError for a value the documentation does not know."""
    if value not in documented:
        raise ContractError(f"{what} is {value!r:.80}, which is not documented", code=code)
    return value
