"""The table of operations: ``@route`` puts a handler into it, ``find`` looks one up by method, host and path.

Literal segments match in any case, as in Azure DevOps; ``{name}`` takes one segment that is not empty, ``{name*}``
at the end takes the rest of the path, which may be nothing.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from local.fake_ado.answers import Answer
    from local.fake_ado.context import Call

CORE_HOST = "dev.azure.com"
GRAPH_HOST = "vssps.dev.azure.com"
PROFILE_HOST = "app.vssps.visualstudio.com"
LOGIN_HOST = "login.microsoftonline.com"

Handler = Callable[["Call"], "Answer | Awaitable[Answer]"]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. ``version`` is None where the service takes no ``api-version`` (git over HTTP, sign-in)."""

    method: str
    host: str
    template: str
    handler: Handler
    version: str | None
    scopes: tuple[str, ...]
    """Any one of them is enough; none: every token will do."""
    is_anonymous: bool
    """True: answered without a credential too."""
    is_open: bool
    """True: answered to members without *View instance-level information*."""
    cost: float
    """Throughput units (TSTU) of one request."""
    is_async: bool

    @property
    def is_git(self) -> bool:
        return "/git/" in self.template or "/_git/" in self.template

    @property
    def is_build(self) -> bool:
        return "/_apis/build/" in self.template


@dataclass(slots=True)
class _Node:
    literals: dict[str, _Node] = field(default_factory=dict)
    parameter: _Node | None = None
    routes: dict[str, tuple[Route, tuple[str, ...]]] = field(default_factory=dict)
    rest: dict[str, tuple[Route, tuple[str, ...]]] = field(default_factory=dict)


_ROOTS: dict[str, _Node] = {}
ROUTES: list[Route] = []


def route(
    method: str,
    host: str,
    template: str,
    *,
    version: str | None,
    scopes: tuple[str, ...] = (),
    is_anonymous: bool = False,
    is_open: bool = False,
    cost: float = 0.01,
) -> Callable[[Handler], Handler]:
    """Register the decorated function for one operation. One function may serve several."""

    def register(handler: Handler) -> Handler:
        is_async = inspect.iscoroutinefunction(handler)
        entry = Route(method, host, template, handler, version, scopes, is_anonymous, is_open, cost, is_async)
        ROUTES.append(entry)
        _insert(entry)
        return handler

    return register


def _insert(entry: Route) -> None:
    node = _ROOTS.setdefault(entry.host, _Node())
    names: list[str] = []
    for segment in entry.template.strip("/").split("/"):
        if segment.endswith("*}"):
            names.append(segment[1:-2])
            node.rest[entry.method] = (entry, tuple(names))
            return
        if segment.startswith("{"):
            names.append(segment[1:-1])
            node.parameter = node.parameter or _Node()
            node = node.parameter
        else:
            node = node.literals.setdefault(segment.lower(), _Node())
    node.routes[entry.method] = (entry, tuple(names))


@dataclass(frozen=True, slots=True)
class Match:
    route: Route
    parameters: dict[str, str]


def find(method: str, host: str, raw_segments: list[str]) -> Match | None:
    """The operation for percent-encoded path segments, or None. HEAD falls back to GET where it has no route."""
    root = _ROOTS.get(host)
    if root is None:
        return None
    for verb in (method, "GET") if method == "HEAD" else (method,):
        found = _walk(root, verb, raw_segments, 0, [])
        if found is not None:
            (entry, names), values = found
            return Match(entry, dict(zip(names, map(unquote, values), strict=True)))
    return None


_Found = tuple[tuple[Route, tuple[str, ...]], list[str]]


def _walk(node: _Node, method: str, segments: list[str], at: int, taken: list[str]) -> _Found | None:
    if at == len(segments):
        if method in node.routes:
            return node.routes[method], taken
        return (node.rest[method], [*taken, ""]) if method in node.rest else None
    segment = segments[at]
    literal = node.literals.get(segment.lower())
    if literal is not None:
        found = _walk(literal, method, segments, at + 1, taken)
        if found is not None:
            return found
    if node.parameter is not None and segment:
        found = _walk(node.parameter, method, segments, at + 1, [*taken, segment])
        if found is not None:
            return found
    if method in node.rest:
        return node.rest[method], [*taken, "/".join(segments[at:])]
    return None
