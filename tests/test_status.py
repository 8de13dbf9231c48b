from dataclasses import replace
from datetime import timedelta

import pytest

from shared.errors import CredentialError, UnavailableError
from shared.run_rows import SyncState
from shared.status import IDENTITY_CHANGE_SHOWN, Facts, data_status
from shared.streams.base import Stream
from shared.watermarks import StreamState
from tests.engine import Source, new_integration, project, repo, store, user


@pytest.fixture
def healthy(clock):
    """An integration whose first sync has ended."""
    integration = new_integration(clock)
    sync = SyncState(integration_id=integration.id, initial_done=True)
    return Facts(integration=integration, sync=sync, projects={"p1": "Shop"}, now=clock())


def processing(facts):
    return replace(facts, sync=replace(facts.sync, initial_done=False))


def stopped(facts):
    return replace(
        facts,
        integration=replace(
            facts.integration, state="stopped", stopped_code="credentials.rejected", stopped_message="revoked",
            stopped_remedy="Enter a new token.",
        ),
    )  # fmt: skip


def failing(facts, unit="p1"):
    state = StreamState(
        integration_id=facts.integration.id, stream="pull_requests", unit_id=unit, error="disabled",
        failure="failed_project" if unit != "organization" else "failed", error_code="project.disabled",
        remedy="Enable it.",
    )  # fmt: skip
    return replace(facts, streams=(*facts.streams, state))


def paused(facts):
    return replace(facts, paused_until=facts.now + timedelta(minutes=1))


def expiring(facts):
    return replace(facts, integration=replace(facts.integration, token_expires_at=facts.now + timedelta(days=3)))


@pytest.mark.parametrize(
    ("happens", "status"),
    [
        ([], "healthy"),
        ([expiring], "healthy"),
        ([paused], "rate_limited"),
        ([failing], "failed_project"),
        ([failing, paused], "failed_project"),
        ([processing], "processing"),
        ([processing, paused], "processing"),
        ([processing, failing], "processing"),
        ([stopped], "failed_integration"),
        ([stopped, processing], "failed_integration"),
        ([stopped, failing, paused], "failed_integration"),
        ([lambda facts: failing(facts, "organization")], "failed_integration"),
        ([lambda facts: failing(facts, "organization"), processing], "failed_integration"),
        ([lambda facts: failing(facts, "project-that-is-not-read")], "healthy"),
    ],
)
def test_the_worst_fact_counts(healthy, happens, status):
    facts = healthy
    for happen in happens:
        facts = happen(facts)
    assert data_status(facts)[0] == status


def test_each_detail_says_what_and_what_to_do(healthy):
    _, details = data_status(expiring(paused(failing(stopped(healthy)))))
    assert [(d.code, d.severity, d.scope) for d in details] == [
        ("credentials.rejected", "error", "integration"),
        ("project.disabled", "error", "project"),
        ("rate_limited", "info", "integration"),
        ("token.expires_soon", "warning", "integration"),
    ]
    assert all(detail.message and detail.remedy for detail in details)
    assert details[1].to_json() == {
        "code": "project.disabled", "severity": "error", "scope": "project", "project_id": "p1", "project_name": "Shop",
        "stream": "pull_requests", "message": "disabled", "remedy": "Enable it.",
    }  # fmt: skip


SECOND = timedelta(seconds=1)


def ending(healthy, left):
    return replace(healthy, integration=replace(healthy.integration, token_expires_at=healthy.now + left))


@pytest.mark.parametrize("days", [30, 14, 7, 3, 1])
def test_the_warning_of_a_token_that_ends_changes_at_its_days(healthy, days):
    status, details = data_status(ending(healthy, timedelta(days=days)))
    assert (status, [(one.code, one.severity) for one in details]) == ("healthy", [("token.expires_soon", "warning")])
    assert f"within {days} day" in details[0].message
    before = data_status(ending(healthy, timedelta(days=days) + SECOND))[1]
    assert [one.message for one in before] != [one.message for one in details]


@pytest.mark.parametrize(
    ("left", "codes"),
    [
        (timedelta(days=30) + SECOND, []),
        (SECOND, ["token.expires_soon"]),
        (timedelta(0), ["token.expired"]),
        (timedelta(days=-1), ["token.expired"]),
    ],
)
def test_a_token_that_ends(healthy, left, codes):
    assert [detail.code for detail in data_status(ending(healthy, left))[1]] == codes


