import threading
from dataclasses import replace

import pytest

from shared.errors import ContractError, CredentialError, TransientError, UnavailableError
from shared.flow.users import UserAlias
from shared.leases import LEASE, Lease
from shared.messages import Ingest
from shared.settle import TRIES, backoff_seconds
from shared.slices import LOOK_AROUND, SLICE
from shared.streams.base import Batch, Skip, Stream
from tests.engine import Source, project, store, user

PAGES = 4


@pytest.fixture
def source(engine, integration):
    """One stream of the organisation with four pages of two users."""
    source = Source([user(integration.id, 10 * page + n) for n in range(2)] for page in range(PAGES))
    engine.use(Stream("users", None, "organization", source.read))
    return source


@pytest.fixture
def message(engine, integration, source):
    """The stream's message, planned and taken off its queue."""
    run = engine.services.start_sync(integration)
    engine.services.handle_plan(engine_plan(engine))
    engine.queues.sent.clear()
    engine.lose_messages()
    return Ingest(integration.workspace, integration.id, run.id, "users", "organization")


def engine_plan(engine):
    return next(message for message, _ in engine.queues.sent)


def raising(error):
    def raise_it():
        raise error

    return raise_it


def row_of(engine, message):
    return engine.services.runs.stream(message.integration_id, message.run_id, message.stream, message.unit_id)


def sent(engine, kind=Ingest):
    return [(m, delay) for m, delay in engine.queues.sent if isinstance(m, kind)]


def state_of(engine, message):
    return engine.services.watermarks.get(message.integration_id, message.stream, message.unit_id)


class PowerCutError(Exception):
    """Stands for a kill: nothing of the slice goes on after it."""


def test_a_slice_reads_stores_and_ends(engine, integration, source, message):
    engine.services.handle_ingest(message)
    row = row_of(engine, message)
    assert (row.status, row.read, row.written, row.progress) == ("succeeded", 8, 8, 1.0)
    assert len(engine.rows(UserAlias, integration)) == 8
    state = state_of(engine, message)
    assert (state.watermark, state.owner, state.again) == ({"page": PAGES}, "", ())
    assert state.synced_at == engine.clock()


@pytest.mark.parametrize("page", range(PAGES))
def test_stopped_at_any_page_it_goes_on_there(engine, integration, source, message, page):
    source.before[page] = raising(PowerCutError())
    with pytest.raises(PowerCutError):
        engine.services.handle_ingest(message)
    assert (state_of(engine, message).watermark or {"page": 0}) == {"page": page}
    assert len(engine.rows(UserAlias, integration)) == 2 * page
    engine.services.handle_ingest(message)
    assert source.reads == [("organization", n) for n in range(PAGES)]
    assert len(engine.rows(UserAlias, integration)) == 2 * PAGES
    assert row_of(engine, message).status == "succeeded"


@pytest.mark.parametrize("page", range(PAGES))
def test_killed_between_rows_and_watermark_it_reads_that_page_again(
    engine, integration, source, message, page, monkeypatch
):
    replace_ = engine.services.watermarks.replace
    killed: list[object] = []

    def kill(state):
        if state.watermark == {"page": page + 1} and not killed:
            killed.append(state)
            raise PowerCutError
        return replace_(state)

    monkeypatch.setattr(engine.services.watermarks, "replace", kill)
    with pytest.raises(PowerCutError):
        engine.services.handle_ingest(message)
    assert len(engine.rows(UserAlias, integration)) == 2 * (page + 1)
    assert (state_of(engine, message).watermark or {"page": 0}) == {"page": page}
    engine.services.handle_ingest(message)
    assert source.reads.count(("organization", page)) == 2
    assert engine.watermark(integration, "users") == {"page": PAGES}


def test_out_of_time_it_puts_the_same_message_back(engine, integration, source, message):
    source.before[1] = lambda: engine.clock.pass_(seconds=SLICE.total_seconds())
    engine.services.handle_ingest(message)
    assert sent(engine) == [(message, 0)]
    assert state_of(engine, message).watermark == {"page": 2}
    assert state_of(engine, message).owner == ""
    assert row_of(engine, message).status == "running"
    engine.drain()
    assert row_of(engine, message).status == "succeeded"
    assert source.reads == [("organization", n) for n in range(PAGES)]


