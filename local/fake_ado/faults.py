"""Faults on demand: what goes wrong, for which requests, how often."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from local.fake_ado.answers import Answer

_MATCH_NAMES = {"path", "method"}
_NAMES = {
    "match", "times", "nth", "every", "status", "headers", "body",
    "html", "garbage", "delay", "hang", "reset", "cut_gzip",
}  # fmt: skip
GARBAGE = b'{"count": 3, "value": [{"id": "4e08'
SIGN_IN = "<!DOCTYPE html><html><head><title>Azure DevOps Services | Sign In</title></head><body></body></html>"


@dataclass
class Fault:
    """One fault. Those with a ``status``, ``body``, ``html`` or ``garbage`` answer in place of the operation."""

    path: re.Pattern[str] = field(default_factory=lambda: re.compile(""))
    """Searched for in the path with its query, as it came (percent-encoded), beginning with ``/{host}``."""
    method: str | None = None
    nth: int = 1
    """The first matching request that it hits."""
    every: int = 1
    """From there on, each so-many-th."""
    times: int | None = 1
    """How often it happens; None: always."""
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    html: bool = False
    garbage: bool = False
    """A body that breaks off in mid-JSON."""
    delay: float = 0.0
    """Seconds before the answer."""
    hang: bool = False
    """Never answer."""
    reset: bool = False
    """Break the connection after half of the body (at once where there is none)."""
    cut_gzip: bool = False
    """A compressed body without its end, in an answer that is otherwise complete."""
    seen: int = 0
    done: int = 0

    def strikes(self, method: str, path: str) -> bool:
        """Count a request; True if it is to be hit."""
        if (self.method is not None and self.method != method) or not self.path.search(path):
            return False
        self.seen += 1
        if (
            self.seen < self.nth
            or (self.seen - self.nth) % self.every
            or (self.times is not None and self.done >= self.times)
        ):
            return False
        self.done += 1
        return True

    @property
    def replacement(self) -> Answer | None:
        """The answer instead of the operation's, or None."""
        if self.status is None and self.body is None and not self.html and not self.garbage:
            return None
        if self.html:
            return Answer(
                self.status or 203, (self.body or SIGN_IN).encode(), "text/html; charset=utf-8", dict(self.headers)
            )
        content = GARBAGE if self.garbage else (self.body or "").encode()
        kind = "application/json; charset=utf-8" if content else ""
        return Answer(self.status or 200, content, kind, dict(self.headers))


def from_json(row: dict[str, Any]) -> Fault:
    """Read a fault of the control API. Raises ValueError naming what it does not know."""
    match = row.get("match") or {}
    unknown = set(row) - _NAMES | set(match) - _MATCH_NAMES
    if unknown:
        raise ValueError(f"unknown in a fault: {', '.join(sorted(unknown))}")
    try:
        path = re.compile(match.get("path", ""))
    except re.error as error:
        raise ValueError(f"match.path is no regular expression: {error}") from error
    method = match.get("method")
    values = {name: value for name, value in row.items() if name != "match"}
    if int(values.get("every", 1)) < 1 or int(values.get("nth", 1)) < 1:
        raise ValueError("every and nth count from 1")
    return Fault(path=path, method=method.upper() if method else None, **values)


@dataclass
class Faults:
    """The faults that are set, tried in their order; the first that strikes is the one."""

    faults: list[Fault] = field(default_factory=list)

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this request, counted as done."""
        return next((fault for fault in self.faults if fault.strikes(method, path)), None)
