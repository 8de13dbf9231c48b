"""Workers that share tables, a vault and the fake sign-in of Microsoft, each with parts and caches of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.fake_ado.testing import FakeAdo, start_fake
from local.vault.server import VaultServer
from shared.ado.hosts import ENTRA
from shared.config import Settings
from shared.oauth.token_set import TokenSet
from shared.services import Services
from shared.vault import Secret, new_secret_name
from tests.engine import Clock
from tests.oauth.browser import sent_back

SECRET_NAME = "flow-app"


@pytest.fixture(scope="session")
def vault_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultServer]:
    with VaultServer(tmp_path_factory.mktemp("vault"), in_memory=True) as server:
        yield server


@pytest.fixture
def fake() -> Iterator[FakeAdo]:
    with start_fake(["contoso"]) as running:
        yield running


@pytest.fixture
def worker(
    azurite: str, prefix: str, tables: Any, vault_server: VaultServer, fake: FakeAdo, clock: Clock
) -> Callable[[], Services]:
    """Makes one more worker."""
    settings = Settings.from_env({
        "AzureWebJobsStorage": azurite,
        "KEY_VAULT_URL": vault_server.url,
        "SYNC_SCHEDULE": "0 */15 * * * *",
        "AZURE_FUNCTIONS_ENVIRONMENT": "Development",
        "ADO_HOSTS": json.dumps(fake.hosts()),
        "LOCAL_VAULT_CA": str(vault_server.ca_file),
        "OAUTH_CLIENT_ID": "11111111-2222-4333-8444-555555555555",
        "OAUTH_SECRET_NAME": SECRET_NAME,
        "PUBLIC_BASE_URL": "https://flow.example",
    })  # fmt: skip
    return lambda: Services(settings, clock=clock, prefix=prefix)


@pytest.fixture
def parts(worker: Callable[[], Services], fake: FakeAdo) -> Services:
    found = worker()
    found.vault.put(SECRET_NAME, Secret(fake.settings.entra_secret))
    return found


@pytest.fixture
def granted(parts: Services) -> TokenSet:
    """What a person has just granted."""
    started = parts.entra.begin("state")
    return parts.entra.redeem(
        code=sent_back(started.url)["code"], verifier=started.verifier, nonce=started.nonce
    ).tokens


@pytest.fixture
def name(parts: Services, granted: TokenSet) -> str:
    """Where the granted set is stored."""
    name = new_secret_name("integration-1")
    parts.token_sets.store(name, granted)
    return name


@pytest.fixture
def entra_url(fake: FakeAdo) -> str:
    return f"{fake.url}/{ENTRA}"
