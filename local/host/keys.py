"""Function keys as the real host asks for them.

Source: https://learn.microsoft.com/azure/azure-functions/function-keys-how-to
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from local.host.functions import AuthLevel


@dataclass(frozen=True, slots=True)
class Keys:
    """The host key that opens every function, and the master key that opens the admin endpoints too."""

    function: str
    master: str

    def __repr__(self) -> str:
        return "Keys(***)"

    def allow(self, level: AuthLevel, header: str | None, code: str | None) -> bool:
        """Whether a caller may use this level; the ``x-functions-key`` header counts before ``?code=``."""
        if level == "anonymous":
            return True
        given = (header or code or "").encode()
        master = hmac.compare_digest(given, self.master.encode())
        return master or (level == "function" and hmac.compare_digest(given, self.function.encode()))
