"""The one REST client of Azure DevOps: sends, waits, tries again, and makes sure before it blames a credential."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from random import uniform
from threading import Lock
from time import monotonic, sleep
from typing import Any, Final, TypeVar

from shared.ado import refusals
from shared.ado.auth import Auth
from shared.ado.caller import read_caller
from shared.ado.endpoint import Endpoint
from shared.ado.endpoints.location import CONNECTION_DATA
from shared.ado.hosts import Hosts
from shared.ado.paging import Page, Query, read_all
from shared.ado.refusal import MAX_READ, is_refusal, read_refusal, retry_after
from shared.ado.suspicion import Standing, finer, must_confirm, with_a_good_token, worth_a_second_try
from shared.ado.transport import MAX_REPLY_BYTES, OpenReply, Timeouts, Transport
from shared.ado.wire import QueryValue, Reply, Request, build_request, read_page, to_query
from shared.errors import ContractError, CredentialError, TransientError

USER_AGENT: Final = "Flow-AzureDevOps/0.1"
MAX_WAIT_SECONDS: Final = 3.0
"""A longer pause is left to the queue: waiting costs billed time."""
RETRY_WAITS: Final = (0.3, 1.0)
OK: Final = 200

T = TypeVar("T")

log = logging.getLogger(__name__)


def _nobody(_seconds: float) -> None:
    """Told of pauses where nobody wants to know."""


def _never() -> float:
    """No pause but the client's own."""
    return 0.0


