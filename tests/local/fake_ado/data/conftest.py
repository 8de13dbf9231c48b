"""A served organisation made from a seed; the tests of this folder do not change it unless they make their own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from local.fake_ado.generate import make_organization
from local.fake_ado.model import Organization
from local.fake_ado.testing import FakeAdo, start_fake
from tests.local.fake_ado.minimal import Client

NOW = datetime(2026, 9, 10, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def served() -> Iterator[FakeAdo]:
    with start_fake([make_organization("demo", 1, "small", NOW)]) as running:
        yield running


@pytest.fixture(scope="session")
def made(served: FakeAdo) -> Organization:
    """What is served. Not to be changed."""
    return served.organization("demo")


@pytest.fixture(scope="session")
def reader(served: FakeAdo) -> Client:
    """A client with the token ``good`` unless told."""
    return Client(served)


@pytest.fixture
def tiny() -> Organization:
    """A small organisation of the test's own."""
    return make_organization("demo", 1, "tiny", NOW)
