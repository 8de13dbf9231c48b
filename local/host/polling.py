"""How long a queue listener waits before it asks again.

100 ms after a message, then twice as long each time, with some chance in it, up to ``maxPollingInterval``.
Source: https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger#polling-algorithm
"""

from __future__ import annotations

import random
from typing import Final

_SHORTEST_SECONDS: Final = 0.1


class PollingDelay:
    """One queue's pauses."""

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._tries = 0

    def reset(self) -> None:
        """A message was found."""
        self._tries = 0

    def next(self) -> float:
        """Seconds to wait now that nothing was found."""
        if self._tries == 0:
            self._tries = 1
            return min(_SHORTEST_SECONDS, self._longest)
        # Bounded before it is raised to a power: a queue may stay empty for days.
        grown: float = _SHORTEST_SECONDS * (1 + 2 ** min(self._tries - 1, 20) * random.uniform(0.8, 1.2))
        self._tries += 1
        return min(grown, self._longest)
