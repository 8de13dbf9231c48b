"""What a handler gives back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson


@dataclass(slots=True)
class Answer:
    """One HTTP answer: ``content`` as it goes out (before compression), with its type and further headers."""

    status: int = 200
    content: bytes = b""
    content_type: str = "application/json; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


def plain(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """A JSON body as it is."""
    return Answer(status, orjson.dumps(body), headers=headers or {})


def value(rows: Sequence[Any], *, continuation: str | None = None, headers: dict[str, str] | None = None) -> Answer:
    """A list: ``{"count", "value"}``, where ``count`` is the size of this page, with its continuation token if any."""
    out = dict(headers or {})
    if continuation is not None:
        out["X-MS-ContinuationToken"] = continuation
    return Answer(200, orjson.dumps({"count": len(rows), "value": list(rows)}), headers=out)


def empty(status: int = 204, headers: dict[str, str] | None = None) -> Answer:
    """No body at all."""
    return Answer(status, b"", "", headers or {})


def raw(content: bytes, content_type: str, *, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """Bytes of any type: git packs, HTML pages."""
    return Answer(status, content, content_type, headers or {})


def page(title: str, text: str, *, status: int, headers: dict[str, str] | None = None) -> Answer:
    """A small HTML page, as the service shows to browsers."""
    html = (
        f"<!DOCTYPE html>\n<html><head><title>{title}</title></head>\n<body><h1>{title}</h1><p>{text}</p></body></html>"
    )
    return Answer(status, html.encode(), "text/html; charset=utf-8", headers or {})
