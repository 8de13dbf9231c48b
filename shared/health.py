"""Whether storage and vault answer, asked for at most every ten seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from shared.errors import ConnectorError
from shared.messages import QUEUES
from shared.queues import Queues
from shared.storage import INTEGRATIONS
from shared.tables import Tables
from shared.vault import Vault

CACHE_SECONDS: Final = 10


class Health:
    """Checks the three parts side by side. Parts are given as functions: building one may fail too."""

    def __init__(
        self,
        tables: Callable[[], Tables],
        queues: Callable[[], Queues],
        vault: Callable[[], Vault],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._checks: dict[str, Callable[[], None]] = {
            "tables": lambda: tables().ping(INTEGRATIONS),
            "queues": lambda: queues().ping(QUEUES[0]),
            "vault": lambda: vault().ping(),
        }
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._last: dict[str, str] = {}
        self._until = 0.0

    def check(self) -> dict[str, str]:
        """``{"tables", "queues", "vault"}``: ``ok`` or ``failed``."""
        with self._lock:
            if not self._last or self._monotonic() >= self._until:
                with ThreadPoolExecutor(len(self._checks)) as pool:
                    results = pool.map(_result, self._checks.values())
                    self._last = dict(zip(self._checks, results, strict=True))
                self._until = self._monotonic() + CACHE_SECONDS
            return dict(self._last)


def _result(check: Callable[[], None]) -> str:
    from azure.core.exceptions import AzureError

    try:
        check()
    except (ConnectorError, AzureError):
        return "failed"
    return "ok"