def test_a_message_that_finds_the_lease_taken_asks_for_another_look(engine, integration, source, message):
    other = replace(message, run_id="another-run")
    lease = engine.services.leases.take(integration.id, "users", "organization", other.run_id)
    engine.services.handle_ingest(message)
    assert source.slices == []
    assert state_of(engine, message).again == (message.run_id,)
    assert lease.release() == (message.run_id,)


def test_the_message_of_a_killed_worker_outlives_its_lease(engine, integration, source, message, monkeypatch):
    source.before[2] = raising(PowerCutError())
    monkeypatch.setattr(Lease, "__exit__", lambda *_: None)  # a kill lets go of nothing
    with pytest.raises(PowerCutError):
        engine.services.handle_ingest(message)
    monkeypatch.undo()
    engine.clock.pass_(seconds=15)  # the queue delivers the message again
    engine.services.handle_ingest(message)
    assert sent(engine) == [(message, LEASE.total_seconds() - 15 + 1)]
    assert len(source.reads) == 2
    engine.drain()
    assert row_of(engine, message).status == "succeeded"
    assert source.reads == [("organization", n) for n in range(PAGES)]


def test_a_second_copy_that_comes_at_the_very_end_reads_nothing(engine, integration, source, message, monkeypatch):
    """It comes after the first copy has read everything, and before that has said so."""
    reads, stream = source.reads, engine.services.runs.stream
    engine.services.handle_ingest(message)
    first = list(reads)
    before = replace(row_of(engine, message), status="running")
    looks = iter([before])
    monkeypatch.setattr(engine.services.runs, "stream", lambda *key: next(looks, None) or stream(*key))
    engine.services.handle_ingest(message)
    assert source.reads == first
    assert len(source.slices) == 1
    assert state_of(engine, message).owner == ""


def test_the_holder_sends_those_that_asked(engine, integration, source, message):
    def ask():
        engine.services.leases.take(integration.id, "users", "organization", "another-run")
        engine.services.leases.take(integration.id, "users", "organization", message.run_id)

    source.before[2] = ask
    engine.services.handle_ingest(message)
    assert sent(engine) == [(replace(message, run_id="another-run"), 0)]
    assert state_of(engine, message).again == ()
    assert engine.watermark(integration, "users") == {"page": PAGES}


def test_a_lost_lease_changes_nothing(engine, integration, source, message):
    """The first worker stalls before page 1; a second takes over and finishes; then the first goes on."""

    def stall():
        engine.clock.pass_(seconds=LEASE.total_seconds() + 1)
        source.pages[1] = (user(integration.id, 99, "newer"), user(integration.id, 0, "newer"))
        engine.services.handle_ingest(message)
        assert row_of(engine, message).status == "succeeded"
        source.pages[1] = (user(integration.id, 99, "older"), user(integration.id, 0, "older"))

    source.before[1] = stall
    engine.services.handle_ingest(message)
    names = {row["RowKey"]: row["name"] for row in engine.rows(UserAlias, integration)}
    assert (names["user-0099"], names["user-0000"]) == ("newer", "newer")
    state = state_of(engine, message)
    assert (state.watermark, state.owner, state.fence) == ({"page": PAGES}, "", 2)


def test_a_writer_that_lost_its_lease_unnoticed_cannot_move_the_watermark(engine, integration, source, message):
    """Its lease looks fresh by its own clock, so its rows are written, but the fence stops the watermark."""

    def steal():
        state = state_of(engine, message)
        engine.services.watermarks.replace(replace(state, owner="thief", fence=state.fence + 1))

    source.before[1] = steal
    engine.services.handle_ingest(message)
    state = state_of(engine, message)
    assert (state.watermark, state.owner) == ({"page": 1}, "thief")
    assert row_of(engine, message).status == "running"


def test_two_workers_race_for_one_stream(engine, integration, source, message):
    ready = threading.Barrier(2)

    def work():
        ready.wait(10)
        engine.services.handle_ingest(message)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert source.reads == [("organization", n) for n in range(PAGES)]
    assert row_of(engine, message).status == "succeeded"


