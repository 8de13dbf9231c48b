"""Keeping an integration's subscriptions as they should be: made after looking, mended, removed.

One worker at a time, by a lease; a worker that is stopped anywhere leaves what the next look puts right.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from shared.ado.endpoints.hooks import CREATE_SUBSCRIPTION, DELETE_SUBSCRIPTION, QUERY_SUBSCRIPTIONS
from shared.ado.endpoints.security import PERMISSIONS
from shared.errors import ConnectorError, ContractError, CredentialError, TransientError, UnavailableError
from shared.flow.base import ORGANIZATION_UNIT
from shared.flow.projects import TicketProject
from shared.leases import Held, Lease, LeaseLostError
from shared.settle import DEFAULT_PAUSE_SECONDS
from shared.stored_rows import IntegrationRows
from shared.streams.whole_lists import lots
from shared.sync import is_read
from shared.vault import Secret
from shared.webhooks import secrets
from shared.webhooks.hints import end_old_runs
from shared.webhooks.state import HookState
from shared.webhooks.wanted import Endpoint, Steps, Wanted, body_of, query_of, steps, wanted

if TYPE_CHECKING:
    from shared.ado.client import AdoClient
    from shared.flow.integration import Integration
    from shared.messages import Plan
    from shared.services import Services

PATH: Final = "/api/v1/webhooks/azure-devops/"
STREAM: Final = "webhooks"
"""The name of its lease among those of the streams."""
SLICE: Final = timedelta(minutes=4)

_NAMESPACE: Final = "cb594ebe-87dd-4fc9-ac2c-6a10a4c92046"
"""ServiceHooks. Source: https://learn.microsoft.com/azure/devops/organizations/security/namespace-reference"""
_NEEDED_BITS: Final = "7"
"""View, edit and delete subscriptions."""
_RESOURCE: Final = "PublisherSecurity"
_IN_ONE_QUESTION: Final = 25
_RECENT_RUNS: Final = 50

_PERMISSION_REMEDY: Final = (
    "Make the account a Project Collection Administrator, or give it the permissions to view, edit and delete "
    "service hook subscriptions; or switch webhooks off."
)

log = logging.getLogger(__name__)


def handle(services: Services, message: Plan) -> None:
    """The timer's look, or the one after a change. Raises ConnectorError where only another try can help."""
    integration = services.integrations.get(message.workspace, message.integration_id)
    if integration is None or integration.state != "active":
        return
    now = services.clock()
    services.hooks.sweep(integration.id, now)
    end_old_runs(services, integration, services.runs.list(integration.id, _RECENT_RUNS)[0])
    until = services.pauses.until(integration.organization, integration.token_owner)
    if until:
        services.queues.send(message, math.ceil((until - now).total_seconds()) + 1)
        return
    lease = services.leases.take(integration.id, STREAM, ORGANIZATION_UNIT, STREAM)
    if isinstance(lease, Held):
        # What it was sent for may have come after the other worker's look.
        services.queues.send(message, math.ceil((lease.until - now).total_seconds()) + 1)
        return
    try:
        with lease:
            _keep(services, integration, lease)
            lease.release()
    except LeaseLostError:
        log.warning("webhooks.lease_lost", extra={"integration_id": integration.id})
    except TransientError as error:
        if not error.throttled:
            raise
        services.queues.send(message, error.retry_after or DEFAULT_PAUSE_SECONDS)


def _keep(services: Services, integration: Integration, lease: Lease) -> None:
    state = services.hooks.state(integration.id) or HookState(integration_id=integration.id)
    base = services.settings.public_base_url
    on = integration.service_on("webhooks")
    if not state.url and (not on or base is None):
        return
    url = f"{base}{PATH}{integration.id}" if on and base else ""
    try:
        with closing(services.ado_client(integration)) as client:
            _Keeper(services, integration, lease, client).keep(state, url)
    except (ContractError, CredentialError, UnavailableError) as error:
        # The streams find out whether the whole credential is bad; this alone stops nothing.
        _tell(services, state, "webhooks.refused", str(error), error.remedy or _PERMISSION_REMEDY)


def _tell(services: Services, state: HookState, code: str, message: str, remedy: str) -> None:
    found = services.hooks.state(state.integration_id) or state
    services.hooks.put(replace(found, problem_code=code, problem_message=message, problem_remedy=remedy))
    log.warning("webhooks.problem", extra={"integration_id": state.integration_id, "code": code})


