"""Builds the parts of the app, each when it is first wanted and once per worker: the only place that wires them.

Heavy packages are imported where they are used, so that a cold start loads only what its call needs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from shared.config import Settings
from shared.health import Health
from shared.integration_store import IntegrationStore
from shared.leases import RENEW_SECONDS, Leases
from shared.pauses import Pauses
from shared.queues import Queues
from shared.runs import RunStore
from shared.secret_ledger import SecretLedger
from shared.tables import Tables
from shared.vault import DevelopmentCredential, Vault
from shared.watermarks import Watermarks
from shared.webhooks.state import HookStore

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from shared.ado.auth import Auth
    from shared.ado.client import AdoClient
    from shared.flow.integration import Integration
    from shared.leases import Lease
    from shared.messages import Ingest, Plan
    from shared.oauth.authorizations import AuthorizationStore
    from shared.oauth.entra import Entra
    from shared.oauth.token_sets import TokenSets
    from shared.runs import Run
    from shared.streams.base import Stream
    from shared.webhooks.receiver import Receiver


def utc_now() -> datetime:
    return datetime.now(UTC)


class Services:
    """The parts. ``streams`` and ``prefix`` (before names of tables and queues) are for tests."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], datetime] = utc_now,
        streams: Mapping[str, Stream] | None = None,
        prefix: str = "",
    ) -> None:
        self.settings = settings
        self.clock = clock
        self._streams = streams
        self._prefix = prefix

    @cached_property
    def tables(self) -> Tables:
        return Tables.connect(**self._storage, prefix=self._prefix)

    @cached_property
    def queues(self) -> Queues:
        return Queues.connect(**self._storage, prefix=self._prefix and f"{self._prefix}-")

    @cached_property
    def vault(self) -> Vault:
        settings = self.settings
        credential = DevelopmentCredential() if settings.local_vault_ca else self._identity
        return Vault.connect(settings.key_vault_url, credential, settings.local_vault_ca)

    @cached_property
    def integrations(self) -> IntegrationStore:
        return IntegrationStore(self.tables, self.clock)

    @cached_property
    def secrets(self) -> SecretLedger:
        return SecretLedger(self.tables, lambda: self.vault, self.integrations, self.clock)

    @cached_property
    def hooks(self) -> HookStore:
        return HookStore(self.tables)

    @cached_property
    def webhooks(self) -> Receiver:
        from shared.webhooks.receiver import Receiver

        return Receiver(self)

    @cached_property
    def runs(self) -> RunStore:
        return RunStore(self.tables, self.clock)

    @cached_property
    def watermarks(self) -> Watermarks:
        return Watermarks(self.tables)

    @cached_property
    def leases(self) -> Leases:
        return Leases(self.watermarks, self.clock)

    @cached_property
    def pauses(self) -> Pauses:
        return Pauses(self.tables, self.clock)

    @cached_property
    def authorizations(self) -> AuthorizationStore:
        from shared.oauth.authorizations import AuthorizationStore

        return AuthorizationStore(self.tables)

    @cached_property
    def token_sets(self) -> TokenSets:
        from shared.oauth.token_sets import TokenSets

        return TokenSets(self.vault, self.tables, lambda: self.entra, self.clock)

    @cached_property
    def entra(self) -> Entra:
        """Microsoft Entra ID as this app signs people in with it. Raises NotConfiguredError."""
        from shared.oauth.building import make_entra

        return make_entra(self.settings, self.vault, lambda: self._identity, self.clock)

    @cached_property
    def streams(self) -> Mapping[str, Stream]:
        """The catalog, by name."""
        if self._streams is not None:
            return self._streams
        from shared.streams.catalog import STREAMS

        return STREAMS

    @cached_property
    def _health(self) -> Health:
        return Health(lambda: self.tables, lambda: self.queues, lambda: self.vault)

    @cached_property
    def _identity(self) -> TokenCredential:
        # Not the default chain: it tries other credentials first, and is slower to fail.
        from azure.identity import ManagedIdentityCredential

        return ManagedIdentityCredential(client_id=self.settings.azure_client_id)

    @property
    def _storage(self) -> dict[str, Any]:
        settings = self.settings
        if settings.storage_connection:
            return {"connection": settings.storage_connection}
        return {"account": settings.storage_account, "credential": self._identity}

    def ado_client(self, integration: Integration) -> AdoClient:
        """A client with the integration's credential; what Azure DevOps says about slowing down is everybody's.

        Raises CredentialError when the credential is gone from the vault.
        """
        organization, owner = integration.organization, integration.token_owner
        return self._client(
            organization,
            self.auth_of(integration),
            on_pause=partial(self._pause, organization, owner),
            paused=partial(self.pauses.seconds, organization, owner),
        )

    def auth_of(self, integration: Integration) -> Auth:
        """How its requests prove who asks. Raises CredentialError when its access token is gone from the vault."""
        from shared.ado.auth import BearerAuth, PatAuth

        if integration.auth_type == "oauth":
            return BearerAuth(self.token_sets.source(integration.id, integration.secret_name))
        return PatAuth(self.vault.get(integration.secret_name))

    def keeping(self, lease: Lease) -> AbstractContextManager[None]:
        """Renew a lease while its slice is at work."""
        return lease.kept(RENEW_SECONDS)

    def _pause(self, organization: str, owner: str, seconds: float) -> None:
        self.pauses.pause(organization, owner, seconds)

    def ado_client_for(self, organization: str, auth: Auth, *, timeout: float | None = None) -> AdoClient:
        """A client for the connection test: no exchange takes longer than ``timeout`` seconds, and none is repeated."""
        from shared.ado.transport import Timeouts

        if timeout is None:
            return self._client(organization, auth)
        limits = Timeouts(connect=timeout, read=timeout, total=timeout)
        return self._client(organization, auth, timeouts=limits, retry_waits=())

    def _client(self, organization: str, auth: Auth, **options: Any) -> AdoClient:
        from shared.ado.client import AdoClient
        from shared.ado.hosts import Hosts

        return AdoClient(organization, auth, hosts=Hosts(self.settings.ado_hosts), **options)

    def start_sync(self, integration: Integration, *, full: bool = False) -> Run:
        """Begin a sync and queue its planning; one that is running is given instead, and a full one follows it."""
        from shared.sync import start

        return start(self, integration, full=full)

    def status(self, integration: Integration) -> tuple[str, list[dict[str, Any]]]:
        """``data_status`` and its details."""
        from shared.status import integration_status

        return integration_status(self, integration)

    def health(self) -> dict[str, str]:
        """``ok`` or ``failed`` for tables, queues and vault; asked for at most every ten seconds."""
        return self._health.check()

    def tick(self, past_due: bool) -> None:
        from shared.sync import tick

        tick(self, past_due=past_due)

    def handle_plan(self, message: Plan) -> None:
        from shared.sync import handle_plan

        handle_plan(self, message)

    def handle_ingest(self, message: Ingest) -> None:
        from shared.ingest import handle_ingest

        handle_ingest(self, message)

    def handle_poison(self, queue: str, body: bytes, dequeue_count: int) -> None:
        from shared.poison import handle_poison

        handle_poison(self, queue, body, dequeue_count)


_lock = threading.Lock()
_built: list[Services] = []


def services() -> Services:
    """This worker's parts. Raises SettingsError in one clear line when a setting is missing or wrong."""
    with _lock:
        if not _built:
            _built.append(Services(Settings.from_env()))
        return _built[0]
