"""Runs of events: beside the active run, one for each minute, and no hint is lost between two slices."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.flow.integration import Integration
from shared.messages import Ingest, Plan
from shared.streams.base import Stream
from shared.webhooks import hints
from shared.webhooks.events import Hint
from tests.engine import Clock, Engine, Source, project, store, user

TICKETS = Hint("tickets", "organization", "organization")


def act(engine: Engine, integration: Integration, hint: Hint = TICKETS) -> None:
    hints.note(engine.services, integration.id, hint)
    hints.act(engine.services, integration, hint)


def ingests(engine: Engine) -> list[Ingest]:
    return [sent for sent, _ in engine.queues.sent if isinstance(sent, Ingest)]


@pytest.fixture
def source(engine: Engine, integration: Integration) -> Source:
    """What the stream of tickets reads: one page with one row, again and again."""
    source = Source()
    engine.use(Stream("tickets", "tickets", "organization", source.read))
    source.pages = [(user(integration.id, 1),)]
    return source


def test_a_run_of_events_ends_after_its_minute(engine, integration, source, clock):
    act(engine, integration)
    run = engine.run(integration)
    assert (run.kind, run.final) == ("webhook", False)
    engine.drain()  # turns the clock to the message that ends it
    run = engine.run(integration)
    assert (run.kind, run.status) == ("webhook", "succeeded")
    assert hints.take(engine.services, integration.id, "tickets", "organization").keys == ()
    assert [slice_.hints for slice_ in source.slices] == [("",)]


def test_it_blocks_no_sync_and_is_blocked_by_none(engine, integration, source):
    active = engine.services.start_sync(integration)
    act(engine, integration)
    assert engine.services.runs.active(engine.services.runs.state(integration.id)).id == active.id
    engine.drain()
    runs = {run.kind: run.status for run in engine.services.runs.list(integration.id, 10)[0]}
    assert runs == {"initial": "succeeded", "webhook": "succeeded"}
    assert engine.services.runs.state(integration.id).initial_done


def test_hints_of_one_minute_share_a_run_and_a_message(engine, integration, source):
    for _ in range(5):
        act(engine, integration)
    assert len(ingests(engine)) == 1
    assert len(engine.services.runs.list(integration.id, 10)[0]) == 1


def test_a_hint_that_comes_while_its_stream_is_read_has_it_read_again(engine, integration, source):
    source.before[0] = lambda: act(engine, integration)
    act(engine, integration)
    engine.drain()
    assert [slice_.hints for slice_ in source.slices] == [("",), ("",)]
    assert hints.take(engine.services, integration.id, "tickets", "organization").keys == ()


def test_a_hint_after_the_end_of_its_stream_opens_it_again(engine, integration, source):
    act(engine, integration)
    message = ingests(engine)[0]
    engine.services.handle_ingest(message)
    row = engine.services.runs.stream(integration.id, message.run_id, "tickets", "organization")
    assert row.status == "succeeded"
    act(engine, integration)
    row = engine.services.runs.stream(integration.id, message.run_id, "tickets", "organization")
    assert row.status == "queued"
    engine.drain()
    assert len(source.slices) == 2


def test_a_message_that_was_lost_is_sent_again_by_the_next_hint(engine, integration, source, clock):
    clock.now = clock.now.replace(second=5)
    act(engine, integration)
    engine.lose_messages()
    clock.pass_(seconds=hints.SILENT.total_seconds() + 1)
    act(engine, integration)
    assert len(ingests(engine)) == 2


def test_a_run_whose_messages_were_lost_is_ended_by_the_timer(engine, integration, source, clock):
    act(engine, integration)
    engine.lose_messages()
    engine.queues.sent.clear()
    clock.pass_(minutes=15)
    services = engine.services
    hints.end_old_runs(services, integration, services.runs.list(integration.id, 50)[0])
    engine.drain()
    assert engine.run(integration).status == "succeeded"


@pytest.mark.parametrize("hint", [
    Hint("nonsense", "organization", "organization"), Hint("builds", "project", "project-two"),
    Hint("builds", "project", "none"), Hint("commits", "repo", "none"),
])  # fmt: skip
def test_only_what_is_read_is_wanted(engine, integration, source, hint):
    engine.use(Stream("builds", "repos", "project", source.read), Stream("commits", "repos", "repo", source.read))
    store(engine.services, project(integration.id, "one"), project(integration.id, "two", is_imported=False))
    assert not hints.is_wanted(engine.services, integration, hint)
    assert hints.is_wanted(engine.services, integration, Hint("builds", "project", "project-one"))
    off = replace(integration, services={**integration.services, "repos": False})
    assert not hints.is_wanted(engine.services, off, Hint("builds", "project", "project-one"))


def test_events_and_hints_are_forgotten_after_a_day(engine: Engine, integration: Integration, clock: Clock):
    hooks = engine.services.hooks
    hooks.see(integration.id, "a", clock())
    hints.note(engine.services, integration.id, TICKETS)
    clock.pass_(hours=20)
    hooks.see(integration.id, "b", clock())
    clock.pass_(hours=5)
    hooks.sweep(integration.id, clock())
    assert not hooks.has_seen(integration.id, "a")
    assert hooks.has_seen(integration.id, "b")
    assert hints.take(engine.services, integration.id, "tickets", "organization").keys == ()


def test_the_timer_looks_after_webhooks_that_are_on(engine, integration):
    on = replace(integration, services={**integration.services, "webhooks": True})
    engine.services.integrations.replace(on)
    engine.services.tick(past_due=False)
    assert {sent.action for sent, _ in engine.queues.sent if isinstance(sent, Plan)} == {"plan", "webhooks"}
