from dataclasses import replace

import pytest

from shared.errors import UnavailableError
from shared.flow.projects import TicketProject
from shared.flow.users import UserAlias
from shared.messages import Ingest, Plan
from shared.streams.base import Stream
from shared.sync import STALE
from tests.engine import Source, new_integration, project, repo, store, user


def ingests(engine):
    return [(m.stream, m.unit_id) for m in engine.handled if isinstance(m, Ingest)]


@pytest.fixture
def road(engine, integration):
    """Projects, then a stream of each project, then one after that; by name."""
    sources = {
        "projects": Source([[project(integration.id, "a"), project(integration.id, "b")]]),
        "users": Source([[user(integration.id, 1)]]),
        "tickets": Source([[user(integration.id, 2)], [user(integration.id, 3)]]),
        "last": Source(),
    }
    engine.use(
        Stream("last", None, "organization", sources["last"].read, after=("tickets", "users")),
        Stream("tickets", "tickets", "project", sources["tickets"].read, after=("projects",)),
        Stream("users", None, "organization", sources["users"].read),
        Stream("projects", None, "organization", sources["projects"].read),
    )
    return sources


def test_a_first_sync_reads_every_stream_in_order(engine, integration, road):
    run = engine.sync(integration)
    assert (run.status, run.kind, run.progress) == ("succeeded", "initial", 1.0)
    order = ingests(engine)
    assert sorted(order) == [
        ("last", "organization"),
        ("projects", "organization"),
        ("tickets", "project-a"),
        ("tickets", "project-b"),
        ("users", "organization"),
    ]
    assert order[-1] == ("last", "organization")
    assert order.index(("projects", "organization")) < order.index(("tickets", "project-a"))
    assert {row["RowKey"] for row in engine.rows(UserAlias, integration)} == {"user-0001", "user-0002", "user-0003"}


def test_a_run_counts_what_its_streams_did(engine, integration, road):
    run = engine.sync(integration)
    rows = engine.streams(run)
    tickets = rows["tickets", "project-b"]
    assert (tickets.status, tickets.read, tickets.written, tickets.progress) == ("succeeded", 2, 2, 1.0)
    assert (tickets.project_id, tickets.project_name) == ("project-b", "b")
    assert rows["projects", "organization"].project_id is None


def test_later_syncs_are_incremental_and_the_first_moment_stays(engine, integration, road, clock):
    first = engine.sync(integration)
    state = engine.services.runs.state(integration.id)
    clock.pass_(minutes=15)
    second = engine.sync(integration)
    after = engine.services.runs.state(integration.id)
    assert (second.kind, second.status) == ("incremental", "succeeded")
    assert after.initial_processed_at == state.initial_processed_at == first.started_at
    assert after.last_synced_at == second.finished_at > state.last_synced_at
    assert road["tickets"].slices[-1].initial_processed_at == first.started_at
    assert road["tickets"].slices[-1].watermark == {"page": 2}


def test_the_newest_run_comes_first(engine, integration, road, clock):
    runs = []
    for _ in range(3):
        runs.append(engine.sync(integration).id)
        clock.pass_(seconds=1)
    listed, cursor = engine.services.runs.list(integration.id, 2)
    assert [run.id for run in listed] == [runs[2], runs[1]]
    rest, end = engine.services.runs.list(integration.id, 2, cursor)
    assert [run.id for run in rest] == [runs[0]]
    assert end is None


@pytest.mark.parametrize("copies", [2, 3])
def test_messages_may_come_many_times(engine, integration, road, copies):
    engine.copies = copies
    run = engine.sync(integration)
    assert run.status == "succeeded"
    assert {key: row.status for key, row in engine.streams(run).items()} == dict.fromkeys(
        engine.streams(run), "succeeded"
    )
    assert road["tickets"].reads == [("project-a", 0), ("project-a", 1), ("project-b", 0), ("project-b", 1)]


def test_only_projects_that_are_there_and_chosen_are_read(engine, integration, road, clock):
    road["projects"].pages = []
    store(
        engine.services,
        project(integration.id, "a"),
        project(integration.id, "left-out", is_imported=False),
        project(integration.id, "deleted", is_deleted=True),
        project(integration.id, "hidden", unavailable_since=clock()),
    )
    engine.sync(integration)
    assert {unit for stream, unit in ingests(engine) if stream == "tickets"} == {"project-a"}


