"""An organisation renamed in Azure DevOps: recognised, said, and followed when the customer confirms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.fake_ado.named_tokens import named_tokens
from local.fake_ado.testing import FakeAdo
from shared.flow.integration import SERVICES
from shared.services import Services
from tests.functions.api import Api
from tests.functions.draining import drain

NEW = "contoso-group"


@pytest.fixture
def renamed(fake: FakeAdo, parts: Services, connect: Callable[..., dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """An integration that had been read when its organisation got another name, and was read again."""
    created = connect(services=dict.fromkeys(SERVICES, False))
    drain(parts)
    fake.model.rename("contoso", NEW)
    yield created
    fake.model.rename(NEW, "contoso")


def _sync(parts: Services, api: Api, id_: str) -> None:
    api.call("sync_integration", id_)
    drain(parts)


def test_it_is_said_with_the_new_base_url(parts: Services, api: Api, renamed: dict[str, Any]) -> None:
    _sync(parts, api, renamed["id"])
    shown = api.get("get_integration", renamed["id"])
    assert (shown["data_status"], shown["base_url"]) == ("failed_integration", "https://dev.azure.com/contoso")
    detail = shown["data_status_detail"][0]
    assert (detail["code"], detail["scope"]) == ("organization.renamed", "integration")
    assert detail["message"] == "the organization contoso is called contoso-group now"
    assert f"https://dev.azure.com/{NEW}" in detail["remedy"]


def test_it_is_followed_once_the_customer_confirms(parts: Services, api: Api, renamed: dict[str, Any]) -> None:
    _sync(parts, api, renamed["id"])
    before = [row["id"] for row in api.rows("list_ticket_projects", renamed["id"])]
    reply = api.call("change_integration", renamed["id"], body={"base_url": f"https://dev.azure.com/{NEW}"})
    assert reply.status == 200, reply.json
    assert (reply.json["base_url"], reply.json["organization"]) == (f"https://dev.azure.com/{NEW}", NEW)
    drain(parts)
    shown = api.get("get_integration", renamed["id"])
    assert not [one for one in shown["data_status_detail"] if one["severity"] == "error"]
    assert [row["id"] for row in api.rows("list_ticket_projects", renamed["id"])] == before


def test_another_organization_is_never_followed(api: Api, auth: Callable[..., Any], renamed: dict[str, Any]) -> None:
    change = {"base_url": "https://dev.azure.com/fabrikam", "auth": auth(organization="fabrikam")}
    reply = api.call("change_integration", renamed["id"], body=change)
    assert (reply.status, reply.json["code"]) == (422, "another_organization")
    assert api.get("get_integration", renamed["id"])["base_url"] == "https://dev.azure.com/contoso"


@pytest.mark.parametrize("url", ["http://dev.azure.com/contoso-group", "https://dev.azure.com/nobody-has-this"])
def test_a_base_url_that_does_not_connect_changes_nothing(api: Api, renamed: dict[str, Any], url: str) -> None:
    reply = api.call("change_integration", renamed["id"], body={"base_url": url})
    assert (reply.status, reply.json["code"]) == (422, "connection_test_failed")
    assert api.get("get_integration", renamed["id"])["organization"] == "contoso"


def test_a_revoked_token_under_the_same_name_is_no_rename(
    fake: FakeAdo, parts: Services, api: Api, connect: Callable[..., dict[str, Any]]
) -> None:
    created = connect(services=dict.fromkeys(SERVICES, False))
    token = named_tokens(fake.organization("contoso"))["good"]
    token.revoked = True
    try:
        drain(parts)
        details = api.get("get_integration", created["id"])["data_status_detail"]
        assert details[0]["code"] == "credentials.rejected"
    finally:
        token.revoked = False
