from dataclasses import replace

import pytest

from local.vault.server import VaultServer
from shared.errors import CredentialError
from shared.health import CACHE_SECONDS, Health
from shared.services import Services
from shared.streams.catalog import STREAMS
from shared.tables import Tables
from shared.vault import Secret
from tests.engine import new_integration, settings


@pytest.fixture
def server(tmp_path):
    with VaultServer(tmp_path, in_memory=True) as server:
        yield server


@pytest.fixture
def parts(azurite, prefix, tables, queues, server):
    return Services(settings(azurite, server.url, str(server.ca_file)), prefix=prefix)


def test_parts_are_built_once(parts):
    assert parts.tables is parts.tables
    assert parts.runs is parts.runs
    assert parts.streams is STREAMS


def test_a_client_is_made_with_the_stored_credential(parts):
    integration = new_integration(parts.clock)
    parts.vault.put(integration.secret_name, Secret("made-up-token"))
    client = parts.ado_client(integration)
    assert client.organization == "contoso"
    assert "made-up-token" not in repr(vars(client))
    client._pause(30.0)
    assert parts.pauses.until("contoso", "account-1") is not None
    client.close()


def test_a_credential_that_is_gone(parts):
    with pytest.raises(CredentialError):
        parts.ado_client(new_integration(parts.clock, secret_name="ado-none"))


def test_azure_is_reached_by_identity(parts):
    azure = Services(replace(parts.settings, storage_connection=None, storage_account="flowstore", local_vault_ca=None))
    assert azure._storage["account"] == "flowstore"
    assert azure._storage["credential"] is azure._identity
    assert type(azure._identity).__name__ == "ManagedIdentityCredential"
    assert azure.tables._service.url == "https://flowstore.table.core.windows.net"
    assert azure.queues._service.url == "https://flowstore.queue.core.windows.net/"


def test_health(parts):
    assert parts.health() == {"tables": "ok", "queues": "ok", "vault": "ok"}


def test_a_part_that_does_not_answer_has_failed(parts, server):
    nowhere = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;TableEndpoint=http://127.0.0.1:1/a;"
    seconds = [0.0]
    dead = Tables.connect(connection=nowhere)
    state = {"tables": dead}
    health = Health(lambda: state["tables"], lambda: parts.queues, lambda: parts.vault, lambda: seconds[0])
    assert health.check() == {"tables": "failed", "queues": "ok", "vault": "ok"}
    state["tables"] = parts.tables
    seconds[0] = CACHE_SECONDS - 1
    assert health.check()["tables"] == "failed"
    seconds[0] = CACHE_SECONDS
    assert health.check()["tables"] == "ok"


def test_tables_that_are_missing_have_failed(parts, azurite):
    elsewhere = Tables.connect(connection=azurite, prefix="nosuch")
    health = Health(lambda: elsewhere, lambda: parts.queues, lambda: parts.vault)
    assert health.check() == {"tables": "failed", "queues": "ok", "vault": "ok"}
