"""The HTTP client that msal gets: one host, no redirects, no cookies, no environment, bounded bodies, JSON alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import urlencode, urlsplit

import orjson

from shared.ado.hosts import ENTRA, Hosts
from shared.ado.refusal import retry_after
from shared.ado.transport import Timeouts, Transport
from shared.ado.wire import Request
from shared.errors import ConnectorError, ContractError, TransientError

LOGIN: Final = f"https://{ENTRA}"
USER_AGENT: Final = "Flow-AzureDevOps/0.1"
MAX_REPLY_BYTES: Final = 1 << 20
TIMEOUTS: Final = Timeouts(connect=3.0, read=6.0, total=8.0)


@dataclass(frozen=True, slots=True)
class EntraReply:
    """What msal wants of a response."""

    status_code: int
    text: str
    headers: Mapping[str, str]

    def raise_for_status(self) -> None:
        """Raises ContractError; what is worth a second try was raised before."""
        if self.status_code >= 400:
            raise ContractError(f"Microsoft Entra ID answered {self.status_code}", code="oauth.entra_status")


class EntraHttp:
    """msal's ``http_client``. Safe to share between threads.

    Raises ContractError for a URL outside ``login.microsoftonline.com``, TransientError
    (``oauth.entra_unavailable``) for time-outs, broken connections, 429, 5xx and replies that are not a JSON object:
    msal would write those into its log.
    Source: https://learn.microsoft.com/python/api/msal (``http_client``)
    """

    def __init__(self, hosts: Hosts) -> None:
        self._base = hosts.url(ENTRA)
        self._transport = Transport(TIMEOUTS, pool_size=8, max_reply_bytes=MAX_REPLY_BYTES)

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **_options: Any,
    ) -> EntraReply:
        return self._send("GET", url, params, headers, None)

    def post(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        **_options: Any,
    ) -> EntraReply:
        return self._send("POST", url, params, headers, urlencode(data or {}).encode("ascii"))

    def close(self) -> None:
        """Let go of all connections."""
        self._transport.close()

    def _send(
        self,
        method: Literal["GET", "POST"],
        url: str,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        body: bytes | None,
    ) -> EntraReply:
        address = mapped(url, self._base) + (f"?{urlencode(params)}" if params else "")
        sent = {"Accept": "application/json", "Accept-Encoding": "gzip", **(headers or {})}
        if body is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        request = Request(method, address, sent, body, f"{method} {ENTRA}")
        try:
            reply, _ = self._transport.send(request, None, USER_AGENT)
        except ConnectorError as e:
            raise _unavailable() from e
        if reply.status == 429 or reply.status >= 500 or not _is_json_object(reply.body):
            raise _unavailable(retry_after(reply.headers))
        return EntraReply(reply.status, reply.body.decode("utf-8"), reply.headers)


def mapped(url: str, base: str) -> str:
    """``url`` of the sign-in host under ``base``. Raises ContractError for any other host, port or scheme."""
    parts = urlsplit(url)
    if f"{parts.scheme}://{parts.netloc}" != LOGIN or parts.fragment:
        raise ContractError("a sign-in address leads away from Microsoft Entra ID", code="host.unknown")
    return base + url[len(LOGIN) :]


def _is_json_object(body: bytes) -> bool:
    try:
        return isinstance(orjson.loads(body), dict)
    except orjson.JSONDecodeError:
        return False


def _unavailable(seconds: float | None = None) -> TransientError:
    return TransientError(
        "Microsoft Entra ID does not answer as it should",
        code="oauth.entra_unavailable",
        retry_after=seconds,
        remedy="Try again in a few minutes.",
    )
