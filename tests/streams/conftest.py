"""An Azure DevOps of a test's own, and a runner of streams against it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.streams.playing import Ado, Runner


@pytest.fixture
def ado() -> Iterator[Ado]:
    server = Ado()
    yield server
    server.client.close()
    server.server.shutdown()
    server.server.server_close()


@pytest.fixture
def runner(ado: Ado) -> Runner:
    return Runner(ado.client)
