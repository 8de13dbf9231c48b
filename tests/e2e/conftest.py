from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.canaries import traces
from tests.e2e.stack import Fake, Stack


@pytest.fixture
def fake() -> Iterator[Fake]:
    """A fake Azure DevOps with one tiny organisation."""
    fake = Fake.start("contoso", "tiny")
    yield fake
    fake.stop()


@pytest.fixture
def stack(fake: Fake, tmp_path: Path) -> Iterator[Stack]:
    """The whole stack on a folder of its own, playing against ``fake``."""
    stack = Stack(tmp_path, fake.url)
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()
    assert not traces(stack.log.encode()), "the stack's log holds a token"
