"""What was asked of the fake: counts by operation, and requests made while a ``Retry-After`` was running."""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

KEPT = 2000


@dataclass
class RequestLog:
    """Counts since the start or the last ``clear``. Retry-After is kept by identity and survives a ``clear``."""

    total: int = 0
    bytes_sent: int = 0
    inside_retry_after: int = 0
    by_route: Counter[str] = field(default_factory=Counter)
    by_status: Counter[int] = field(default_factory=Counter)
    defects: list[str] = field(default_factory=list)
    """Stack traces of operations that failed by a fault of the fake itself; ``clear`` keeps them."""
    latest: deque[tuple[str, str, int]] = field(default_factory=lambda: deque(maxlen=KEPT))
    """Method, path with query, status of the last ``KEPT`` requests."""
    _until: dict[str, float] = field(default_factory=dict)

    def arrived(self, identity: str) -> None:
        """Count the request if ``identity`` was told to wait longer than until now."""
        if time.monotonic() < self._until.get(identity, 0.0):
            self.inside_retry_after += 1

    def answered(self, route: str, method: str, path: str, status: int, size: int) -> None:
        """Count one answer with its size in bytes as sent."""
        self.total += 1
        self.bytes_sent += size
        self.by_route[f"{method} {route}"] += 1
        self.by_status[status] += 1
        self.latest.append((method, path, status))

    def told_to_wait(self, identity: str, seconds: float) -> None:
        """A ``Retry-After`` went out to ``identity``."""
        self._until[identity] = max(self._until.get(identity, 0.0), time.monotonic() + seconds)

    def clear(self) -> None:
        """Start counting anew."""
        self.total = self.bytes_sent = self.inside_retry_after = 0
        self.by_route.clear()
        self.by_status.clear()
        self.latest.clear()

    def as_json(self) -> dict[str, Any]:
        """What the control API shows."""
        return {
            "total": self.total,
            "bytes": self.bytes_sent,
            "inside_retry_after": self.inside_retry_after,
            "by_route": dict(self.by_route.most_common()),
            "by_status": {str(status): count for status, count in sorted(self.by_status.items())},
            "defects": self.defects,
            "latest": [list(entry) for entry in self.latest],
        }
