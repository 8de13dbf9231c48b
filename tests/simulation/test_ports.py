"""The ports in memory behave as the real ones: the same tests, and the same random calls with the same outcomes."""

from __future__ import annotations

import base64
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.storage.queue import QueueServiceClient

from local.vault.server import VaultServer
from shared.errors import ConnectorError
from shared.messages import Ingest
from shared.queues import Queues
from shared.storage import RUNS, create_all
from shared.tables import Condition, RowChangedError, RowExistsError, Tables
from shared.vault import DevelopmentCredential, Secret, Vault
from tests import test_tables
from tests.simulation.memory_queues import MemoryQueues, MessageGoneError, QueueStore
from tests.simulation.memory_tables import MemoryTables, TableStore
from tests.simulation.memory_vault import MemorySecretClient, VaultStore

CONTRACT = {name: test for name, test in vars(test_tables).items() if name.startswith("test_")}


@pytest.fixture
def tables(request: pytest.FixtureRequest) -> Tables:
    """The tables in memory: ``tests/test_tables.py`` runs on the real ones."""
    store = MemoryTables(TableStore(), page_rows=7)
    create_all(tables=store)
    return store


globals().update(CONTRACT)


def test_the_contract_is_the_whole_of_it() -> None:
    assert len(CONTRACT) >= 20


def outcome(call: Any) -> Any:
    """What a call gives, or how it fails; ETags are names of versions and differ."""
    try:
        return call()
    except (RowExistsError, RowChangedError) as error:
        return type(error).__name__, error.index


class Calls:
    """Random calls of one store, the same for the same seed; remembers the ETags that the store gave."""

    def __init__(self, store: Tables) -> None:
        self.store = store
        self.etags: dict[tuple[str, str], list[str]] = {}

    def do(self, rng: random.Random) -> Any:
        verb = rng.choice(["create", "create", "replace", "replace", "upsert", "delete", "transact", "get", "query"])
        return outcome(lambda: getattr(self, f"_{verb}")(rng))

    def _row(self, rng: random.Random, partition: str | None = None) -> dict[str, Any]:
        keys = {"PartitionKey": partition or rng.choice(["i1", "i1|a", "i2"]), "RowKey": rng.choice("abcdefg")}
        values = {"n": rng.randrange(5), "at": datetime(2026, 1, rng.randrange(1, 9), tzinfo=UTC), "text": "é'x"}
        return keys | {name: value for name, value in values.items() if rng.random() < 0.7}

    def _etag(self, rng: random.Random, row: dict[str, Any]) -> str:
        known = self.etags.get((row["PartitionKey"], row["RowKey"]), ['W/"none"'])
        return rng.choice(known[-2:])

    def _keep(self, row: dict[str, Any], etag: str | None) -> None:
        if etag:
            self.etags.setdefault((row["PartitionKey"], row["RowKey"]), []).append(etag)

    def _create(self, rng: random.Random) -> None:
        row = self._row(rng)
        self._keep(row, self.store.create(RUNS, row))

    def _replace(self, rng: random.Random) -> None:
        row = self._row(rng)
        self._keep(row, self.store.replace(RUNS, row, self._etag(rng, row)))

    def _upsert(self, rng: random.Random) -> int:
        return self.store.upsert(RUNS, [self._row(rng) for _ in range(3)])

    def _delete(self, rng: random.Random) -> None:
        rows = [self._row(rng) for _ in range(2)]
        self.store.delete(RUNS, [(row["PartitionKey"], row["RowKey"]) for row in rows])

    def _transact(self, rng: random.Random) -> list[bool]:
        rows = {row["RowKey"]: row for row in (self._row(rng, "i1") for _ in range(4))}
        new, changed, *gone = [*rows.values(), None, None][:4]
        given = self.store.transact(
            RUNS,
            creates=[new] if new else [],
            replaces=[(changed, self._etag(rng, changed))] if changed else [],
            deletes=[(row["PartitionKey"], row["RowKey"]) for row in gone if row],
        )
        for row, etag in zip([one for one in (new, changed) if one], given, strict=False):
            self._keep(row, etag)
        return [etag is not None for etag in given]

    def _get(self, rng: random.Random) -> Any:
        row = self._row(rng)
        found = self.store.get(RUNS, row["PartitionKey"], row["RowKey"])
        if found:
            self._keep(row, found.etag)
        return found.row if found else None

    def _query(self, rng: random.Random) -> list[Any]:
        where: Any = {"n": Condition(rng.choice(["eq", "ne", "lt", "ge"]), 2)} if rng.random() < 0.5 else None
        first = rng.choice([None, "b", "d"])
        return [one.row for one in self.store.query(RUNS, prefix="i1", row_from=first, row_to="f", where=where)]


@pytest.mark.parametrize("seed", range(4))
def test_random_calls_come_out_the_same_on_azurite(seed, azurite, prefix):
    real, memory = Tables.connect(connection=azurite, prefix=prefix), MemoryTables(TableStore(), page_rows=3)
    real.create_table(RUNS)
    memory.create_table(RUNS)
    on_azurite, in_memory = Calls(real), Calls(memory)
    for number in range(120):
        call = f"{seed} {number}"
        assert in_memory.do(random.Random(call)) == on_azurite.do(random.Random(call)), call
    assert [one.row for one in memory.query(RUNS)] == [one.row for one in real.query(RUNS)]


