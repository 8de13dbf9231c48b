"""Taking events: who sends them is made sure of, what they ask for is written down and queued. Nothing is read here.

Azure DevOps reads our status: after anything but 2xx, 408, 410, 502, 503 and 504 it puts a subscription on probation,
and its events are lost. Source: https://learn.microsoft.com/azure/devops/service-hooks/troubleshoot
"""

from __future__ import annotations

import base64
import binascii
import hmac
import logging
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from shared.answers import EventAnswer
from shared.errors import CredentialError
from shared.http import Answer, ApiProblem
from shared.messages import Plan
from shared.webhooks import hints
from shared.webhooks.events import Event, Hint, of_project, read_event

if TYPE_CHECKING:
    from shared.flow.integration import Integration
    from shared.services import Services

MAX_BODY: Final = 4 * 1024 * 1024
"""Azure DevOps sends at most 2 MB."""
SECRETS_FOR: Final = timedelta(minutes=5)
"""How long a worker may go by the secrets it knows."""
LOOK_AGAIN: Final = timedelta(seconds=5)
"""How soon they are asked for again when an event brings one that is not among them; and how long an integration is
taken to be as it was."""
RETRY_AFTER_SECONDS: Final = 10

_ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
_MAX_AUTHORIZATION: Final = 1024
_MOST_REMEMBERED: Final = 10_000
_MARGIN: Final = timedelta(seconds=0.2)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    passwords: tuple[bytes, ...]
    at: datetime


def trouble() -> ApiProblem:
    """Ours, not the sender's: it is to send the event again."""
    return ApiProblem(503, "not_now", "The event could not be taken. Send it again.", retry_after=RETRY_AFTER_SECONDS)


class Receiver:
    """One for each worker: it remembers secrets, and which messages are on their way."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._known: dict[str, _Known] = {}
        self._integrations: dict[str, tuple[Integration | None, datetime]] = {}
        self._starts_at: dict[tuple[str, str, str], datetime] = {}

    def receive(self, integration_id: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Take an event: 202. ``headers`` has lower-case keys. Raises ApiProblem 401, 404, 410, 413, and
        TransientError while our own parts do not answer."""
        location = self._services.integrations.find(integration_id) if _ID.fullmatch(integration_id) else None
        if location is None:
            raise ApiProblem(404, "not_found", "There is no such integration.")
        if location.state != "live":
            raise ApiProblem(410, "deleted", "The integration was deleted.")
        if not self._knows(integration_id, _password(headers.get("authorization", ""))):
            raise ApiProblem(401, "unauthorized", "The credentials are not those of the subscription.")
        if len(body) > MAX_BODY:
            raise ApiProblem(413, "body_too_large", "The body is larger than 4 MiB.")
        self._take(location.workspace, integration_id, read_event(body))
        return Answer(202, EventAnswer("accepted"))

    def _knows(self, integration_id: str, given: bytes) -> bool:
        now = self._services.clock()
        known = self._known.get(integration_id)
        if known is None or now - known.at > SECRETS_FOR:
            known = self._read(integration_id, now)
        if _is_one_of(given, known.passwords):
            return True
        if not given or now - known.at < LOOK_AGAIN:
            return False
        return _is_one_of(given, self._read(integration_id, now).passwords)

    def _read(self, integration_id: str, now: datetime) -> _Known:
        state = self._services.hooks.state(integration_id)
        found = []
        for name in state.secret_names if state else ():
            try:
                found.append(self._services.vault.get(name).reveal().encode())
            except CredentialError:
                continue  # written down, and not stored yet
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        known = self._known[integration_id] = _Known(tuple(found), now)
        return known

    def _take(self, workspace: str, integration_id: str, event: Event) -> None:
        services = self._services
        if services.hooks.has_seen(integration_id, event.key):
            return
        integration = self._integration(workspace, integration_id)
        if integration is not None and not _is_foreign(integration, event):
            self._act(integration, event)
        # Last: an event whose effect failed halfway is to be taken when it comes again.
        services.hooks.see(integration_id, event.key, services.clock())

    def _integration(self, workspace: str, integration_id: str) -> Integration | None:
        """As it was a few seconds ago at most: many events come in a swarm."""
        now = self._services.clock()
        kept = self._integrations.get(integration_id)
        if kept is None or now - kept[1] > LOOK_AGAIN:
            if len(self._integrations) >= _MOST_REMEMBERED:
                self._integrations.clear()
            kept = self._integrations[integration_id] = (
                self._services.integrations.get(workspace, integration_id),
                now,
            )
        return kept[0]

    def _act(self, integration: Integration, event: Event) -> None:
        if not integration.service_on("webhooks"):
            return
        told = event.hints or (of_project(event.project_id) if event.project_id else ())
        wanted = [hint for hint in told if self._is_coming(integration, hint) or self._note(integration, hint)]
        if not wanted and (not event.hints or _names_a_place(event.hints)):
            self._sync(integration)

    def _is_coming(self, integration: Integration, hint: Hint) -> bool:
        """Whether a message is still hidden that makes a slice which will read all that the hint asks for."""
        starts_at = self._starts_at.get((integration.id, hint.stream, hint.unit_id))
        return not hint.detail and starts_at is not None and self._services.clock() < starts_at - _MARGIN

    def _note(self, integration: Integration, hint: Hint) -> bool:
        services = self._services
        if not hints.is_wanted(services, integration, hint):
            return False
        hints.note(services, integration.id, hint)
        key = (integration.id, hint.stream, hint.unit_id)
        starts_at = self._starts_at.get(key)
        if starts_at is None or services.clock() >= starts_at - _MARGIN:
            if len(self._starts_at) >= _MOST_REMEMBERED:
                self._starts_at.clear()
            self._starts_at.pop(key, None)
            if coming := hints.act(services, integration, hint):
                self._starts_at[key] = coming
        return True

    def _sync(self, integration: Integration) -> None:
        """Nobody knows what it is about, or it is about a place that we do not know yet: look at everything."""
        services, now = self._services, self._services.clock()
        if services.hooks.first(integration.id, f"plan|{now:%Y%m%d%H%M}", now):
            services.queues.send(Plan(integration.workspace, integration.id))


def _names_a_place(told: tuple[Hint, ...]) -> bool:
    return all(hint.unit != "organization" for hint in told)


def _is_foreign(integration: Integration, event: Event) -> bool:
    """It says that it comes from another organisation."""
    ours = (integration.organization_id or "").lower()
    return bool(ours and event.account_id and event.account_id != ours)


def _password(authorization: str) -> bytes:
    """Of Basic credentials, whatever their user name; b"" where there is none."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic" or len(authorization) > _MAX_AUTHORIZATION:
        return b""
    try:
        return base64.b64decode(encoded.strip(), validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        return b""


def _is_one_of(given: bytes, passwords: tuple[bytes, ...]) -> bool:
    """Compared with every one, and with something where there is none: time tells nothing."""
    matches = [hmac.compare_digest(given, password) for password in passwords or (secrets.token_bytes(32),)]
    return bool(given) and any(matches)