def test_a_stream_of_repos_has_a_message_for_each_that_is_there_and_chosen(engine, integration, road):
    road["projects"].pages = []
    commits = Source()
    engine.use(*engine.catalog.values(), Stream("commits", "repos", "repo", commits.read))
    store(
        engine.services,
        project(integration.id, "a"),
        repo(integration.id, "web", "a"),
        repo(integration.id, "app", "a"),
        repo(integration.id, "left-out", "a", is_imported=False),
        repo(integration.id, "deleted", "a", is_deleted=True),
        repo(integration.id, "elsewhere", "b"),
    )
    run = engine.sync(integration)
    assert {unit for stream, unit in ingests(engine) if stream == "commits"} == {"repo-web", "repo-app"}
    row = engine.streams(run)["commits", "repo-web"]
    assert (row.status, row.repo_id, row.project_id, row.project_name) == ("succeeded", "repo-web", "project-a", "a")
    assert {slice_.rework_days for slice_ in commits.slices} == {engine.services.settings.rework_days}


def test_streams_of_a_service_that_is_off_are_left_alone(engine, clock, road):
    services = {"repos": True, "pull_requests": True, "tickets": False}
    off = engine.services.integrations.create(new_integration(clock, name="off", services=services))
    road["projects"].pages = [[project(off.id, "a")]]
    run = engine.sync(off)
    assert run.status == "succeeded"
    assert {stream for stream, _ in engine.streams(run)} == {"projects", "users", "last"}


def test_pull_requests_need_repos(engine, integration):
    assert integration.service_on("pull_requests")
    assert not replace(integration, services={"pull_requests": True, "repos": False}).service_on("pull_requests")
    assert replace(integration, services={}).service_on(None)


def test_a_failure_leaves_the_other_units_and_what_comes_after(engine, integration, road):
    def refuse():
        raise UnavailableError("project a is disabled", code="project.disabled", remedy="Enable it.")

    road["tickets"].before[0] = refuse
    run = engine.sync(integration)
    rows = engine.streams(run)
    assert run.status == "partially_failed"
    assert {rows["tickets", unit].status for unit in ("project-a", "project-b")} == {"failed_project", "succeeded"}
    assert rows["last", "organization"].status == "succeeded"


def test_a_backfill_is_read_once_and_again_in_a_full_run(engine, integration):
    store(engine.services, project(integration.id, "a"))
    read = []

    def backfill(slice_):
        from shared.streams.base import Batch

        read.append(slice_.watermark)
        yield Batch({"complete": True})

    engine.use(Stream("backfill", "tickets", "project", backfill, once=True))
    for _ in range(2):
        assert engine.sync(integration).status == "succeeded"
    assert read == [None]
    assert engine.sync(integration, full=True).kind == "full"
    assert read == [None, None]


def test_a_full_run_reads_from_the_beginning(engine, integration, road, clock):
    engine.sync(integration)
    road["tickets"].reads.clear()
    clock.pass_(minutes=1)
    run = engine.sync(integration, full=True)
    assert run.kind == "full"
    assert ("project-a", 0) in road["tickets"].reads
    road["tickets"].reads.clear()
    clock.pass_(minutes=1)
    engine.sync(integration)
    assert road["tickets"].reads == []


def test_a_sync_that_runs_is_given_instead_of_a_second(engine, integration, road):
    first = engine.services.start_sync(integration)
    assert engine.services.start_sync(integration).id == first.id
    assert len(engine.services.runs.list(integration.id, 10)[0]) == 1


def test_a_full_sync_follows_the_lesser_one_that_runs(engine, integration, road, clock):
    engine.sync(integration)
    clock.pass_(minutes=1)
    lesser = engine.services.start_sync(integration)
    clock.pass_(minutes=1)
    for _ in range(2):
        assert engine.services.start_sync(integration, full=True).id == lesser.id
    engine.drain()
    kinds = [(run.kind, run.status) for run in engine.services.runs.list(integration.id, 10)[0]]
    assert kinds == [("full", "succeeded"), ("incremental", "succeeded"), ("initial", "succeeded")]


