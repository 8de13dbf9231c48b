"""The ways in which lists are cut into pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from local.fake_ado import refusals
from local.fake_ado.answers import Answer, value
from local.fake_ado.context import Call

Row = TypeVar("Row")


def by_skip(call: Call, rows: Sequence[Row], *, default: int = 100, maximum: int = 1000) -> Sequence[Row]:
    """``$top`` and ``$skip``: one page. More than ``maximum`` gives ``maximum``, without a word."""
    top = call.query.number("$top", default, maximum=maximum)
    skip = call.query.number("$skip", 0)
    return rows[skip : skip + top]


def by_token(call: Call, rows: Sequence[Row], *, default: int, maximum: int) -> tuple[Sequence[Row], str | None]:
    """``$top`` and ``continuationToken``: one page, and the token of the next, None on the last.

    The token is the number of rows already given; ``$skip`` moves the start where a list takes both.
    """
    top = call.query.number("$top", default, maximum=maximum)
    start = call.query.number("$skip", 0)
    token = call.query.one("continuationToken")
    if token:
        start = token_number(token)
    end = start + top
    return rows[start:end], str(end) if end < len(rows) and top else None


def token_number(token: str) -> int:
    """The number in a continuation token. Refused with 400 if there is none."""
    if not token.isascii() or not token.isdigit():
        raise refusals.invalid_argument(f"The continuation token '{token}' is invalid.")
    return int(token)


def token_answer(call: Call, rows: Sequence[object], *, default: int, maximum: int) -> Answer:
    """The page as ``{"count", "value"}`` with the ``X-MS-ContinuationToken`` header unless it is the last."""
    page, continuation = by_token(call, rows, default=default, maximum=maximum)
    return value(page, continuation=continuation)