def test_throttled_it_waits_uncounted_and_everybody_with_it(engine, integration, source, message):
    source.before[2] = raising(TransientError("slow down", code="throttled", retry_after=40, throttled=True))
    engine.services.handle_ingest(message)
    ((again, delay),) = sent(engine)
    assert again == message
    assert 40 <= delay <= 45
    row = row_of(engine, message)
    assert (row.status, row.errors, row.resume_at) == (
        "rate_limited",
        0,
        engine.clock.now + (row.resume_at - engine.clock.now),
    )
    assert engine.run(integration).status == "rate_limited"
    assert (engine.services.pauses.until("contoso", "account-1") - engine.clock()).total_seconds() == 40
    # Another worker, and this one's own message if it came too early, read nothing meanwhile.
    reads = list(source.reads)
    engine.clock.pass_(seconds=39)
    engine.services.handle_ingest(message)
    assert source.reads == reads
    engine.clock.pass_(seconds=1)
    engine.drain()
    assert row_of(engine, message).status == "succeeded"


def test_throttling_never_ends_in_poison(engine, integration, source, message):
    for _ in range(3 * TRIES):
        source.before[0] = raising(TransientError("slow down", code="throttled", throttled=True))
        engine.services.handle_ingest(message)
        assert [m.attempt for m, _ in sent(engine)] == [0]
        engine.queues.sent.clear()
        engine.clock.pass_(minutes=2)
    engine.services.handle_ingest(message)
    assert row_of(engine, message).status == "succeeded"


def test_a_pause_of_another_worker_is_honoured_between_pages(engine, integration, source, message):
    def pause():
        engine.services.pauses.pause("Contoso", "account-1", 100)
        engine.clock.pass_(seconds=LOOK_AROUND.total_seconds())

    source.before[1] = pause
    engine.services.handle_ingest(message)
    assert source.reads == [("organization", 0), ("organization", 1)]
    assert row_of(engine, message).status == "rate_limited"
    assert engine.watermark(integration, "users") == {"page": 2}


def test_trouble_is_tried_again_with_growing_waits_and_then_given_up(engine, integration, source, message):
    trouble = TransientError("no answer", code="network", remedy="Look at the network.")
    delays = []
    for attempt in range(TRIES):
        source.before[0] = raising(trouble)
        engine.services.handle_ingest(message)
        ((message, delay),) = sent(engine)
        assert message.attempt == attempt + 1
        delays.append(delay)
        engine.queues.sent.clear()
    assert delays == sorted(delays)
    source.before[0] = raising(trouble)
    engine.services.handle_ingest(message)
    assert [m for m, _ in sent(engine) if isinstance(m, Ingest)] == []
    row = row_of(engine, message)
    assert (row.status, row.errors, row.error, row.remedy) == (
        "failed", TRIES + 1, "no answer", "Look at the network.",
    )  # fmt: skip
    assert engine.services.watermarks.get(integration.id, "users", "organization").failure == "failed"
    engine.drain()
    assert engine.run(integration).final


def test_trouble_is_counted_since_the_stream_last_came_further(engine, integration, source, message):
    """Pages that each need two tries, in a stream of more pages than an import has tries."""
    source.pages = [(user(integration.id, number),) for number in range(TRIES + 3)]
    for page in range(len(source.pages)):
        for attempt in range(2):
            source.before[page] = raising(TransientError("no answer", code="network"))
            engine.services.handle_ingest(message)
            ((message, _),) = sent(engine)
            assert message.attempt == attempt + 1
            engine.queues.sent.clear()
    engine.services.handle_ingest(message)
    assert row_of(engine, message).status == "succeeded"


def test_a_message_that_is_put_back_starts_counting_anew_where_it_came_further(engine, integration, source, message):
    tired = replace(message, attempt=TRIES)
    source.before[1] = raising(TransientError("slow down", code="throttled", throttled=True))
    engine.services.handle_ingest(tired)
    assert [m.attempt for m, _ in sent(engine)] == [0]
    engine.queues.sent.clear()
    engine.clock.pass_(minutes=2)
    source.before[1] = raising(TransientError("slow down", code="throttled", throttled=True))
    engine.services.handle_ingest(tired)
    assert [m.attempt for m, _ in sent(engine)] == [TRIES]
    engine.queues.sent.clear()
    engine.clock.pass_(minutes=2)
    source.before[1] = lambda: engine.clock.pass_(seconds=SLICE.total_seconds())
    engine.services.handle_ingest(tired)
    assert [m.attempt for m, _ in sent(engine)] == [0]


def test_waits_are_bounded():
    assert all(0 < backoff_seconds(attempt) <= 900 for attempt in range(50))
    assert backoff_seconds(0) <= 5