def test_a_missing_table_is_the_same(azurite, prefix):
    real, memory = Tables.connect(connection=azurite, prefix=prefix), MemoryTables(TableStore())
    for call in (
        lambda store: store.get(RUNS, "a", "b"),
        lambda store: store.create(RUNS, {"PartitionKey": "a", "RowKey": "b"}),
        lambda store: list(store.query(RUNS)),
        lambda store: store.delete(RUNS, [("a", "b")]),
    ):
        assert outcome(lambda: call(memory)) == outcome(lambda: call(real))  # noqa: B023 - called at once


class AzuriteQueue:
    """Receiving as the functions host does, from the real queue."""

    def __init__(self, connection: str, name: str) -> None:
        self._client = QueueServiceClient.from_connection_string(connection).get_queue_client(name)

    def visible(self) -> list[bytes]:
        return sorted(base64.b64decode(one.content) for one in self._client.peek_messages(32))

    def take(self) -> Any:
        return self._client.receive_message(visibility_timeout=600)

    def body(self, message: Any) -> tuple[bytes, int]:
        return base64.b64decode(message.content), message.dequeue_count

    def receipt(self, message: Any) -> Any:
        return message.pop_receipt

    def hide(self, message: Any, receipt: Any, seconds: int) -> Any:
        return self._client.update_message(message.id, receipt, visibility_timeout=seconds).pop_receipt

    def delete(self, message: Any, receipt: Any) -> None:
        self._client.delete_message(message.id, receipt)


class MemoryQueue:
    """The same on the queue in memory."""

    def __init__(self, store: QueueStore) -> None:
        self._store = store

    def visible(self) -> list[bytes]:
        return sorted(one.body for one in self._store.visible("ingest"))

    def take(self) -> Any:
        found = self._store.visible("ingest")
        if not found:
            return None
        self._store.take(found[0], timedelta(seconds=600))
        return found[0]

    def body(self, message: Any) -> tuple[bytes, int]:
        return message.body, message.dequeue_count

    def receipt(self, message: Any) -> Any:
        return message.receipt

    def hide(self, message: Any, receipt: Any, seconds: int) -> Any:
        return self._store.hide(message, receipt, timedelta(seconds=seconds))

    def delete(self, message: Any, receipt: Any) -> None:
        self._store.delete(message, receipt)


@pytest.fixture(params=["azurite", "memory"])
def queue(request, azurite, prefix):
    """Our sending side and a receiving side of one queue."""
    if request.param == "memory":
        store = QueueStore(lambda: datetime(2026, 1, 1, tzinfo=UTC))
        sender: Queues = MemoryQueues(store)
        receiver: Any = MemoryQueue(store)
    else:
        sender, receiver = (
            Queues.connect(connection=azurite, prefix=f"{prefix}-"),
            AzuriteQueue(azurite, f"{prefix}-ingest"),
        )
    create_all(queues=sender)
    return sender, receiver


def message(number: int) -> Ingest:
    return Ingest("acme", "i1", "run", "tickets", f"unit-{number}")


def test_a_message_taken_is_hidden_and_counted(queue):
    sender, receiver = queue
    sender.send(message(1))
    taken = receiver.take()
    assert receiver.body(taken) == (message(1).to_json(), 1)
    assert receiver.take() is None
    receiver.hide(taken, receiver.receipt(taken), 0)
    assert receiver.body(receiver.take()) == (message(1).to_json(), 2)


def test_a_message_given_back_has_a_new_receipt_and_the_old_one_is_worth_nothing(queue):
    sender, receiver = queue
    sender.send(message(1))
    taken = receiver.take()
    old = receiver.receipt(taken)
    new = receiver.hide(taken, old, 600)
    with pytest.raises((MessageGoneError, HttpResponseError)):
        receiver.delete(taken, old)
    receiver.delete(taken, new)
    with pytest.raises((MessageGoneError, ResourceNotFoundError)):
        receiver.hide(taken, new, 0)


def test_what_is_sent_twice_is_there_twice_and_what_is_delayed_is_not_seen(queue):
    sender, receiver = queue
    sender.send(message(1))
    sender.send(message(1))
    sender.send(message(2), 300)
    assert receiver.visible() == [message(1).to_json()] * 2


def test_a_queue_that_is_not_there(queue):
    with pytest.raises(RowChangedError):
        queue[0].ping("nosuchqueue")


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory):
    with VaultServer(tmp_path_factory.mktemp("vault"), in_memory=True) as server:
        yield server


@pytest.fixture(params=["stand-in", "memory"])
def vault(request, stand_in):
    if request.param == "memory":
        client: Any = MemorySecretClient(VaultStore())
        return Vault(client)
    return Vault.connect(stand_in.url, DevelopmentCredential(), str(stand_in.ca_file))


def test_secrets_come_back_change_and_go(vault, prefix):
    name = f"ado-{prefix}"
    vault.put(name, Secret("one"))
    _, first = vault.read(name)
    vault.put(name, Secret("two"))
    found, second = vault.read(name)
    assert (found, first == second) == (Secret("two"), False)
    vault.disable(name, first)
    assert vault.read(name) == (Secret("two"), second)
    vault.delete(name)
    with pytest.raises(ConnectorError) as missing:
        vault.get(name)
    assert missing.value.code == "credential.missing"
    vault.delete(name)
    vault.ping()


def test_a_version_that_was_disabled_is_trouble_and_not_a_missing_secret(vault, prefix):
    name = f"ado-{prefix}-disabled"
    vault.put(name, Secret("one"))
    vault.disable(name, vault.read(name)[1])
    with pytest.raises(ConnectorError) as refused:
        vault.read(name)
    assert refused.value.code == "vault.unavailable"
