"""The life of an integration's subscriptions: made, mended, removed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from local.fake_ado import access
from local.fake_ado.model import Organization, Subscription
from local.fake_ado.named_tokens import named_tokens
from local.fake_ado.testing import FakeAdo
from shared.errors import CredentialError, TransientError
from shared.flow.integration import Integration
from shared.flow.projects import TicketProject
from shared.messages import Ingest, Plan
from shared.services import Services
from shared.webhooks import secrets as hook_secrets
from shared.webhooks.wanted import EVENTS
from tests.functions.api import Api
from tests.functions.conftest import ORGANIZATION

ALL = sum(len(events) for events in EVENTS.values())


@pytest.fixture
def organization(fake: FakeAdo) -> Iterator[Organization]:
    found = fake.organization(ORGANIZATION)
    yield found
    found.subscriptions.clear()


@pytest.fixture
def integration(
    api: Api, auth: Any, parts: Services, organization: Organization, fake: FakeAdo
) -> Iterator[Integration]:
    """One that is connected, with its subscriptions."""
    body = {"name": "Demo", "base_url": f"https://dev.azure.com/{ORGANIZATION}", "auth": auth()}
    reply = api.call("create_integration", body=body)
    assert reply.status == 201, reply.body
    found = parts.integrations.get(api.workspace, reply.json["id"])
    assert found is not None
    look(parts, found)
    yield found
    fake.clear_faults()
    for kind in (Plan, Ingest):
        parts.queues._client(kind.QUEUE).clear_messages()


def look(parts: Services, integration: Integration) -> None:
    """What the timer has done."""
    parts.handle_plan(Plan(integration.workspace, integration.id, action="webhooks"))


def ours(organization: Organization, integration: Integration) -> list[Subscription]:
    return [one for one in organization.subscriptions.values() if integration.id in one.consumer_inputs["url"]]


def kinds(rows: list[Subscription]) -> Counter[str]:
    return Counter(one.event_type for one in rows)


def warnings(api: Api, integration: Integration) -> dict[str, str]:
    details = api.get("get_integration", integration.id)["data_status_detail"]
    return {one["code"]: one["remedy"] for one in details if one["code"].startswith("webhooks.")}


def test_every_event_is_subscribed_to_once_for_the_organization(organization, integration, parts):
    rows = ours(organization, integration)
    assert kinds(rows) == {name: 1 for events in EVENTS.values() for name, _ in events}
    state = parts.hooks.state(integration.id)
    for row in rows:
        assert row.publisher_inputs == {}
        assert row.consumer_inputs == {
            "url": f"https://flow.example/api/v1/webhooks/azure-devops/{integration.id}",
            "basicAuthUsername": hook_secrets.user_name(state.secret_name),
            "basicAuthPassword": parts.vault.get(state.secret_name).reveal(),
            "resourceDetailsToSend": "minimal", "messagesToSend": "none", "detailedMessagesToSend": "none",
        }  # fmt: skip


def test_a_second_look_changes_nothing(organization, integration, parts, fake):
    before = {one.id for one in ours(organization, integration)}
    fake.clear_requests()
    look(parts, integration)
    assert {one.id for one in ours(organization, integration)} == before
    assert fake.requests()["total"] == 2  # may we, and what is there


def test_workers_that_look_at_once_make_no_duplicates(organization, integration, parts):
    organization.subscriptions.clear()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: look(parts, integration), range(4)))
    assert set(kinds(ours(organization, integration)).values()) == {1}
    assert len(ours(organization, integration)) == ALL


def test_an_answer_that_was_lost_leaves_no_duplicate(organization, integration, parts, fake):
    organization.subscriptions.clear()
    fake.set_fault(path=r"hooks/subscriptions\?", method="POST", nth=3, reset=True)
    with pytest.raises(TransientError):
        look(parts, integration)
    fake.clear_faults()
    look(parts, integration)
    assert set(kinds(ours(organization, integration)).values()) == {1}


@pytest.mark.parametrize("status", ["onProbation", "disabledBySystem", "disabledByInactiveIdentity"])
def test_what_azure_devops_has_stopped_is_made_again_and_told(organization, integration, parts, api, status):
    stopped = ours(organization, integration)[3]
    stopped.status = status
    look(parts, integration)
    rows = ours(organization, integration)
    assert stopped.id not in {one.id for one in rows}
    assert {one.status for one in rows} == {"enabled"}
    assert len(rows) == ALL
    assert warnings(api, integration)["webhooks.interrupted"]


def test_what_a_person_has_switched_off_stays_off_and_is_told(organization, integration, parts, api):
    off = ours(organization, integration)[0]
    off.status = "disabledByUser"
    look(parts, integration)
    assert off.id in organization.subscriptions
    assert len(ours(organization, integration)) == ALL
    assert warnings(api, integration)["webhooks.switched_off"]


def test_duplicates_and_strangers_under_our_address_go(organization, integration, parts):
    first = ours(organization, integration)[0]
    organization.subscriptions["double"] = replace(first, id="double", created=parts.clock())
    organization.subscriptions["odd"] = replace(
        first, id="odd", consumer_inputs={**first.consumer_inputs, "resourceDetailsToSend": "all"}
    )
    organization.subscriptions["theirs"] = replace(
        first, id="theirs", consumer_inputs={**first.consumer_inputs, "url": "https://other.example/hook"}
    )
    look(parts, integration)
    assert len(ours(organization, integration)) == ALL
    assert {"double", "odd"}.isdisjoint(organization.subscriptions)
    assert "theirs" in organization.subscriptions


def test_switching_a_service_off_ends_its_events_and_all_when_webhooks_go_off(organization, integration, parts, api):
    api.call("change_integration", integration.id, body={"services": {"tickets": False}})
    look(parts, integration)
    assert not any(name.startswith("workitem") for name in kinds(ours(organization, integration)))
    api.call("change_integration", integration.id, body={"services": {"webhooks": False}})
    look(parts, integration)
    assert ours(organization, integration) == []
    api.call("change_integration", integration.id, body={"services": {"webhooks": True, "tickets": True}})
    look(parts, integration)
    assert len(ours(organization, integration)) == ALL


def test_a_deletion_removes_subscriptions_and_secrets(organization, integration, parts, api):
    state = parts.hooks.state(integration.id)
    assert api.call("delete_integration", integration.id).status == 202
    parts.handle_plan(Plan(integration.workspace, integration.id, action="remove"))
    assert ours(organization, integration) == []
    assert parts.hooks.state(integration.id) is None
    parts.vault.forget(state.secret_name)
    with pytest.raises(CredentialError):
        parts.vault.get(state.secret_name)


def test_a_deletion_goes_on_when_the_credential_is_refused(organization, integration, parts, api):
    parts.vault.delete(integration.secret_name)
    assert api.call("delete_integration", integration.id).status == 202
    parts.handle_plan(Plan(integration.workspace, integration.id, action="remove"))
    assert parts.hooks.state(integration.id) is None


def test_another_address_takes_the_subscriptions_along(organization, integration, parts, monkeypatch):
    moved = replace(parts.settings, public_base_url="https://new.example")
    monkeypatch.setattr(parts, "settings", moved)
    look(parts, integration)
    urls = {one.consumer_inputs["url"] for one in ours(organization, integration)}
    assert urls == {f"https://new.example/api/v1/webhooks/azure-devops/{integration.id}"}
    assert len(ours(organization, integration)) == ALL


def test_without_an_address_the_status_says_so(integration, parts, api, monkeypatch):
    monkeypatch.setattr(parts, "settings", replace(parts.settings, public_base_url=None))
    assert "PUBLIC_BASE_URL" in warnings(api, integration)["webhooks.no_address"]


def test_a_new_secret_reaches_every_subscription(organization, integration, parts, clock):
    before = parts.hooks.state(integration.id)
    for step in (hook_secrets.GOOD_FOR, hook_secrets.KNOWN_AFTER):
        clock.added += step
        look(parts, integration)
    state = parts.hooks.state(integration.id)
    assert state.former_name == before.secret_name
    used = {one.consumer_inputs["basicAuthPassword"] for one in ours(organization, integration)}
    assert used == {parts.vault.get(state.secret_name).reveal()}
    assert len(ours(organization, integration)) == ALL


@pytest.fixture
def no_administrator(fake: FakeAdo, organization: Organization) -> Iterator[str]:
    """The account of the credential has lost its role; its id."""
    identity_id = named_tokens(organization)["good"].identity_id
    organization.administrators.remove(identity_id)
    yield identity_id
    organization.administrators.add(identity_id)
    organization.grants.pop(identity_id, None)


def test_without_the_right_on_the_organization_projects_are_subscribed_to(
    organization, integration, parts, api, no_administrator, store
):
    allowed, other = sorted(organization.projects)[:2]
    for project_id in (allowed, other):
        store(TicketProject(integration_id=integration.id, id=project_id, name=project_id))
    organization.grants[no_administrator] = {
        (access.HOOKS, f"PublisherSecurity/{allowed}", 1 << bit) for bit in range(3)
    }
    organization.subscriptions.clear()
    look(parts, integration)
    assert {one.publisher_inputs["projectId"] for one in ours(organization, integration)} == {allowed}
    assert len(ours(organization, integration)) == ALL
    assert warnings(api, integration)["webhooks.permission"]


def test_without_any_right_the_status_says_so(organization, integration, parts, api, no_administrator):
    organization.subscriptions.clear()
    look(parts, integration)
    assert ours(organization, integration) == []
    assert "Project Collection Administrator" in warnings(api, integration)["webhooks.permission"]
