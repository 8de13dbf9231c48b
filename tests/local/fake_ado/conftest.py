"""A running fake with the small organisation, and a client for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.fake_ado.settings import FakeSettings
from local.fake_ado.testing import FakeAdo, start_fake
from tests.local.fake_ado.minimal import Client, hide, minimal_organization
from tests.local.fake_ado.receiver import Receiver, running_receiver


@pytest.fixture
def fake() -> Iterator[FakeAdo]:
    settings = FakeSettings(graph_page_size=3, hook_time_scale=0.0005, hook_timeout_seconds=2.0)
    with start_fake([minimal_organization()], settings=settings) as running:
        hide(running.organization("demo"))
        yield running


@pytest.fixture
def client(fake: FakeAdo) -> Client:
    return Client(fake)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as running:
        yield running
