from dataclasses import replace

import pytest

from shared.flow.integration import SERVICES, integration_from_row, integration_properties
from shared.table_rules import check_row
from tests.engine import new_integration


def test_a_row_says_what_an_integration_is(clock):
    integration = new_integration(
        clock, services={"repos": True, "pull_requests": False, "tickets": True, "webhooks": False},
        state="stopped", stopped_code="c", stopped_message="m", stopped_remedy="r", token_expires_at=clock(),
    )  # fmt: skip
    row = integration_properties(integration)
    check_row({"PartitionKey": "p", "RowKey": "r", **row})
    assert integration_from_row(row, "etag") == integration
    assert integration_from_row(row, "etag").etag == "etag"
    assert integration_from_row({**row, "later": 1}, "e") == integration


def test_services_that_a_row_does_not_know_are_off(clock):
    row = integration_properties(new_integration(clock, services={}))
    del row["service_webhooks"]
    assert integration_from_row(row, "").services == dict.fromkeys(SERVICES, False)


@pytest.mark.parametrize(
    ("services", "on"),
    [
        ({"repos": True, "pull_requests": True, "tickets": True}, {"repos", "pull_requests", "tickets"}),
        ({"repos": False, "pull_requests": True, "tickets": True}, {"tickets"}),
        ({"repos": True, "pull_requests": False}, {"repos"}),
        ({}, set()),
    ],
)
def test_which_services_are_read(clock, services, on):
    integration = new_integration(clock, services=services)
    assert {name for name in ("repos", "pull_requests", "tickets") if integration.service_on(name)} == on
    assert integration.service_on(None)


def test_requests_are_counted_by_the_tokens_owner(clock):
    integration = new_integration(clock)
    assert integration.token_owner == "account-1"
    assert replace(integration, account_id=None).token_owner == "svc.flow@contoso.com"
    assert integration.base_url == "https://dev.azure.com/contoso"