def test_trouble_that_passes_leaves_no_trace_in_the_end(engine, integration, source, message):
    source.before[1] = raising(TransientError("no answer", code="network"))
    engine.services.handle_ingest(message)
    engine.drain()
    row = row_of(engine, message)
    assert (row.status, row.error, row.error_code, row.errors) == ("succeeded", None, None, 1)


def test_a_refused_credential_stops_the_integration(engine, integration, source, message):
    refused = CredentialError("the token was revoked", code="credentials.rejected", remedy="Enter a new one.")
    source.before[1] = raising(refused)
    engine.services.handle_ingest(message)
    found = engine.services.integrations.get(integration.workspace, integration.id)
    assert (found.state, found.stopped_code, found.stopped_message, found.stopped_remedy) == (
        "stopped", "credentials.rejected", "the token was revoked", "Enter a new one.",
    )  # fmt: skip
    run = engine.run(integration)
    assert (run.status, run.error) == ("failed", "the token was revoked")
    row = row_of(engine, message)
    assert (row.status, row.error_code) == ("failed", "credentials.rejected")
    assert engine.services.runs.state(integration.id).last_synced_at is None
    # Later messages do nothing, and after new credentials a sync goes on where it stopped.
    engine.services.handle_ingest(message)
    assert source.reads == [("organization", 0)]
    engine.services.integrations.replace(replace(found, state="active", secret_name="new"))
    assert engine.sync(found).status == "succeeded"
    assert source.reads == [("organization", n) for n in range(PAGES)]


def test_a_credential_replaced_meanwhile_is_tried_before_anything_is_stopped(engine, integration, source, message):
    def replaced():
        current = engine.services.integrations.get(integration.workspace, integration.id)
        engine.services.integrations.replace(replace(current, secret_name="ado-secret-2"))
        raise CredentialError("the token was revoked", code="credentials.rejected")

    source.before[1] = replaced
    engine.services.handle_ingest(message)
    assert engine.services.integrations.get(integration.workspace, integration.id).state == "active"
    engine.drain()
    assert row_of(engine, message).status == "succeeded"


def test_an_organisation_that_cannot_be_read_fails_the_stream(engine, integration, source, message):
    source.before[1] = raising(UnavailableError("not found", code="unavailable"))
    engine.services.handle_ingest(message)
    assert row_of(engine, message).status == "failed"
    assert state_of(engine, message).failure == "failed"
    assert engine.run(integration).status == "failed"


def test_a_failure_is_forgotten_when_the_stream_is_read_well(engine, integration, clock):
    store(engine.services, project(integration.id, "a"))
    source = Source([[user(integration.id, 1)]])
    engine.use(Stream("tickets", "tickets", "project", source.read))
    source.before[0] = raising(UnavailableError("disabled", code="project.disabled", remedy="Enable it."))
    engine.sync(integration)
    state = engine.services.watermarks.get(integration.id, "tickets", "project-a")
    assert (state.failure, state.error_code, state.remedy) == ("failed_project", "project.disabled", "Enable it.")
    since = state.failing_since
    clock.pass_(minutes=15)
    source.before[0] = raising(UnavailableError("disabled", code="project.disabled"))
    engine.sync(integration)
    assert engine.services.watermarks.get(integration.id, "tickets", "project-a").failing_since == since
    clock.pass_(minutes=15)
    assert engine.sync(integration).status == "succeeded"
    state = engine.services.watermarks.get(integration.id, "tickets", "project-a")
    assert (state.failure, state.error, state.failing_since) == (None, None, None)


def test_a_reply_outside_the_contract_reaches_the_poison_queue(engine, integration, source, message):
    source.before[1] = raising(ContractError("pull request 7: status 'odd'", code="pull_request.unknown_status"))
    with pytest.raises(ContractError):
        engine.services.handle_ingest(message)
    assert row_of(engine, message).status == "running"
    assert state_of(engine, message).owner == ""


def test_a_message_of_an_unknown_stream_reaches_the_poison_queue(engine, integration, source, message):
    with pytest.raises(ContractError):
        engine.services.handle_ingest(replace(message, stream="commits"))


def test_what_is_removed_is_dropped(engine, integration, source, message):
    engine.services.handle_ingest(replace(message, run_id="no-such-run"))
    engine.services.handle_ingest(replace(message, integration_id="no-such-integration"))
    engine.services.integrations.begin_removal(integration)
    engine.services.handle_ingest(message)
    assert source.slices == []


