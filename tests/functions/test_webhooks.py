"""Events as the app takes them: by status, and what they bring forward."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from shared.flow.integration import Integration
from shared.flow.projects import TicketProject
from shared.flow.repos import Repo
from shared.messages import Ingest, Message, Plan
from shared.services import Services
from shared.webhooks import secrets as hook_secrets
from shared.webhooks.receiver import MAX_BODY
from shared.webhooks.state import HookState
from tests.functions.api import Api

PROJECT = "11111111-1111-4111-8111-111111111111"
REPO = "22222222-2222-4222-8222-222222222222"
CONTRACT = {202, 401, 404, 410, 413, 503}


@pytest.fixture
def hooked(stored: Integration, parts: Services, store: Callable[..., None]) -> Iterator[tuple[Integration, str]]:
    """An integration with a secret of its events, a project and a repo; and the secret."""
    state = hook_secrets.turn(parts, HookState(integration_id=stored.id), now=parts.clock())
    project = TicketProject(integration_id=stored.id, id=PROJECT, name="One")
    repo = Repo(integration_id=stored.id, id=REPO, name="One", project_id=PROJECT, project_name="One")
    store(project, repo)
    yield stored, parts.vault.get(state.secret_name).reveal()
    parts.queues._client(Plan.QUEUE).clear_messages()
    parts.queues._client(Ingest.QUEUE).clear_messages()


def basic(password: str, user: str = "any") -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def event(event_type: str, number: int = 1, **resource: Any) -> dict[str, Any]:
    return {
        "subscriptionId": "s", "notificationId": number, "id": "e", "eventType": event_type, "resource": resource,
        "resourceContainers": {"project": {"id": PROJECT}},
    }  # fmt: skip


def pull_request_event(number: int = 7, **told: Any) -> dict[str, Any]:
    return event("git.pullrequest.updated", **told, pullRequestId=number, repository={"id": REPO})


def queued(parts: Services) -> dict[type[Message], int]:
    """How many messages lie in the queues, hidden or not."""
    counts = {
        kind: parts.queues._client(kind.QUEUE).get_queue_properties().approximate_message_count or 0
        for kind in (Plan, Ingest)
    }
    return {kind: count for kind, count in counts.items() if count}


def hints(parts: Services, integration: Integration) -> list[tuple[str, str]]:
    rows = parts.tables.query("webhooks", partition=integration.id, row_from="hint|", row_to="hint|~")
    return sorted((str(one.row["RowKey"]).rsplit("|", 1)[0], str(one.row.get("detail", ""))) for one in rows)


def rows_of_runs(parts: Services, integration: Integration) -> list[tuple[str, str, str, str]]:
    return [
        (run.kind, row.stream, row.unit_id, row.status)
        for run in parts.runs.list(integration.id, 10)[0]
        for row in parts.runs.streams(run)
    ]


def test_who_never_existed_is_not_found(api):
    assert api.call("receive_event", "0190-none", body={}).status == 404


@pytest.mark.parametrize("integration_id", ["..", "a" * 2000, "ä", "a b", "%2e"])
def test_what_cannot_be_an_id_is_not_found(api, integration_id):
    assert api.call("receive_event", integration_id, body={}).status == 404


def test_a_deleted_one_is_gone_whoever_asks(api, parts, hooked):
    integration, _ = hooked
    assert api.call("delete_integration", integration.id).status == 202
    assert api.call("receive_event", integration.id, body={}).status == 410


@pytest.mark.parametrize("headers", [
    {}, basic("wrong"), basic(""), {"authorization": "Bearer x"}, {"authorization": "Basic %%%"},
    {"authorization": "Basic " + "A" * 5000}, {"authorization": "Basic"},
])  # fmt: skip
def test_without_the_secret_nothing_is_taken(api, parts, hooked, headers):
    integration, _ = hooked
    assert api.call("receive_event", integration.id, body=pull_request_event(), headers=headers).status == 401
    assert hints(parts, integration) == []


def test_one_integration_s_secret_is_not_another_s(api, parts, hooked):
    _, secret = hooked
    integration, _ = hooked
    other = parts.integrations.create(replace(integration, id="0190-other", name="Other"))
    assert api.call("receive_event", other.id, body={}, headers=basic(secret)).status == 401


def test_only_what_is_above_4_mib_is_too_large(api, hooked):
    integration, secret = hooked
    assert api.call("receive_event", integration.id, raw=b" " * MAX_BODY, headers=basic(secret)).status == 202
    assert api.call("receive_event", integration.id, raw=b" " * (MAX_BODY + 1), headers=basic(secret)).status == 413


@pytest.mark.parametrize("part", ["tables", "vault", "queues"])
def test_our_own_trouble_asks_for_another_delivery(api, parts, hooked, monkeypatch, part):
    integration, secret = hooked

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("not today")

    parts.__dict__.pop("webhooks", None)
    broken = {"tables": ("create",), "vault": ("get",), "queues": ("send",)}[part]
    for name in broken:
        monkeypatch.setattr(getattr(parts, part), name, fail)
    reply = api.call("receive_event", integration.id, body=pull_request_event(), headers=basic(secret))
    assert reply.status == 503
    assert int(reply.headers["retry-after"]) > 0
    monkeypatch.undo()
    reply = api.call("receive_event", integration.id, body=pull_request_event(), headers=basic(secret))
    assert reply.status == 202
    assert ("webhook", "pull_requests", PROJECT, "queued") in rows_of_runs(parts, integration)


@pytest.mark.parametrize(("body", "expected"), [
    (pull_request_event(), {("hint|pull_requests|" + PROJECT, f"{REPO}/7")}),
    (event("ms.vss-code.git-pullrequest-comment-event", pullRequest={"pullRequestId": 8, "repository": {"id": REPO}}),
     {("hint|pull_requests|" + PROJECT, f"{REPO}/8")}),
    (event("git.pullrequest.merged"), {("hint|pull_requests|" + PROJECT, "")}),
    (event("git.push", repository={"id": REPO}), {("hint|commits|" + REPO, "")}),
    (event("git.repo.renamed"), {("hint|repos|organization", "")}),
    (event("workitem.updated"), {("hint|tickets|organization", ""), ("hint|ticket_links|organization", "")}),
    (event("workitem.commented"), {("hint|tickets|organization", "")}),
    (event("build.complete"), {("hint|builds|" + PROJECT, "")}),
    (event("something.new"), {("hint|tickets|organization", ""), ("hint|pull_requests|" + PROJECT, ""),
                              ("hint|builds|" + PROJECT, "")}),
])  # fmt: skip
def test_an_event_names_what_is_read_again(api, parts, hooked, body, expected):
    integration, secret = hooked
    assert api.call("receive_event", integration.id, body=body, headers=basic(secret)).status == 202
    assert set(hints(parts, integration)) == expected
    streams = {(row[1], row[2]) for row in rows_of_runs(parts, integration)}
    assert streams == {tuple(key.split("|")[1:]) for key, _ in expected}


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[]", b"null", b"[" * 200_000, b'{"eventType": 1}'])
def test_what_cannot_be_read_looks_at_everything(api, parts, hooked, body):
    integration, secret = hooked
    assert api.call("receive_event", integration.id, raw=body, headers=basic(secret)).status == 202
    assert hints(parts, integration) == []
    assert queued(parts) == {Plan: 1}


def test_a_repeated_delivery_has_no_second_effect(api, parts, hooked):
    integration, secret = hooked
    for _ in range(3):
        body = pull_request_event()
        assert api.call("receive_event", integration.id, body=body, headers=basic(secret)).status == 202
    assert len(hints(parts, integration)) == 1


def test_many_events_make_one_run_and_one_message_for_each_stream(api, parts, hooked):
    integration, secret = hooked
    for number in range(12):
        body = event("workitem.updated", number)
        assert api.call("receive_event", integration.id, body=body, headers=basic(secret)).status == 202
    rows = rows_of_runs(parts, integration)
    assert {row[0] for row in rows} == {"webhook"}
    assert queued(parts)[Ingest] == len(rows)


@pytest.mark.parametrize("body", [
    {**pull_request_event(), "resourceContainers": {"project": {"id": PROJECT}, "account": {"id": REPO}}},
])  # fmt: skip
def test_an_event_of_another_organization_changes_nothing(api, parts, hooked, body):
    integration, secret = hooked
    parts.integrations.replace(replace(integration, organization_id=PROJECT))
    assert api.call("receive_event", integration.id, body=body, headers=basic(secret)).status == 202
    assert hints(parts, integration) == []
    assert queued(parts) == {}


def test_an_event_of_a_project_that_is_unknown_looks_at_everything_once(api, parts, hooked):
    integration, secret = hooked
    for number in range(4):
        body = pull_request_event(number=number + 1)
        body |= {"id": str(number), "resourceContainers": {"project": {"id": REPO}}}
        assert api.call("receive_event", integration.id, body=body, headers=basic(secret)).status == 202
    assert hints(parts, integration) == []
    assert queued(parts) in ({Plan: 1}, {Plan: 2})  # two if a minute ended in between


def test_while_webhooks_are_off_events_are_taken_and_do_nothing(api, parts, hooked):
    integration, secret = hooked
    parts.integrations.replace(replace(integration, services={**integration.services, "webhooks": False}))
    assert api.call("receive_event", integration.id, body=pull_request_event(), headers=basic(secret)).status == 202
    assert hints(parts, integration) == []


def test_old_and_new_secret_are_taken_while_they_change(api, parts, hooked, clock):
    integration, secret = hooked

    def turn() -> HookState:
        state = parts.hooks.state(integration.id)
        assert state is not None
        return hook_secrets.turn(parts, state, now=parts.clock())

    def status(password: str) -> int:
        reply = api.call("receive_event", integration.id, body={}, headers=basic(password))
        return int(reply.status)

    assert status(secret) == 202
    clock.added += hook_secrets.GOOD_FOR
    state = turn()
    new = parts.vault.get(state.next_name).reveal()
    assert new != secret
    assert state.secret_name != state.next_name
    clock.added += hook_secrets.KNOWN_AFTER
    state = turn()
    assert parts.vault.get(state.secret_name).reveal() == new
    assert (status(secret), status(new)) == (202, 202)
    clock.added += hook_secrets.ON_THEIR_WAY
    state = turn()
    assert state.secret_names == (state.secret_name,)
    assert (status(secret), status(new)) == (401, 202)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
parts_of_bodies = st.fixed_dictionaries(
    {},
    optional={
        "id": json_values,
        "eventType": json_values
        | st.sampled_from(["git.push", "git.pullrequest.updated", "workitem.updated", "build.complete"]),
        "resource": json_values
        | st.fixed_dictionaries({"pullRequestId": json_values, "repository": json_values | st.just({"id": REPO})}),
        "resourceContainers": json_values
        | st.fixed_dictionaries({"project": json_values | st.just({"id": PROJECT}), "account": json_values}),
    },
)
bodies = st.binary(max_size=300) | parts_of_bodies.map(lambda value: json.dumps(value).encode())


def _fuzz(api: Api, hooked: tuple[Integration, str], body: bytes, *, known: bool) -> None:
    integration, secret = hooked
    headers = basic(secret if known else secret + "x")
    reply = api.call("receive_event", integration.id, raw=body, headers=headers)
    assert reply.status in CONTRACT
    assert reply.status == (202 if known else 401)


_SHARED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@given(body=bodies, known=st.booleans())
@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=_SHARED)
def test_any_body_gets_a_status_of_the_contract(api, hooked, body, known):
    _fuzz(api, hooked, body, known=known)


@pytest.mark.prove
@given(body=bodies, known=st.booleans())
@hypothesis_settings(max_examples=10_000, deadline=None, suppress_health_check=_SHARED)
def test_any_of_10000_bodies_gets_a_status_of_the_contract(api, hooked, body, known):
    _fuzz(api, hooked, body, known=known)
