import logging

import pytest

from shared.errors import ContractError, TransientError
from shared.messages import Ingest, Plan
from shared.poison import REMEDY
from shared.streams.base import Stream
from tests.engine import Source, project, store, user


@pytest.fixture
def source(engine, integration):
    store(engine.services, project(integration.id, "a"), project(integration.id, "b"))
    source = Source([[user(integration.id, 1)], [user(integration.id, 2)]])
    engine.use(
        Stream("tickets", "tickets", "project", source.read),
        Stream("last", None, "organization", Source().read, after=("tickets",)),
    )
    return source


def always(source, error):
    """Project a fails at its second page, however often it is tried."""

    def fail():
        source.before[1] = fail
        if source.slices[-1].unit_id == "project-a":
            raise error

    source.before[1] = fail


def test_why_a_message_could_not_be_done_is_kept(engine, integration, source):
    odd = ContractError("pull request 7: status 'odd'", code="pull_request.unknown_status", remedy="Tell support.")
    always(source, odd)
    run = engine.sync(integration)
    assert run.status == "partially_failed"
    rows = engine.streams(run)
    row = rows["tickets", "project-a"]
    assert (row.status, row.error, row.error_code, row.remedy) == (
        "failed_project", "pull request 7: status 'odd'", "pull_request.unknown_status", "Tell support.",
    )  # fmt: skip
    assert rows["tickets", "project-b"].status == "succeeded"
    assert rows["last", "organization"].status == "succeeded"
    state = engine.services.watermarks.get(integration.id, "tickets", "project-a")
    assert (state.failure, state.error, state.watermark) == ("failed_project", row.error, {"page": 1})


def test_a_bug_of_ours_is_kept_with_a_remedy(engine, integration, source):
    always(source, ZeroDivisionError())
    run = engine.sync(integration)
    row = engine.streams(run)["tickets", "project-a"]
    assert (row.status, row.error_code, row.remedy) == ("failed_project", "internal", REMEDY)
    assert "tickets" in row.error


def test_trouble_without_end_is_kept(engine, integration, source):
    always(source, TransientError("dev.azure.com does not answer", code="network"))
    run = engine.sync(integration)
    row = engine.streams(run)["tickets", "project-a"]
    assert (row.status, row.error, row.error_code) == ("failed_project", "dev.azure.com does not answer", "network")


def test_the_next_sync_tries_again_from_the_watermark(engine, integration, source):
    always(source, ContractError("odd", code="odd"))
    engine.sync(integration)
    source.before.clear()
    source.reads.clear()
    assert engine.sync(integration).status == "succeeded"
    assert source.reads == [("project-a", 1)]


@pytest.mark.parametrize("times", [1, 3])
def test_a_poison_message_may_come_many_times(engine, integration, source, times):
    run = engine.services.start_sync(integration)
    engine.services.handle_plan(Plan(integration.workspace, integration.id, run.id))
    engine.lose_messages()
    message = Ingest(integration.workspace, integration.id, run.id, "tickets", "project-a")
    for _ in range(times):
        engine.services.handle_poison("ingest", message.to_json(), 6)
    row = engine.streams(run)["tickets", "project-a"]
    assert (row.status, row.errors) == ("failed_project", 1)


def test_a_run_that_cannot_be_planned_has_failed(engine, integration, source, monkeypatch):
    monkeypatch.setattr(engine.services.runs, "add_streams", None)
    run = engine.sync(integration)
    assert (run.status, run.error) == ("failed", "the sync could not be planned")
    monkeypatch.undo()
    assert engine.sync(integration).status == "succeeded"


def test_a_tick_that_cannot_be_planned_fails_the_run_it_began(engine, integration, source, monkeypatch):
    monkeypatch.setattr(engine.services.runs, "add_streams", None)
    engine.services.tick(False)
    engine.drain()
    assert engine.run(integration).status == "failed"
    assert engine.services.runs.state(integration.id).active_run_id == ""


@pytest.mark.parametrize("queue", ["ingest", "sync-plan"])
@pytest.mark.parametrize("body", [b"", b"not json: secret-token", b'{"workspace": 7}', b"[1]"])
def test_an_unreadable_message_is_logged_without_its_body(engine, queue, body, caplog):
    with caplog.at_level(logging.ERROR):
        engine.services.handle_poison(queue, body, 6)
    (record,) = [r for r in caplog.records if r.msg == "poison_message"]
    assert record.queue == queue
    assert "secret-token" not in str(record.__dict__)


def test_messages_of_what_is_gone_are_only_logged(engine, integration, source, caplog):
    gone = Ingest("acme", "no-such-id", "no-such-run", "tickets", "project-a")
    engine.services.handle_poison("ingest", gone.to_json(), 6)
    engine.services.handle_poison("sync-plan", Plan("acme", "no-such-id").to_json(), 6)
    engine.services.handle_poison("sync-plan", Plan("acme", integration.id, action="remove").to_json(), 6)
    assert [r.integration_id for r in caplog.records if r.msg == "poison_message"] == [
        "no-such-id", "no-such-id", integration.id,
    ]  # fmt: skip
