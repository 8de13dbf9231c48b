"""What tests and the control API may set about the fake as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass
class FakeSettings:
    latency_seconds: float = 0.0
    """Added to every answer, without holding up others."""
    graph_page_size: int = 100
    """Rows in a page of Graph lists, which take no size from the caller."""
    sign_in: Literal["page", "redirect"] = "page"
    """What callers get who sent no good credential and did not ask for a plain 401: 203 with a page, or 302."""
    unauthorized: Literal["empty", "message"] = "empty"
    """The plain 401 for a bad credential: without a body, or with TF400813 and the anonymous id."""
    entra_secret: str = "fake-application-secret"  # noqa: S105 - the fake's own
    """What an application must send to get tokens."""
    entra_account: str = ""
    """Who signs in; "" is the main account of the first organisation."""
    entra_error: str = ""
    """``error|description`` that sign-ins come back with instead of a code."""
    entra_token_seconds: int = 4500
    entra_token_error: str = ""
    """``error|number|sentence`` that the token endpoint refuses everything with."""
    entra_refresh_is_dead: bool = False
    """True: refreshing fails as after a revocation."""
    hook_time_scale: float = 1.0
    """Real seconds for each second that service hooks wait before they try again."""
    hook_lag_seconds: float = 0.0
    """Between an event and its first delivery; scaled too."""
    hook_copies: int = 1
    """How often each delivery is made: the service promises at least once."""
    hooks_are_lost: bool = False
    """True: no event is delivered any more."""
    hook_timeout_seconds: float = 10.0
    """How long a delivery waits for its answer."""
