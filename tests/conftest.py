"""Fixtures that several suites need: a real Azurite, and tables and queues of a test's own in it."""

from __future__ import annotations

import ctypes
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.flow.integration import Integration
from shared.queues import Queues
from shared.storage import create_all
from shared.streams.base import Stream
from shared.tables import Tables
from tests import canaries
from tests.canaries import WATCH
from tests.engine import Clock, Engine, EngineServices, new_integration, settings
from tests.figures import FULL
from tests.loopback import NETWORK

REPO = Path(__file__).resolve().parent.parent
AZURITE = REPO / "local" / "node_modules" / ".bin" / "azurite"
ACCOUNT = "devstoreaccount1"
# Azurite's published development key: https://learn.microsoft.com/azure/storage/common/storage-use-azurite
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
SERVICES = ("Blob", "Queue", "Table")

canaries.install()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave proofs to ``make prove``; there the rest is left out by ``-m``."""
    if FULL:
        return
    proofs = [item for item in items if item.get_closest_marker("prove")]
    items[:] = [item for item in items if item not in proofs]
    if proofs:
        config.hook.pytest_deselected(items=proofs)


@pytest.fixture(autouse=True)
def _loopback_only() -> Iterator[None]:
    """Fails the test during which something asked for a host off this machine."""
    before = len(NETWORK.refused)
    yield
    assert not NETWORK.refused[before:], "reached for what is not this machine"


@pytest.fixture(autouse=True)
def _no_token_leaves() -> Iterator[None]:
    """Fails the test during which a token was seen where none belongs."""
    before = len(WATCH.seen)
    yield
    assert not WATCH.seen[before:], "a token was seen where none belongs"


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def _die_with_parent() -> None:
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def _listening(port: int) -> bool:
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def _start(ports: list[int]) -> subprocess.Popen[bytes] | None:
    """Start Azurite and wait until it listens; None when it ended instead (a port was taken in between)."""
    arguments = [f"--{name.lower()}Port={port}" for name, port in zip(SERVICES, ports, strict=True)]
    flags = ["--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--silent"]
    process = subprocess.Popen([AZURITE, *arguments, *flags], preexec_fn=_die_with_parent)
    deadline = time.monotonic() + 60
    while process.poll() is None:
        if all(_listening(port) for port in ports):
            return process
        if time.monotonic() > deadline:
            process.kill()
            pytest.fail("Azurite does not listen after 60 s")
        time.sleep(0.1)
    return None


@pytest.fixture(scope="session")
def azurite() -> Iterator[str]:
    """Connection string of an Azurite in memory, for the whole session."""
    if not AZURITE.exists():
        pytest.fail(f"{AZURITE} is missing: run `make install`")
    for _ in range(3):
        ports = _free_ports(len(SERVICES))
        process = _start(ports)
        if process:
            break
    else:
        pytest.fail("Azurite ended at once, three times")
    endpoints = "".join(
        f"{name}Endpoint=http://127.0.0.1:{port}/{ACCOUNT};" for name, port in zip(SERVICES, ports, strict=True)
    )
    yield f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};{endpoints}"
    process.kill()  # nothing to flush, and it would wait for idle connections to close
    process.wait()


@pytest.fixture
def prefix() -> str:
    """A name prefix that no other test uses."""
    return "t" + secrets.token_hex(4)


@pytest.fixture
def tables(azurite: str, prefix: str) -> Tables:
    """All tables of the app, empty, under the test's prefix."""
    store = Tables.connect(connection=azurite, prefix=prefix)
    create_all(tables=store)
    return store


@pytest.fixture
def queues(azurite: str, prefix: str) -> Queues:
    """All queues of the app, empty, under the test's prefix."""
    store = Queues.connect(connection=azurite, prefix=f"{prefix}-")
    create_all(queues=store)
    return store


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def engine(azurite: str, prefix: str, tables: Tables, queues: Queues, clock: Clock) -> Engine:
    """The engine with an empty catalog; a test gives it its streams with ``use``."""
    catalog: dict[str, Stream] = {}
    services = EngineServices(settings(azurite), clock=clock, streams=catalog, prefix=prefix)
    return Engine(services, clock, azurite, prefix, catalog)


@pytest.fixture
def integration(engine: Engine, clock: Clock) -> Integration:
    """A stored, active integration of the engine's."""
    return engine.services.integrations.create(new_integration(clock))
