"""Simulations run their pools of threads inline, so that a seed makes the same history again."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.simulation.one_thread import one_thread


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    one_thread(monkeypatch.setattr)
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