def test_the_timer_plans_what_is_active_and_goes_on_removing(engine, clock):
    store_ = engine.services.integrations
    active = store_.create(new_integration(clock, name="active"))
    stopped = store_.create(new_integration(clock, name="stopped", state="stopped"))
    leaving = store_.begin_removal(store_.create(new_integration(clock, name="leaving")))
    engine.services.tick(False)
    sent = {message.integration_id: message.action for message, _ in engine.queues.sent}
    assert sent == {active.id: "plan", leaving.id: "remove"}
    assert stopped.id not in sent
    engine.lose_messages()


def test_a_tick_begins_a_run_and_does_not_begin_a_second(engine, integration, road):
    engine.services.tick(False)
    engine.services.tick(True)
    engine.services.handle_plan(Plan.from_json(engine.take(Plan.QUEUE)))
    engine.services.handle_plan(Plan.from_json(engine.take(Plan.QUEUE)))
    assert len(engine.services.runs.list(integration.id, 10)[0]) == 1
    engine.drain()
    assert engine.run(integration).status == "succeeded"


@pytest.mark.parametrize("after", [0, 1, 3, 5])
def test_lost_messages_come_again(engine, integration, road, clock, after):
    run = engine.services.start_sync(integration)
    try:
        engine.drain(after)
    except AssertionError:
        engine.lose_messages()
    clock.pass_(seconds=STALE.total_seconds() + 1)
    engine.services.tick(False)
    engine.drain()
    assert engine.services.runs.get(integration.id, run.id).status == "succeeded"
    assert engine.watermark(integration, "tickets", "project-b") == {"page": 2}


def test_a_run_that_moves_gets_no_messages_twice(engine, integration, road, clock):
    run = engine.services.start_sync(integration)
    with pytest.raises(AssertionError):
        engine.drain(1)
    clock.pass_(seconds=STALE.total_seconds() - 1)
    engine.queues.sent.clear()
    engine.services.handle_plan(Plan(integration.workspace, integration.id, run.id))
    assert [m for m, _ in engine.queues.sent if isinstance(m, Ingest)] == []


class CrashError(Exception):
    pass


@pytest.mark.parametrize("call", [1, 2, 3, 5, 7])
def test_planning_stopped_at_any_message_goes_on(engine, integration, road, monkeypatch, call):
    calls = []
    send = engine.queues.send

    def crash_once(message, delay_seconds=0):
        calls.append(message)
        if len(calls) == call:
            raise CrashError
        send(message, delay_seconds)

    run, _ = engine.services.runs.start(integration, "incremental")
    monkeypatch.setattr(engine.queues, "send", crash_once)
    try:
        engine.services.handle_plan(Plan(integration.workspace, integration.id, run.id))
    except CrashError:
        engine.services.handle_plan(Plan(integration.workspace, integration.id, run.id))
    engine.drain()
    assert engine.services.runs.get(integration.id, run.id).status == "succeeded"
    assert {row["RowKey"] for row in engine.rows(TicketProject, integration)} == {"project-a", "project-b"}


def test_an_integration_that_is_gone_is_not_planned(engine, integration, road):
    engine.services.integrations.begin_removal(integration)
    engine.services.handle_plan(Plan(integration.workspace, integration.id))
    assert engine.services.runs.list(integration.id, 10) == ([], None)


def test_a_catalog_without_streams_is_done_at_once(engine, integration):
    assert engine.sync(integration).status == "succeeded"


@pytest.mark.parametrize("is_lost", [False, True])
def test_a_run_begun_while_the_integration_was_being_stopped_ends_with_the_reason(engine, integration, is_lost):
    engine.use()
    run = engine.services.start_sync(integration)
    stopped = replace(
        integration, state="stopped", stopped_code="token.expired", stopped_message="the token has expired"
    )
    engine.services.integrations.replace(stopped)
    if is_lost:
        engine.lose_messages()
        engine.services.tick(False)
    engine.drain()
    ended = engine.services.runs.get(integration.id, run.id)
    assert (ended.status, ended.error) == ("failed", "the token has expired")
    engine.services.tick(False)
    assert engine.take("sync-plan") is None