@dataclass(frozen=True, slots=True)
class _Keeper:
    services: Services
    integration: Integration
    lease: Lease
    client: AdoClient

    def keep(self, state: HookState, url: str) -> None:
        """``url`` "": there are to be none."""
        if state.url and state.url != url:
            for row in list(find(self.client, state.url)):
                self._delete(str(row["id"]))
            state = replace(state, url="", problem_code="", problem_message="", problem_remedy="")
            self.services.hooks.put(state)
        if not url:
            return
        # Before the first is made: a deletion must find what it is to remove.
        state = secrets.turn(self.services, replace(state, url=url), now=self.services.clock())
        self.services.hooks.put(state)
        endpoint = Endpoint(url, secrets.user_name(state.secret_name))
        places, left_out = self._places()
        todo = steps(find(self.client, url), wanted(self.integration, places), endpoint)
        self._do(todo, endpoint, state)
        self.services.hooks.put(_told(state, todo, left_out, places, self.services))

    def _do(self, todo: Steps, endpoint: Endpoint, state: HookState) -> None:
        password = self.services.vault.get(state.secret_name)
        for one in todo.create:
            self._create(one, endpoint, password)
        for subscription_id in todo.delete:
            self._delete(subscription_id)
        if todo.create or todo.delete:
            counts = {"made": len(todo.create), "removed": len(todo.delete)}
            log.info("webhooks.changed", extra={"integration_id": self.integration.id, **counts})

    def _create(self, one: Wanted, endpoint: Endpoint, password: Secret) -> None:
        self.lease.ensure()
        self.client.one(CREATE_SUBSCRIPTION, body=body_of(one, endpoint, password))

    def _delete(self, subscription_id: str) -> None:
        self.lease.ensure()
        delete(self.client, subscription_id)

    def _places(self) -> tuple[list[str], int]:
        """``[""]`` for the organisation, or the projects where it may subscribe, and in how many it may not."""
        if self._may([_RESOURCE]) == [True]:
            return [""], 0
        stored = IntegrationRows(self.services.tables, self.integration.id)
        projects = [project.id for project in stored.all(TicketProject) if is_read(project)]
        allowed: list[str] = []
        for lot in lots(projects, _IN_ONE_QUESTION):
            answers = self._may([f"{_RESOURCE}/{project_id}" for project_id in lot])
            allowed += [project_id for project_id, may in zip(lot, answers, strict=True) if may]
        return allowed, len(projects) - len(allowed)

    def _may(self, resources: list[str]) -> list[bool]:
        path = {"securityNamespaceId": _NAMESPACE, "permissions": _NEEDED_BITS}
        reply = self.client.one(PERMISSIONS, path=path, query={"tokens": ",".join(resources)})
        answers = [one is True for one in reply.get("value") or ()]
        return answers if len(answers) == len(resources) else [False] * len(resources)


def _told(state: HookState, todo: Steps, left_out: int, places: list[str], services: Services) -> HookState:
    """What there is to say after a look."""
    code = message = remedy = ""
    if todo.switched_off:
        code, remedy = "webhooks.switched_off", "Enable them in the service hooks of the organization's settings."
        message = f"subscriptions were switched off by a person: {', '.join(sorted(set(todo.switched_off)))}"
    elif not places:
        code, message, remedy = "webhooks.permission", "the account may not subscribe to events", _PERMISSION_REMEDY
    elif left_out:
        code, remedy = "webhooks.permission", _PERMISSION_REMEDY
        message = f"the account may not subscribe to events of {left_out} projects"
    told = replace(state, problem_code=code, problem_message=message, problem_remedy=remedy)
    if todo.troubled:
        told = replace(told, trouble_at=services.clock(), trouble_status=sorted(todo.troubled)[0])
    return told


def find(client: AdoClient, url: str) -> Iterator[dict[str, object]]:
    """The subscriptions that call ``url``."""
    for page in client.pages(QUERY_SUBSCRIPTIONS, body=query_of(url)):
        yield from page.items


def delete(client: AdoClient, subscription_id: str) -> None:
    """Delete one; one that is gone is fine."""
    try:
        client.one(DELETE_SUBSCRIPTION, path={"subscriptionId": subscription_id})
    except ConnectorError as error:
        status = getattr(error.facts, "status", None)
        if status != 404:
            raise
