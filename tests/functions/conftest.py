"""The app in Microsoft's worker library, on Azurite, a vault of its own and a fake Azure DevOps."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.fake_ado.named_tokens import named_tokens
from local.fake_ado.testing import FakeAdo, start_fake
from local.vault.server import VaultServer
from shared import services as service_parts
from shared.config import Settings
from shared.flow.base import Entity
from shared.flow.integration import SERVICES, Integration
from shared.flow.rows import to_row
from shared.integration_store import new_integration_id
from shared.services import Services
from shared.storage import create_all
from tests.functions.api import Api
from tests.functions.worker import SETTINGS, Worker

ORGANIZATION = "contoso"


@pytest.fixture(scope="session")
def worker() -> Worker:
    """The app, loaded as Azure loads it."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SETTINGS.items():
            patch.setenv(name, value)
        return Worker()


@pytest.fixture(scope="session")
def vault_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultServer]:
    with VaultServer(tmp_path_factory.mktemp("vault"), in_memory=True) as server:
        yield server


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeAdo]:
    with start_fake([ORGANIZATION, "fabrikam"]) as running:
        yield running


class Clock:
    """The time as the app sees it: the real one, moved by what a test adds."""

    def __init__(self) -> None:
        self.added = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.added


@pytest.fixture(scope="module")
def _clock() -> Clock:
    return Clock()


@pytest.fixture
def clock(_clock: Clock) -> Iterator[Clock]:
    yield _clock
    _clock.added = timedelta()


@pytest.fixture(scope="module")
def more_settings() -> dict[str, str]:
    """App settings beside the usual ones; a module may have its own."""
    return {"PUBLIC_BASE_URL": "https://flow.example"}


@pytest.fixture(scope="module")
def parts(
    azurite: str, vault_server: VaultServer, fake: FakeAdo, _clock: Clock, more_settings: dict[str, str]
) -> Iterator[Services]:
    """The app's parts, which every function of the worker finds; tests keep apart by their workspaces."""
    settings = Settings.from_env({
        "AzureWebJobsStorage": azurite,
        "KEY_VAULT_URL": vault_server.url,
        "SYNC_SCHEDULE": "0 */15 * * * *",
        "AZURE_FUNCTIONS_ENVIRONMENT": "Development",
        "ADO_HOSTS": json.dumps(fake.hosts()),
        "LOCAL_VAULT_CA": str(vault_server.ca_file),
        **more_settings,
    })  # fmt: skip
    found = Services(settings, clock=_clock, prefix="t" + secrets.token_hex(4))
    create_all(found.tables, found.queues)
    service_parts._built[:] = [found]
    yield found
    service_parts._built.clear()


@pytest.fixture
def api(worker: Worker, parts: Services) -> Api:
    """A caller in a workspace that no other test has."""
    return Api(worker, "w-" + secrets.token_hex(6))


@pytest.fixture
def stored(parts: Services, api: Api) -> Integration:
    """An integration that is there without having been tested."""
    now = parts.clock()
    return parts.integrations.create(
        Integration(
            id=new_integration_id(), workspace=api.workspace, name="Stored", organization=ORGANIZATION,
            username="a@example.com", services=dict.fromkeys(SERVICES, True), secret_name="none",
            created_at=now, updated_at=now,
        )
    )  # fmt: skip


@pytest.fixture
def store(parts: Services) -> Callable[..., None]:
    """Put entities into their tables."""

    def put(*entities: Entity) -> None:
        for entity in entities:
            parts.tables.upsert(entity.TABLE, [to_row(entity)])

    return put


@pytest.fixture
def auth(fake: FakeAdo) -> Callable[..., dict[str, Any]]:
    """Credentials for a request: a named token with its owner's address."""

    def make(token: str = "good", organization: str = ORGANIZATION, **other: Any) -> dict[str, Any]:
        home = fake.organization(organization)
        found = named_tokens(home)[token]
        owner = home.identities.get(found.identity_id)
        email = owner.account if owner else "nobody@example.com"
        return {"type": "access_token", "email": email, "token": found.value, **other}

    return make


@pytest.fixture
def connect(api: Api, auth: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Create an integration of the fake organisation."""

    def create(name: str = "Demo", token: str = "good", workspace: str | None = None, **other: Any) -> dict[str, Any]:
        body = {"name": name, "base_url": f"https://dev.azure.com/{ORGANIZATION}", "auth": auth(token), **other}
        reply = api.call("create_integration", body=body, workspace=workspace)
        assert reply.status == 201, reply.json
        return dict(reply.json)

    return create


@pytest.fixture(scope="module")
def queued(parts: Services) -> Callable[[str, str], list[dict[str, Any]]]:
    """The messages that were sent to a queue about one integration, in their order."""
    taken: dict[str, list[dict[str, Any]]] = {}

    def read(queue: str, integration_id: str) -> list[dict[str, Any]]:
        known = taken.setdefault(queue, [])
        for message in parts.queues._client(queue).receive_messages(visibility_timeout=3600):
            known.append(json.loads(base64.b64decode(message.content)))
        return [message for message in known if message["integration_id"] == integration_id]

    return read
