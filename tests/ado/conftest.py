"""A scripted server and clients of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shared.ado.auth import PatAuth
from shared.ado.client import AdoClient
from shared.ado.hosts import Hosts
from tests.ado.server import AdoServer

TOKEN = "Qz" * 26


@pytest.fixture
def server() -> Iterator[AdoServer]:
    with AdoServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server
        server.shutdown()


@pytest.fixture
def new_client(server: AdoServer) -> Iterator[Callable[..., AdoClient]]:
    """Make clients of the scripted server; second tries come at once unless said."""
    clients: list[AdoClient] = []

    def make(**options: Any) -> AdoClient:
        auth = options.pop("auth", None) or PatAuth(TOKEN)
        options.setdefault("retry_waits", (0, 0))
        clients.append(AdoClient("contoso", auth, hosts=Hosts.at(server.url), **options))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(new_client: Callable[..., AdoClient]) -> AdoClient:
    return new_client()
