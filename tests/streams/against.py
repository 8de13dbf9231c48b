"""Streams of one or several services run against the fake Azure DevOps, and held against its ground truth."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from local.fake_ado.testing import FakeAdo
from local.fake_ado.truth import truth
from shared.flow.base import ORGANIZATION_UNIT
from shared.flow.catalog import LISTS
from shared.flow.projects import TicketProject
from shared.flow.repos import Repo
from shared.flow.rows import to_json
from shared.streams.catalog import STREAMS
from tests.comparing import differences
from tests.streams.playing import Runner


def sync(runner: Runner, names: Iterable[str], *, now: datetime | None = None) -> list[tuple[str, str]]:
    """One slice of each unit of each stream, in the order given; (stream, id) of what was written."""
    now = now or datetime.now(UTC)
    written = []
    for stream in (STREAMS[name] for name in names):
        for unit, name in units(runner, stream.unit):
            runner.run(stream, now=now, unit=unit, name=name)
            written += [(stream.name, entity.id) for entity in runner.written()]
    return written


def units(runner: Runner, kind: str) -> list[tuple[str, str | None]]:
    """What a stream of this kind is run for."""
    if kind == "organization":
        return [(ORGANIZATION_UNIT, None)]
    projects = [one for one in runner.stored.all(TicketProject) if not one.is_deleted and not one.unavailable_since]
    if kind == "project":
        return sorted((one.id, one.name) for one in projects)
    readable = {one.id for one in projects}
    return sorted((one.id, one.name) for one in runner.stored.all(Repo) if one.project_id in readable)


def truth_of(runner: Runner, fake: FakeAdo) -> dict[str, Any]:
    """What a perfect reader would have stored."""
    return truth(fake.organization("demo"), runner.initial_processed_at)


def wrong(runner: Runner, fake: FakeAdo, lists: Iterable[str]) -> list[str]:
    """Every difference between what is stored and what is true."""
    expected = truth_of(runner, fake)
    found = []
    for name in lists:
        have = {entity.id: to_json(entity) for entity in runner.stored.all(LISTS[name])}
        found += differences(name, have, expected)
    return found