@pytest.mark.parametrize(
    ("ago", "shown"), [(timedelta(0), True), (IDENTITY_CHANGE_SHOWN - SECOND, True), (IDENTITY_CHANGE_SHOWN, False)]
)
def test_another_account_is_told_for_a_week_and_leaves_it_healthy(healthy, ago, shown):
    integration = replace(healthy.integration, former_username="old@contoso.com", identity_changed_at=healthy.now - ago)
    status, details = data_status(replace(healthy, integration=integration))
    assert (status, [one.code for one in details]) == ("healthy", ["credential.identity_changed"] if shown else [])
    assert all("old@contoso.com" in one.message for one in details)


@pytest.fixture
def source(engine, integration):
    store(engine.services, project(integration.id, "a"))
    source = Source([[user(integration.id, 1)]])
    engine.use(Stream("tickets", "tickets", "project", source.read))
    return source


def status(engine, integration):
    current = engine.services.integrations.get(integration.workspace, integration.id)
    return engine.services.status(current)


def test_from_processing_to_healthy(engine, integration, source):
    assert status(engine, integration) == ("processing", [])
    engine.sync(integration)
    assert status(engine, integration) == ("healthy", [])


def failing_source(source, error):
    def fail():
        raise error

    source.before[0] = fail


def test_a_project_that_fails_and_is_mended(engine, integration, source):
    failing_source(source, UnavailableError("disabled", code="project.disabled", remedy="Enable it."))
    engine.sync(integration)
    # Nothing at all has been stored, so the first sync is not over.
    shown, (detail,) = status(engine, integration)
    assert (shown, detail["project_name"], detail["stream"]) == ("processing", "a", "tickets")
    engine.sync(integration)
    failing_source(source, UnavailableError("disabled", code="project.disabled", remedy="Enable it."))
    source.pages.append((user(integration.id, 2),))
    source.before[1] = source.before.pop(0)
    engine.sync(integration)
    assert status(engine, integration)[0] == "failed_project"
    engine.sync(integration)
    assert status(engine, integration) == ("healthy", [])


def test_failures_of_a_service_that_is_off_do_not_count(engine, integration, source):
    failing_source(source, UnavailableError("disabled", code="project.disabled"))
    engine.sync(integration)
    current = engine.services.integrations.get(integration.workspace, integration.id)
    engine.services.integrations.replace(replace(current, services={}))
    assert status(engine, integration)[1] == []


def test_a_repo_that_fails_is_told_with_its_project(engine, integration, source):
    store(engine.services, repo(integration.id, "web", "a"), repo(integration.id, "away", "gone"))
    engine.use(Stream("commits", "repos", "repo", source.read))
    failing_source(source, UnavailableError("disabled", code="repository.unavailable"))
    engine.sync(integration)
    (detail,) = status(engine, integration)[1]
    assert (detail["project_id"], detail["project_name"], detail["scope"]) == ("project-a", "a", "project")
    assert detail["message"] == "repository web: disabled"
    store(engine.services, repo(integration.id, "web", "a", is_imported=False))
    assert status(engine, integration)[1] == []


def test_a_project_left_out_does_not_count(engine, integration, source):
    failing_source(source, UnavailableError("disabled", code="project.disabled"))
    engine.sync(integration)
    store(engine.services, project(integration.id, "a", is_imported=False))
    assert status(engine, integration)[1] == []


def test_a_refused_credential(engine, integration, source):
    failing_source(source, CredentialError("revoked", code="credentials.rejected", remedy="Enter a new token."))
    engine.sync(integration)
    shown, (detail,) = status(engine, integration)
    assert shown == "failed_integration"
    assert (detail["code"], detail["scope"], detail["remedy"]) == (
        "credentials.rejected", "integration", "Enter a new token.",
    )  # fmt: skip


def test_a_pause(engine, integration, source):
    engine.sync(integration)
    engine.services.pauses.pause("contoso", "account-1", 60)
    assert status(engine, integration)[0] == "rate_limited"
    engine.clock.pass_(seconds=60)
    assert status(engine, integration)[0] == "healthy"
