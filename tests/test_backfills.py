"""A backfill and the feed that goes on where it ends: what changes between the two must be in one of them."""

from dataclasses import replace

import pytest

from shared.errors import UnavailableError
from shared.messages import Ingest, Plan
from shared.streams.base import Stream
from tests.engine import Source, project, store, user


@pytest.fixture
def feed(engine, integration):
    """A feed of the organisation and the backfill that comes after it, of one project."""
    store(engine.services, project(integration.id, "a"))
    sources = {"feed": Source([[user(integration.id, 1)]]), "backfill": Source([[user(integration.id, 2)]])}
    engine.use(
        Stream("feed", "tickets", "organization", sources["feed"].read),
        Stream("backfill", "tickets", "project", sources["backfill"].read, after=("feed",), once=True),
        Stream("users", None, "organization", Source().read),
    )
    return sources


def test_a_backfill_waits_for_a_feed_that_has_never_begun(engine, integration, feed):
    def refuse():
        raise UnavailableError("not found", code="unavailable")

    feed["feed"].before[0] = refuse
    run = engine.sync(integration)
    assert (run.status, feed["backfill"].reads) == ("partially_failed", [])
    assert engine.sync(integration).status == "succeeded"
    assert feed["backfill"].reads == [("project-a", 0)]


def test_a_backfill_waits_for_a_feed_whose_service_was_off_for_a_moment(engine, integration, feed):
    run = engine.services.start_sync(integration)
    engine.services.handle_plan(Plan.from_json(engine.take(Plan.QUEUE)))
    off = engine.services.integrations.replace(replace(integration, services={}))
    message = Ingest.from_json(engine.take(Ingest.QUEUE))
    assert message.stream == "feed"
    engine.services.handle_ingest(message)
    on = engine.services.integrations.replace(replace(off, services=integration.services))
    engine.services.handle_plan(Plan(integration.workspace, integration.id, run.id))
    engine.drain()
    assert feed["backfill"].reads == []
    assert engine.sync(on).status == "succeeded"
    assert feed["backfill"].reads == [("project-a", 0)]
