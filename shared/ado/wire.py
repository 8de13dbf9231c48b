"""Requests and replies without I/O: build one from parts, read one into a page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

import orjson

from shared.ado.endpoint import Endpoint
from shared.ado.paging import Page, Query
from shared.errors import ContractError, TransientError

QueryValue = str | int | bool | datetime | Sequence[str]

NO_CONTENT: Final = 204
MAX_URL: Final = 8_000
MAX_REQUEST_BYTES: Final = 1 << 20
HEADERS: Final[Mapping[str, str]] = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    # Messages follow the language; we match codes, and people read what is left.
    "Accept-Language": "en-US",
    # A rejected token is then a 401 instead of a redirect to the sign-in page.
    "X-TFS-FedAuthRedirect": "Suppress",
}


_SEGMENT = re.compile(r"[^/\\\x00-\x1f\x7f]{1,400}")


@dataclass(frozen=True, slots=True)
class Request:
    """What goes out, but for the credential. ``route`` names the operation without its values."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    route: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: ``headers`` with lower-case keys, ``body`` decompressed and bounded."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def build_request(
    endpoint: Endpoint,
    base_url: str,
    organization: str,
    *,
    path: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    body: Any = None,
) -> Request:
    """One request, its URL made of percent-encoded parts. ``body`` is sent as JSON.

    Raises ContractError for a part that cannot be one segment, a URL over ``MAX_URL``, or a body over 1 MiB.
    """
    segments = [organization] if endpoint.in_organization else []
    values = dict(path or {})
    for part in endpoint.path.split("/"):
        segments.append(values.pop(part[1:-1], "") if part.startswith("{") else part)
    if values:
        raise ContractError(f"{endpoint.route} has no segment {sorted(values)}", code="request.path")
    asked = {**(query or {}), "api-version": endpoint.api_version}
    url = f"{base_url}/{'/'.join(map(segment, segments))}?{_encoded(asked)}"
    if len(url) > MAX_URL:
        raise ContractError(f"the URL of {endpoint.route} has {len(url)} characters", code="request.too_long")
    payload = None if body is None else orjson.dumps(body)
    if payload is not None and len(payload) > MAX_REQUEST_BYTES:
        raise ContractError(f"the body of {endpoint.route} has {len(payload)} bytes", code="request.too_long")
    headers = HEADERS if payload is None else {**HEADERS, "Content-Type": "application/json"}
    return Request(endpoint.method, url, headers, payload, endpoint.route)


def to_query(endpoint: Endpoint, query: Mapping[str, QueryValue] | None) -> Query:
    """A caller's query over the endpoint's own, as text: ``true``, ``2026-01-31T12:00:00.5Z``, ``a,b``."""
    return {**endpoint.query, **{name: _text(value) for name, value in (query or {}).items()}}


def read_page(endpoint: Endpoint, reply: Reply) -> Page:
    """Read an accepted reply (2xx, and no sign-in page).

    Nulls in the list (ADO's answer for what it does not know) are left out. Raises ContractError for anything outside
    the documented shape, TransientError for JSON that stops in the middle.
    """
    body = _json(endpoint, reply)
    items: list[Any] = []
    if endpoint.items is not None and reply.status != NO_CONTENT:
        items = [item for item in _listed(endpoint, endpoint.items, body) if item is not None]
        if not all(isinstance(item, dict) for item in items):
            raise ContractError(f"{endpoint.route}: an item of the list is not an object", code="reply.shape")
    token, last = endpoint.paging.mark(items, body, reply.headers)
    return Page(items=items, body=body, token=token, last=last, headers=reply.headers)


def _listed(endpoint: Endpoint, name: str, body: Mapping[str, Any]) -> list[Any]:
    # The documentation's examples have "values" for some lists that come as "value".
    listed = body.get(name, body.get("values"))
    if not isinstance(listed, list):
        raise ContractError(f"{endpoint.route}: the reply has no list {name!r}", code="reply.shape")
    return listed


def _json(endpoint: Endpoint, reply: Reply) -> dict[str, Any]:
    if reply.status == NO_CONTENT or (endpoint.method == "DELETE" and not reply.body):
        return {}
    try:
        body = orjson.loads(reply.body)
    except orjson.JSONDecodeError as e:
        if not reply.body or (e.doc and e.pos >= len(e.doc)):
            raise TransientError(f"{endpoint.route}: the reply was cut short", code="reply.cut") from e
        raise ContractError(f"{endpoint.route}: the reply is not JSON", code="reply.not_json") from e
    if isinstance(body, list) and endpoint.items is not None:
        # The specification shows lists bare; nearly all come wrapped.
        return {endpoint.items: body}
    if not isinstance(body, dict):
        raise ContractError(f"{endpoint.route}: the reply is not a JSON object", code="reply.shape")
    return body


def segment(value: str) -> str:
    """One percent-encoded segment of a path. Raises ContractError for what cannot be one."""
    # A slash or dots could become other segments on their way, encoded or not; no name in Azure DevOps has them.
    # https://learn.microsoft.com/azure/devops/organizations/settings/naming-restrictions
    if not _SEGMENT.fullmatch(value) or value in (".", ".."):
        raise ContractError("a part of a URL is empty, too long or no single segment", code="request.path")
    try:
        return quote(value, safe="$")
    except UnicodeEncodeError as e:
        raise ContractError("a part of a URL is not text", code="request.path") from e


def _encoded(query: Mapping[str, str]) -> str:
    try:
        return "&".join(f"{quote(name, safe='$')}={quote(value, safe='')}" for name, value in query.items())
    except UnicodeEncodeError as e:
        raise ContractError("a query value is not text", code="request.query") from e


def _text(value: QueryValue) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ContractError("a time without a zone cannot be asked for", code="request.query")
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return ",".join(value)
