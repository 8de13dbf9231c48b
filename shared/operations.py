"""An operation of our HTTP API as a value: routes, checks at the door and OpenAPI are made from it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import msgspec

from shared.http import JSON
from shared.principals import Level
from shared.requests import NoQuery

BASE: Final = "/api/v1"
"""Where callers find every route: host.json's prefix, then the version that each route begins with."""

_PARAMETER: Final = re.compile(r"{([a-z_]+)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method on one route, under ``/api/v1``. ``name`` is the function's name and OpenAPI's operationId.

    ``level`` is what the caller needs, None: open to everyone, without a key. ``answer`` is the type of the body
    under ``status``, None: no body. ``problems`` are the statuses of refusals beside those every operation has.
    """

    name: str
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    tag: str
    summary: str
    level: Level | None
    answer: Any
    status: int = 200
    also: dict[int, Any] = field(default_factory=dict)
    """Further answers that are no problem documents."""
    content_type: str = JSON
    """Of the answers that are no problem documents."""
    query: type[msgspec.Struct] = NoQuery
    body: type[msgspec.Struct] | None = None
    body_required: bool = True
    raw_body: bool = False
    """Takes whatever is sent, of any length and with any query, as bytes."""
    headers: tuple[str, ...] = ()
    """Request headers that it reads, beside the workspace's."""
    answer_headers: tuple[str, ...] = ()
    problems: tuple[int, ...] = ()

    @property
    def route(self) -> str:
        """The route as the Functions host wants it; its prefix ``api`` comes from host.json."""
        return f"v1/{self.path}"

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in the path."""
        return tuple(_PARAMETER.findall(self.path))