def test_a_service_turned_off_is_not_read(engine, integration, clock):
    store(engine.services, project(integration.id, "a"))
    source = Source([[user(integration.id, page)] for page in range(3)])
    engine.use(Stream("tickets", "tickets", "project", source.read))

    def turn_off():
        engine.services.integrations.replace(replace(integration, services={"repos": True}))
        clock.pass_(seconds=LOOK_AROUND.total_seconds())

    source.before[1] = turn_off
    run = engine.sync(integration)
    row = engine.streams(run)["tickets", "project-a"]
    assert (run.status, row.status) == ("succeeded", "stopped")
    assert source.reads == [("project-a", 0), ("project-a", 1)]
    assert engine.watermark(integration, "tickets", "project-a") == {"page": 2}
    assert len(engine.rows(UserAlias, integration)) == 2
    # On again, it catches up from where it stopped.
    current = engine.services.integrations.get(integration.workspace, integration.id)
    engine.services.integrations.replace(replace(current, services=integration.services))
    assert engine.sync(current).status == "succeeded"
    assert source.reads[-1] == ("project-a", 2)


def test_a_service_turned_off_before_its_message_comes(engine, integration):
    store(engine.services, project(integration.id, "a"))
    source = Source([[user(integration.id, 1)]])
    engine.use(Stream("tickets", "tickets", "project", source.read))
    run = engine.services.start_sync(integration)
    engine.services.handle_plan(engine_plan(engine))
    engine.services.integrations.replace(replace(integration, services={}))
    engine.drain()
    assert engine.services.runs.get(integration.id, run.id).status == "succeeded"
    assert source.slices == []


def test_a_quiet_slice_writes_no_entity(engine, integration, source, message, clock):
    engine.services.handle_ingest(message)
    before = {s.row["RowKey"]: s.etag for s in engine.services.tables.query(UserAlias.TABLE, prefix=integration.id)}
    clock.pass_(minutes=15)
    engine.sync(integration)
    after = {s.row["RowKey"]: s.etag for s in engine.services.tables.query(UserAlias.TABLE, prefix=integration.id)}
    assert after == before


def test_skips_go_into_the_ledger_and_out_again(engine, integration, clock):
    skip = Skip("pull_requests", "repo/7", "six_month_rule", "closed on 2020-01-01", "project-a")
    batches = [Batch({"n": 1}, skips=(skip,)), Batch({"n": 2}, unskipped=(("pull_requests", "repo/7"),))]
    engine.use(Stream("users", None, "organization", lambda _slice: iter_of(batches.pop(0))))
    run = engine.sync(integration)
    assert engine.streams(run)["users", "organization"].skipped == 1
    found = engine.services.tables.get("coverage", f"{integration.id}|pull_requests", "repo=2F7").row
    assert (found["reason"], found["source_id"], found["project_id"]) == ("six_month_rule", "repo/7", "project-a")
    engine.sync(integration)
    assert engine.services.tables.get("coverage", f"{integration.id}|pull_requests", "repo=2F7") is None


def iter_of(batch):
    yield batch


def test_a_stream_can_ask_side_by_side(engine, integration):
    together = threading.Barrier(4)

    def read(slice_):
        done = list(slice_.map(lambda n: (together.wait(20), n)[1], range(8)))
        yield Batch({"done": done})

    engine.use(Stream("users", None, "organization", read))
    assert engine.sync(integration).status == "succeeded"
    assert engine.watermark(integration, "users") == {"done": list(range(8))}


def test_a_stream_sees_the_rows_of_its_own_integration(engine, integration, clock):
    store(engine.services, user(integration.id, 1), user("0" * 36, 2))
    seen: list[object] = []

    def read(slice_):
        seen.extend(u.id for u in slice_.stored.all(UserAlias))
        seen.append(slice_.stored.get(UserAlias, "", "user-0002"))
        yield Batch({})

    engine.use(Stream("users", None, "organization", read))
    engine.sync(integration)
    assert seen == ["user-0001", None]


def test_no_row_message_or_error_shows_the_credential(engine, integration, source, message):
    engine.services.handle_ingest(message)
    shown = str(engine.queues.sent) + repr(engine.services.settings) + repr(row_of(engine, message))
    assert "made-up" not in shown
    assert "AccountKey" not in shown
