from dataclasses import replace

import pytest

from local.vault.server import VaultServer
from shared import removal
from shared.errors import CredentialError
from shared.flow.users import UserAlias
from shared.messages import Ingest, Plan
from shared.storage import OWNED_BY_INTEGRATION
from shared.streams.base import Batch, Skip, Stream
from shared.vault import DevelopmentCredential, Secret, Vault
from tests.engine import Source, new_integration, user


@pytest.fixture
def vault(engine, tmp_path):
    with VaultServer(tmp_path, in_memory=True) as server:
        engine.services.__dict__["vault"] = Vault.connect(server.url, DevelopmentCredential(), str(server.ca_file))
        yield engine.services.vault


@pytest.fixture
def full(engine, integration, vault):
    """An integration with rows in several tables, a secret, and a neighbour that stays."""
    vault.put(integration.secret_name, Secret("t0p"))
    neighbour = engine.services.integrations.create(new_integration(engine.clock, name="neighbour"))
    for each in (integration, neighbour):
        engine.use(Stream("users", None, "organization", read_some(each)))
        engine.sync(each)
    assert count(engine, integration) == count(engine, neighbour) > 10
    return integration, neighbour


def read_some(integration):
    def read(slice_):
        skips = tuple(Skip("pull_requests", str(n), "tfvc", "d") for n in range(3))
        yield Batch({"n": 1}, tuple(user(integration.id, n) for n in range(6)), skips)

    return read


def count(engine, integration):
    found = (engine.services.tables.query(table, prefix=integration.id) for table in OWNED_BY_INTEGRATION)
    return sum(1 for rows in found for _ in rows)


def begin(engine, integration):
    leaving = engine.services.integrations.begin_removal(integration)
    engine.services.queues.send(Plan(integration.workspace, integration.id, action="remove"))
    return leaving


def test_everything_of_it_goes_and_nothing_else(engine, full, vault):
    integration, neighbour = full
    rows = count(engine, integration)
    begin(engine, integration)
    engine.drain()
    assert count(engine, integration) == 0
    assert count(engine, neighbour) == rows
    with pytest.raises(CredentialError):
        vault.get(integration.secret_name)
    store = engine.services.integrations
    assert store.load(integration.workspace, integration.id) is None
    assert store.find(integration.id).state == "deleted"
    deletion = store.deletion(integration.id)
    assert deletion.rows_removed == rows
    assert deletion.finished_at is not None


@pytest.mark.parametrize("stop", [1, 3, 6])
def test_stopped_anywhere_it_goes_on(engine, full, vault, monkeypatch, stop):
    integration, _ = full
    monkeypatch.setattr(removal, "_LOT", 4)
    calls, delete = [], engine.services.tables.delete

    def power_cut(table, keys):
        calls.append(table)
        if len(calls) == stop:
            raise ConnectionError
        delete(table, keys)

    monkeypatch.setattr(engine.services.tables, "delete", power_cut)
    begin(engine, integration)
    engine.drain()
    assert len(calls) > stop
    assert count(engine, integration) == 0
    assert engine.services.integrations.deletion(integration.id).finished_at is not None


def test_out_of_time_it_puts_its_message_back(engine, full, vault, monkeypatch):
    integration, _ = full
    monkeypatch.setattr(removal, "_LOT", 4)
    delete = engine.services.tables.delete

    def slow(table, keys):
        engine.clock.pass_(minutes=5)
        delete(table, keys)

    monkeypatch.setattr(engine.services.tables, "delete", slow)
    begin(engine, integration)
    engine.drain()
    assert sum(isinstance(message, Plan) and message.action == "remove" for message in engine.handled) > 3
    assert count(engine, integration) == 0


def test_a_worker_in_the_middle_of_a_page_leaves_nothing_behind(engine, integration, vault):
    """It holds the lease when the removal begins, and writes its page after the first sweep."""
    source = Source([[user(integration.id, 1)], [user(integration.id, 2)], [user(integration.id, 3)]])
    engine.use(Stream("users", None, "organization", source.read))

    def remove():
        found = engine.services.integrations.get(integration.workspace, integration.id)
        engine.services.integrations.begin_removal(found)
        engine.services.handle_plan(Plan(integration.workspace, integration.id, action="remove"))
        assert engine.rows(UserAlias, integration) == []

    source.before[1] = remove
    engine.services.start_sync(integration)
    engine.drain()
    assert source.reads == [("organization", 0), ("organization", 1)]
    assert count(engine, integration) == 0
    deletion = engine.services.integrations.deletion(integration.id)
    assert deletion.finished_at >= deletion.sweep_after


def test_messages_of_a_removed_integration_are_dropped(engine, full, vault):
    integration, _ = full
    run = engine.run(integration)
    begin(engine, integration)
    engine.drain()
    engine.services.handle_ingest(Ingest(integration.workspace, integration.id, run.id, "users", "organization"))
    engine.services.handle_plan(Plan(integration.workspace, integration.id))
    engine.services.handle_plan(Plan(integration.workspace, integration.id, action="remove"))
    assert count(engine, integration) == 0


def test_an_integration_that_is_not_leaving_is_not_removed(engine, full, vault):
    integration, _ = full
    rows = count(engine, integration)
    engine.services.handle_plan(Plan(integration.workspace, integration.id, action="remove"))
    assert count(engine, integration) == rows
    assert vault.get(integration.secret_name) == Secret("t0p")
    assert replace(integration, state="active") == engine.services.integrations.get("acme", integration.id)
