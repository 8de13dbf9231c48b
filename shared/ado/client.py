"""The one REST client of Azure DevOps: sends, waits, tries again, and makes sure before it blames a credential."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from random import uniform
from threading import Lock
from time import monotonic, sleep
from typing import Any, Final

from shared.ado import refusals
from shared.ado.auth import Auth
from shared.ado.caller import read_caller
from shared.ado.endpoint import Endpoint
from shared.ado.endpoints.location import CONNECTION_DATA
from shared.ado.hosts import Hosts
from shared.ado.paging import Page, Query, read_all
from shared.ado.refusal import is_refusal, read_refusal, retry_after
from shared.ado.transport import MAX_REPLY_BYTES, BrokenConnectionError, Timeouts, Transport
from shared.ado.wire import QueryValue, Reply, Request, build_request, read_page, to_query
from shared.errors import ContractError, CredentialError, TransientError

USER_AGENT: Final = "Flow-AzureDevOps/0.1"
MAX_WAIT_SECONDS: Final = 3.0
"""A longer pause is left to the queue: waiting costs billed time."""
RETRY_WAITS: Final = (0.3, 1.0)

log = logging.getLogger(__name__)


def _nobody(_seconds: float) -> None:
    """Told of pauses where nobody wants to know."""


class AdoClient:
    """Asks one organisation's Azure DevOps as one caller. Safe to share between threads.

    ``on_pause(seconds)`` is told whenever Azure DevOps asks to slow down, on any status; this client's own next
    requests wait too, or raise TransientError (throttled) where the wait is longer than ``MAX_WAIT_SECONDS``.
    ``retry_waits`` are the seconds before the second and further tries of what may be sent twice, after a broken
    connection or a 5xx. Every method raises the errors of ``shared.errors``; nothing else.
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
        retry_waits: Sequence[float] = RETRY_WAITS,
        max_reply_bytes: int = MAX_REPLY_BYTES,
    ) -> None:
        self.organization = organization
        self._auth = auth
        self._hosts = hosts or Hosts()
        self._user_agent = user_agent
        self._on_pause = on_pause
        self._retry_waits = tuple(retry_waits)
        self._transport = Transport(timeouts or Timeouts(), max_reply_bytes=max_reply_bytes)
        self._lock = Lock()
        self._routes: Counter[str] = Counter()
        self._bytes_received = 0
        self._resume_at = 0.0
        self._accepted = False

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
        try:
            return self._ask(endpoint, request)
        except CredentialError as suspicion:
            if not confirm or not _must_confirm(endpoint, suspicion):
                raise
            return self._make_sure(endpoint, request, suspicion)

    def _make_sure(self, endpoint: Endpoint, request: Request, suspicion: CredentialError) -> Page:
        """Ask who we are. If that is refused too, the credential or the organisation is bad; else ask again."""
        try:
            caller = read_caller(self.one(CONNECTION_DATA, confirm=False))
        except CredentialError as again:
            raise _finer(suspicion, again) from again
        if caller.is_anonymous:
            # Organisations with public projects answer anybody, whatever the token.
            raise suspicion
        try:
            return self._ask(endpoint, request)
        except CredentialError as again:
            raise _with_a_good_token(endpoint, again) from again

    def _ask(self, endpoint: Endpoint, request: Request) -> Page:
        waits = self._retry_waits if endpoint.repeatable else ()
        for wait in waits:
            try:
                return self._ask_once(endpoint, request)
            except TransientError as trouble:
                if not _worth_a_second_try(trouble):
                    raise
                log.info("ado.retry", extra={"route": request.route, "code": trouble.code})
            sleep(uniform(wait / 2, wait))  # noqa: S311 - spreads retries, hides nothing
        return self._ask_once(endpoint, request)

    def _ask_once(self, endpoint: Endpoint, request: Request) -> Page:
        reply = self._exchange(endpoint, request)
        if not is_refusal(reply):
            self._accepted = self._accepted or not endpoint.anonymous
            self._pause(retry_after(reply.headers))
            return read_page(endpoint, reply)
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

    def _exchange(self, endpoint: Endpoint, request: Request) -> Reply:
        self._wait(endpoint)
        authorization = None if endpoint.anonymous else self._auth.header()
        with self._lock:
            self._routes[request.route] += 1
        reply, received = self._transport.send(request, authorization, self._user_agent)
        with self._lock:
            self._bytes_received += received
        return reply

    def _pause(self, seconds: float | None) -> None:
        if not seconds:
            return
        with self._lock:
            self._resume_at = max(self._resume_at, monotonic() + seconds)
        self._on_pause(seconds)

    def _wait(self, endpoint: Endpoint) -> None:
        with self._lock:
            seconds = self._resume_at - monotonic()
        if seconds > MAX_WAIT_SECONDS:
            raise refusals.throttled(endpoint, seconds)
        if seconds > 0:
            sleep(seconds)


def _must_confirm(endpoint: Endpoint, suspicion: CredentialError) -> bool:
    refusal = refusals.refusal_of(suspicion)
    return refusal is not None and refusal.is_suspicion and endpoint is not CONNECTION_DATA


def _finer(suspicion: CredentialError, again: CredentialError) -> CredentialError:
    """Of two refusals the one that says more: the second, unless it only says no where the first said why."""
    first_says_why = suspicion.code.startswith(("credentials.", "policy.", "conditional_access"))
    return suspicion if again.code == "credentials.rejected" and first_says_why else again


def _with_a_good_token(endpoint: Endpoint, again: CredentialError) -> CredentialError | ContractError:
    """What a second refusal means once Azure DevOps has said who we are."""
    refusal = refusals.refusal_of(again)
    if refusal is not None and again.code == "credentials.rejected":
        return refusals.scope_missing(endpoint, refusal)
    if again.code.startswith("organization."):
        return ContractError(
            f"Azure DevOps does not know {endpoint.route} in version {endpoint.api_version}", code="api_version"
        )
    return again


def _worth_a_second_try(trouble: TransientError) -> bool:
    if isinstance(trouble, BrokenConnectionError):
        return True
    return trouble.code in ("server.trouble", "reply.cut") and trouble.retry_after is None
