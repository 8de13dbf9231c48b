"""The facts of a refusal, as they stand in one reply: status, codes, who Azure DevOps thinks is asking."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from time import time
from typing import Any, Final
from urllib.parse import unquote

import orjson

from shared.ado.wire import Reply

MAX_TEXT: Final = 300
MAX_READ: Final = 1 << 16
MAX_WAIT_SECONDS: Final = 3600.0

_CODE = re.compile(r"\b(?:TF|VS)\d{5,6}\b")
_TYPE_KEY = re.compile(r"[A-Z][A-Za-z]{0,90}Exception")
_TITLE = re.compile(rb"<title[^>]*>(.{0,300}?)</title>", re.IGNORECASE | re.DOTALL)
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_LONG_RUN = re.compile(r"[A-Za-z0-9+/_=.-]{40,}")
# https://learn.microsoft.com/entra/identity-platform/claims-challenge
_CLAIMS = re.compile(r"\bclaims=\"", re.IGNORECASE)
_ANONYMOUS = re.compile(r"a{8}-a{4}-a{4}-a{4}-a{12}", re.IGNORECASE)
# The one sentence without a code of its own.
_EXPIRED = re.compile(r"personal access token used has expired", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reply that is no answer. Texts are cut, without control characters and without anything like a token."""

    status: int
    type_key: str = ""
    """ADO's exception, as ``GitRepositoryNotFoundException``."""
    code: str | None = None
    """The code in the message, as ``TF401019``."""
    text: str = ""
    """ADO's message, for a person; for an HTML page its title."""
    service_error: str = ""
    """The text of ``X-TFS-ServiceError``."""
    known_caller: bool = False
    """Whether ``X-VSS-UserData`` came: Azure DevOps knows who is asking."""
    is_sign_in_page: bool = False
    wants_claims: bool = False
    """A claims challenge: the sign-in was good, and a policy or an event asks for a new one."""
    retry_after: float | None = None
    """Seconds, at most an hour."""
    activity_id: str | None = None
    """What Microsoft's support asks for."""
    limits: Mapping[str, str] = field(default_factory=dict)
    """The ``x-ratelimit-`` headers."""

    @property
    def summary(self) -> str:
        """Type key and message, whichever there are."""
        return ", ".join(filter(None, (self.type_key, self.text))) or "without a word"

    @property
    def is_suspicion(self) -> bool:
        """Whether it may be about the credential or the address, and a second question must decide."""
        return self.is_sign_in_page or self.status in (401, 404) or 300 <= self.status < 400

    @property
    def says_expired(self) -> bool:
        return bool(_EXPIRED.search(self.text) or _EXPIRED.search(self.service_error))

    @property
    def says_global_token_blocked(self) -> bool:
        """The policy against global tokens has no code; its sentence comes in a header only."""
        return "global" in self.service_error.lower() and "allow" in self.service_error.lower()

    @property
    def names_a_user(self) -> bool:
        """Whether the message names a user whom Azure DevOps knows; it names the all-a GUID for nobody."""
        return "'" in self.text and not _ANONYMOUS.search(self.text)

    @property
    def looks_like_wrong_tenant(self) -> bool:
        """Azure DevOps answers some Entra tokens of a foreign tenant as if they were throttled."""
        limits = self.limits
        return (
            not self.known_caller
            and limits.get("x-ratelimit-remaining") == "0"
            and limits.get("x-ratelimit-limit") == "4000"
            and "dbcpu" in limits.get("x-ratelimit-resource", "").lower()
        )


def is_refusal(reply: Reply) -> bool:
    """Whether ``reply`` is anything but an answer. Sign-in pages come as 203, as HTML with 200, or as redirects."""
    return not 200 <= reply.status < 300 or _is_sign_in_page(reply)


def read_refusal(reply: Reply) -> Refusal:
    """The facts in a reply that ``is_refusal``."""
    headers = reply.headers
    body = _error_body(reply)
    message = _message(reply, body)
    service_error = _clean(unquote(headers.get("x-tfs-serviceerror", "")[:MAX_READ].replace("+", " ")))
    code = _CODE.search(message) or _CODE.search(service_error)
    return Refusal(
        status=reply.status,
        type_key=type_key if _TYPE_KEY.fullmatch(type_key := str(body.get("typeKey"))) else "",
        code=code.group() if code else None,
        text=message,
        service_error=service_error,
        known_caller=bool(headers.get("x-vss-userdata")),
        is_sign_in_page=_is_sign_in_page(reply),
        wants_claims=bool(_CLAIMS.search(headers.get("www-authenticate", ""))),
        retry_after=retry_after(headers),
        activity_id=_clean(headers.get("activityid", "") or headers.get("x-vss-e2eid", ""))[:64] or None,
        limits={name: value[:100] for name, value in headers.items() if name.startswith("x-ratelimit-")},
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """``Retry-After`` in seconds (0 to an hour), whether given as seconds or as a date; None where unreadable."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time()
        except (ValueError, OverflowError):
            return None
    return min(max(seconds, 0.0), MAX_WAIT_SECONDS) if seconds == seconds else None


def _is_sign_in_page(reply: Reply) -> bool:
    status = reply.status
    if 300 <= status < 400:
        location = reply.headers.get("location", "").lower()
        return "_signin" in location or "login." in location
    if not 200 <= status < 300:
        return False
    html = "html" in reply.headers.get("content-type", "").lower() or reply.body.lstrip()[:1] == b"<"
    return status == 203 or html


def _error_body(reply: Reply) -> Mapping[str, Any]:
    if len(reply.body) > MAX_READ or reply.body.lstrip()[:1] != b"{":
        return {}
    try:
        body = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def _message(reply: Reply, body: Mapping[str, Any]) -> str:
    """ADO's words in any of their places: ``message``, ``Message``, ``value.Message``, an HTML title, plain text."""
    value = body.get("value")
    inner = value if isinstance(value, Mapping) else {}
    said = body.get("message") or body.get("Message") or inner.get("Message")
    if isinstance(said, str):
        return _clean(said)
    start = reply.body[:MAX_READ]
    title = _TITLE.search(start)
    if title:
        return _clean(title.group(1).decode("utf-8", "replace"))
    plain = reply.headers.get("content-type", "").lower().startswith("text/plain")
    return _clean(start[:1000].decode("utf-8", "replace")) if plain else ""


def _clean(text: str) -> str:
    printable = "".join(c if c.isprintable() else " " for c in text[: 4 * MAX_TEXT])
    masked = _LONG_RUN.sub(lambda run: run.group() if _GUID.fullmatch(run.group()) else "***", printable)
    return " ".join(masked.split())[:MAX_TEXT]
