"""Rate limits by identity, in throughput units (TSTU): first slow answers with advice, then 429.

Off until a limit is set. Source: https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field

RESOURCE = "Core/TotalTSTUs"


@dataclass(frozen=True)
class Limit:
    """``limit`` units in ``window_seconds``: beyond it answers are held, beyond ``block_factor`` times it refused."""

    limit: float = 200.0
    window_seconds: float = 300.0
    delay_seconds: float = 1.0
    retry_after_seconds: int = 5
    block_factor: float = 2.0
    cost: float | None = None
    """Units of each request; None: what its operation costs."""


@dataclass(frozen=True)
class Verdict:
    """What the limit says about one request: seconds to hold it, headers to add, whether to refuse it."""

    delay_seconds: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    is_blocked: bool = False


@dataclass
class Throttle:
    """Limits by identity (``*``: everybody else) and what each has used."""

    limits: dict[str, Limit] = field(default_factory=dict)
    _used: dict[str, deque[tuple[float, float]]] = field(default_factory=dict)

    def set(self, identity: str, limit: Limit) -> None:
        """Set a limit and forget what was used."""
        self.limits[identity] = limit
        self._used.clear()

    def clear(self) -> None:
        """No limit for anybody."""
        self.limits.clear()
        self._used.clear()

    def charge(self, identity: str, cost: float) -> Verdict:
        """Charge one request. A refused one costs nothing."""
        limit = self.limits.get(identity) or self.limits.get("*")
        if limit is None:
            return Verdict()
        now = time.monotonic()
        entries = self._used.setdefault(identity, deque())
        while entries and entries[0][0] <= now - limit.window_seconds:
            entries.popleft()
        used = sum(spent for _, spent in entries)
        if used >= limit.limit * limit.block_factor:
            return Verdict(headers=_headers(limit, used, delay=None), is_blocked=True)
        spent = limit.cost if limit.cost is not None else cost
        entries.append((now, spent))
        used += spent
        if used > limit.limit:
            return Verdict(limit.delay_seconds, _headers(limit, used, delay=limit.delay_seconds))
        return Verdict(headers=_advice(limit, used) if used > limit.limit * 0.8 else {})


def _advice(limit: Limit, used: float) -> dict[str, str]:
    return {
        "X-RateLimit-Resource": RESOURCE,
        "X-RateLimit-Limit": f"{limit.limit:g}",
        "X-RateLimit-Remaining": f"{max(0, int(limit.limit - used))}",
        "X-RateLimit-Reset": str(int(time.time() + limit.window_seconds)),
    }


def _headers(limit: Limit, used: float, *, delay: float | None) -> dict[str, str]:
    headers = {**_advice(limit, used), "Retry-After": str(limit.retry_after_seconds)}
    if delay is not None:
        headers["X-RateLimit-Delay"] = f"{delay:.3f}"
    return headers