class AdoClient:
    """Asks one organisation's Azure DevOps as one caller. Safe to share between threads.

    ``on_pause(seconds)`` is told whenever Azure DevOps asks to slow down, on any status; this client's own next
    requests wait too, or raise TransientError (throttled) where the wait is longer than ``MAX_WAIT_SECONDS``.
    ``paused`` is asked before each request how many seconds others who ask as the same caller were told to wait.
    ``retry_waits`` are the seconds before the second and further tries of what may be sent twice, after a broken
    connection or a 5xx. ``transport``, ``monotonic`` and ``sleep`` are how it sends and how time passes.
    Every method raises the errors of ``shared.errors``; nothing else.
    Source: https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits
    """

    def __init__(
        self,
        organization: str,
        auth: Auth,
        *,
        hosts: Hosts | None = None,
        user_agent: str = USER_AGENT,
        timeouts: Timeouts | None = None,
        on_pause: Callable[[float], None] = _nobody,
        paused: Callable[[], float] = _never,
        retry_waits: Sequence[float] = RETRY_WAITS,
        max_reply_bytes: int = MAX_REPLY_BYTES,
        transport: Transport | None = None,
        monotonic: Callable[[], float] = monotonic,
        sleep: Callable[[float], None] = sleep,
    ) -> None:
        self.organization = organization
        self._auth = auth
        self._hosts = hosts or Hosts()
        self._user_agent = user_agent
        self._on_pause = on_pause
        self._paused = paused
        self._retry_waits = tuple(retry_waits)
        self._transport = transport or Transport(timeouts or Timeouts(), max_reply_bytes=max_reply_bytes)
        self._monotonic = monotonic
        self._sleep = sleep
        self._lock = Lock()
        self._routes: Counter[str] = Counter()
        self._bytes_received = 0
        self._resume_at = 0.0
        self._accepted = False
        self._standing = Standing()

    @property
    def requests(self) -> int:
        """Requests sent so far, second tries included."""
        with self._lock:
            return self._routes.total()

    @property
    def routes(self) -> Counter[str]:
        """Requests sent so far by ``METHOD path``."""
        with self._lock:
            return Counter(self._routes)

    @property
    def bytes_received(self) -> int:
        """Bytes of bodies as they came over the line."""
        with self._lock:
            return self._bytes_received

    def pages(
        self,
        endpoint: Endpoint,
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, QueryValue] | None = None,
        body: Any = None,
    ) -> Iterator[Page]:
        """Every page of a list, each asked for when it is wanted."""
        return read_all(partial(self._page, endpoint, path, body), endpoint.paging, to_query(endpoint, query))

    def one(
        self,
        endpoint: Endpoint,
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, QueryValue] | None = None,
        body: Any = None,
        confirm: bool = True,
    ) -> dict[str, Any]:
        """One reply's body, a JSON object; empty where there is none (204).

        ``confirm=False`` raises the suspicion that a 401, a sign-in page or the like is, without a second question:
        for a caller that has asked ``CONNECTION_DATA`` itself.
        """
        return self._page(endpoint, path, body, to_query(endpoint, query), confirm=confirm).body

    def close(self) -> None:
        """Let go of all connections."""
        self._transport.close()

    def _page(
        self, endpoint: Endpoint, path: Mapping[str, str] | None, body: Any, query: Query, *, confirm: bool = True
    ) -> Page:
        url = self._hosts.url(endpoint.host)
        request = build_request(endpoint, url, self.organization, path=path, query=query, body=body)
        return self._answer(endpoint, partial(self._ask_once, endpoint, request), confirm=confirm)

    def stream(self, endpoint: Endpoint, request: Request, content_type: str, *, max_bytes: int) -> OpenReply:
        """An accepted reply of ``content_type`` with its body still to be read: for what is not REST. Close it.

        ``request`` goes to ``url_of(endpoint)``. Refusals are told apart and made sure of as everywhere.
        """
        return self._answer(endpoint, partial(self._stream_once, endpoint, request, content_type, max_bytes))

    def url_of(self, endpoint: Endpoint) -> str:
        """Where the endpoint's host is reached, without a trailing slash."""
        return self._hosts.url(endpoint.host)

    def count_bytes(self, received: int) -> None:
        """Note bytes that a ``stream`` has brought."""
        with self._lock:
            self._bytes_received += received

    def _answer(self, endpoint: Endpoint, once: Callable[[], T], *, confirm: bool = True) -> T:
        try:
            return self._ask(endpoint, once)
        except CredentialError as suspicion:
            if not confirm or not must_confirm(endpoint, suspicion):
                raise
            return self._make_sure(endpoint, once, suspicion)

    def _make_sure(self, endpoint: Endpoint, once: Callable[[], T], suspicion: CredentialError) -> T:
        """Ask who we are. If that is refused too, the credential or the organisation is bad; else ask again."""
        try:
            caller = read_caller(self.one(CONNECTION_DATA, confirm=False))
        except CredentialError as again:
            raise self._standing.lost(finer(suspicion, again)) from again
        if caller.is_anonymous:
            # Organisations with public projects answer anybody, whatever the token.
            raise self._standing.lost(suspicion)
        try:
            return self._ask(endpoint, once)
        except CredentialError as again:
            raise with_a_good_token(endpoint, again) from again

    def _ask(self, endpoint: Endpoint, once: Callable[[], T]) -> T:
        waits = self._retry_waits if endpoint.repeatable else ()
        for wait in waits:
            try:
                return once()
            except TransientError as trouble:
                if not worth_a_second_try(trouble):
                    raise
                log.info("ado.retry", extra={"route": endpoint.route, "code": trouble.code})
            self._sleep(uniform(wait / 2, wait))  # noqa: S311 - spreads retries, hides nothing
        return once()

    def _ask_once(self, endpoint: Endpoint, request: Request) -> Page:
        authorization = self._begin(endpoint, request)
        reply, received = self._transport.send(request, authorization, self._user_agent)
        self.count_bytes(received)
        self._judge(endpoint, request, reply)
        return read_page(endpoint, reply)

    def _stream_once(self, endpoint: Endpoint, request: Request, content_type: str, max_bytes: int) -> OpenReply:
        authorization = self._begin(endpoint, request)
        reply = self._transport.open(request, authorization, self._user_agent, max_bytes=max_bytes)
        if reply.status == OK and reply.headers.get("content-type", "").partition(";")[0] == content_type:
            self._judge(endpoint, request, Reply(reply.status, reply.headers, b""))
            return reply
        try:
            body = reply.read(MAX_READ)
        finally:
            reply.close()
        self._judge(endpoint, request, Reply(reply.status, reply.headers, body))
        raise ContractError(f"{endpoint.route}: the reply is no {content_type}", code="reply.shape")

    def _judge(self, endpoint: Endpoint, request: Request, reply: Reply) -> None:
        """Raises what a refusal means; nothing happens for an answer."""
        if not is_refusal(reply):
            self._accepted = self._accepted or not endpoint.anonymous
            self._pause(retry_after(reply.headers))
            return
        refusal = read_refusal(reply)
        error = refusals.error_of(endpoint, refusal, bearer=self._auth.is_bearer, accepted=self._accepted)
        if isinstance(error, TransientError):
            self._pause(error.retry_after)
        log.info(
            "ado.refused",
            extra={
                "route": request.route,
                "status": refusal.status,
                "type_key": refusal.type_key,
                "ado_code": refusal.code,
                "code": error.code,
                "activity_id": refusal.activity_id,
            },
        )
        raise error

    def _begin(self, endpoint: Endpoint, request: Request) -> str | None:
        """What comes before every request; the value of ``Authorization``."""
        if not endpoint.anonymous:
            self._standing.check()
        self._wait(endpoint)
        authorization = None if endpoint.anonymous else self._auth.header()
        with self._lock:
            self._routes[request.route] += 1
        return authorization

    def _pause(self, seconds: float | None) -> None:
        if not seconds:
            return
        with self._lock:
            self._resume_at = max(self._resume_at, self._monotonic() + seconds)
        self._on_pause(seconds)

    def _wait(self, endpoint: Endpoint) -> None:
        # Again after each wait: others may have been told to wait longer meanwhile.
        while (seconds := self._seconds_to_wait(endpoint)) > 0:
            if seconds > MAX_WAIT_SECONDS:
                raise refusals.throttled(endpoint, seconds)
            self._sleep(seconds)

    def _seconds_to_wait(self, endpoint: Endpoint) -> float:
        others = 0.0 if endpoint.anonymous else self._paused()
        with self._lock:
            return max(others, self._resume_at - self._monotonic())
