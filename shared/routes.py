"""Every operation of the HTTP API; a line in here, a handler in ``functions/`` and OpenAPI belong together."""

from __future__ import annotations

from typing import Final

from shared import answers
from shared.code_routes import CODE_OPERATIONS
from shared.connection_answers import ConnectionAnswer, UrlAnswer
from shared.lists import FILTERS, LISTED, list_query
from shared.oauth.routes import OAUTH_OPERATIONS
from shared.operations import Operation
from shared.principals import Level
from shared.requests import (
    ConnectionTest,
    CoverageQuery,
    ImportChoice,
    IntegrationChange,
    NewIntegration,
    OneQuery,
    PageQuery,
    SyncRequest,
    UrlTest,
)
from shared.ticket_routes import TICKET_OPERATIONS

_ONE: Final = "integrations/{integration_id}"

TEST_URL: Final = Operation(
    name="test_url", method="POST", path="connections/test-url", tag="connecting", level=Level.MANAGE,
    summary="Say whether a base URL has the right form and its organisation exists.",
    body=UrlTest, answer=UrlAnswer,
)  # fmt: skip
TEST_CONNECTION: Final = Operation(
    name="test_connection", method="POST", path="connections/test", tag="connecting", level=Level.MANAGE,
    summary="Try credentials on an organisation and say, check by check, what works and how to mend the rest.",
    body=ConnectionTest, answer=ConnectionAnswer, problems=(409, 429),
)  # fmt: skip
CREATE_INTEGRATION: Final = Operation(
    name="create_integration", method="POST", path="integrations", tag="integrations", level=Level.MANAGE,
    summary="Test the connection, store the integration, start its first sync.",
    body=NewIntegration, answer=answers.IntegrationAnswer, status=201, headers=("Idempotency-Key",),
    answer_headers=("Location", "ETag"), problems=(409, 422, 429),
)  # fmt: skip
LIST_INTEGRATIONS: Final = Operation(
    name="list_integrations", method="GET", path="integrations", tag="integrations", level=Level.VIEW,
    summary="List the workspace's integrations.", query=PageQuery, answer=answers.IntegrationPage,
)  # fmt: skip
GET_INTEGRATION: Final = Operation(
    name="get_integration", method="GET", path=_ONE, tag="integrations", level=Level.VIEW,
    summary="Read one integration and how its data is.", answer=answers.IntegrationAnswer, answer_headers=("ETag",),
)  # fmt: skip
CHANGE_INTEGRATION: Final = Operation(
    name="change_integration", method="PATCH", path=_ONE, tag="integrations", level=Level.MANAGE,
    summary="Rename it, switch services, or replace its credentials (only if their test passes).",
    body=IntegrationChange, answer=answers.IntegrationAnswer, headers=("If-Match",), answer_headers=("ETag",),
    problems=(409, 412, 422, 429),
)  # fmt: skip
DELETE_INTEGRATION: Final = Operation(
    name="delete_integration", method="DELETE", path=_ONE, tag="integrations", level=Level.DELETE,
    summary="Remove the integration, its secrets and all its data. It is gone from sight at once.",
    answer=answers.DeletionAnswer, status=202, headers=("If-Match",), answer_headers=("Location",), problems=(412,),
)  # fmt: skip
GET_DELETION: Final = Operation(
    name="get_deletion", method="GET", path="deletions/{deletion_id}", tag="integrations", level=Level.VIEW,
    summary="Say how far a removal is; answered for 90 days.", answer=answers.DeletionAnswer,
)  # fmt: skip
TEST_INTEGRATION: Final = Operation(
    name="test_integration", method="POST", path=f"{_ONE}/test", tag="connecting", level=Level.MANAGE,
    summary="Test with the stored credentials. A stopped integration whose test passes starts again.",
    answer=ConnectionAnswer, problems=(429,),
)  # fmt: skip
SYNC_INTEGRATION: Final = Operation(
    name="sync_integration", method="POST", path=f"{_ONE}/sync", tag="runs", level=Level.MANAGE,
    summary="Sync now. A sync that is already running is returned instead of a second one.",
    body=SyncRequest, body_required=False, answer=answers.RunReference, status=202, problems=(409,),
)  # fmt: skip
LIST_RUNS: Final = Operation(
    name="list_runs", method="GET", path=f"{_ONE}/runs", tag="runs", level=Level.VIEW,
    summary="List the syncs, newest first.", query=PageQuery, answer=answers.RunPage,
)  # fmt: skip
GET_RUN: Final = Operation(
    name="get_run", method="GET", path=f"{_ONE}/runs/{{run_id}}", tag="runs", level=Level.VIEW,
    summary="Read one sync with its streams.", answer=answers.RunDetail,
)  # fmt: skip
GET_TICKET: Final = Operation(
    name="get_ticket", method="GET", path=f"{_ONE}/tickets/{{ticket_id}}", tag="entities", level=Level.VIEW,
    summary="Read one ticket with its epic and the history of its states.",
    query=OneQuery, answer=answers.TicketAnswer,
)  # fmt: skip
GET_PULL_REQUEST: Final = Operation(
    name="get_pull_request", method="GET", path=f"{_ONE}/pull_requests/{{repo_id}}/{{number}}", tag="entities",
    level=Level.VIEW, summary="Read one pull request with its events.",
    query=OneQuery, answer=answers.PullRequestAnswer,
)  # fmt: skip
CHANGE_TICKET_PROJECT: Final = Operation(
    name="change_ticket_project", method="PATCH", path=f"{_ONE}/ticket_projects/{{project_id}}", tag="entities",
    level=Level.MANAGE, summary="Choose whether a project is ingested.",
    body=ImportChoice, answer=LISTED["ticket_projects"],
)  # fmt: skip
CHANGE_REPO: Final = Operation(
    name="change_repo", method="PATCH", path=f"{_ONE}/repos/{{repo_id}}", tag="entities",
    level=Level.MANAGE, summary="Choose whether a repo is ingested.", body=ImportChoice, answer=LISTED["repos"],
)  # fmt: skip
GET_COVERAGE: Final = Operation(
    name="get_coverage", method="GET", path=f"{_ONE}/coverage", tag="entities", level=Level.VIEW,
    summary="Say why one thing is or is not stored.", query=CoverageQuery, answer=answers.CoverageAnswer,
)  # fmt: skip
GET_HEALTH: Final = Operation(
    name="get_health", method="GET", path="health", tag="service", level=None,
    summary="Say whether tables, queues and vault work; looked at every 10 seconds at most.",
    answer=answers.HealthAnswer, also={503: answers.HealthAnswer},
)  # fmt: skip
GET_OPENAPI: Final = Operation(
    name="get_openapi", method="GET", path="openapi.json", tag="service", level=None,
    summary="This description.", answer=answers.Json,
)  # fmt: skip

SHOWN: Final = {"commits": answers.CommitAnswer}
"""What lists show with more than what is stored."""

LIST_ENTITIES: Final = {
    name: Operation(
        name=f"list_{name}", method="GET", path=f"{_ONE}/{name}", tag="entities", level=Level.VIEW,
        summary=f"List the stored {name.replace('_', ' ')}.",
        query=list_query(name, FILTERS.get(name, {})), answer=answers.page_of(SHOWN.get(name, LISTED[name])),
    )
    for name in LISTED
}  # fmt: skip

RECEIVE_EVENT: Final = Operation(
    name="receive_event", method="POST", path="webhooks/azure-devops/{integration_id}", tag="webhooks", level=None,
    summary="Take an event of Azure DevOps, which signs in with the subscription's Basic credentials.",
    answer=answers.EventAnswer, status=202, raw_body=True, problems=(401, 404, 410, 503),
)  # fmt: skip
OPERATIONS: Final = (
    TEST_URL, TEST_CONNECTION, *OAUTH_OPERATIONS, CREATE_INTEGRATION, LIST_INTEGRATIONS, GET_INTEGRATION,
    CHANGE_INTEGRATION, DELETE_INTEGRATION, GET_DELETION, TEST_INTEGRATION, SYNC_INTEGRATION, LIST_RUNS, GET_RUN,
    *LIST_ENTITIES.values(), GET_TICKET, GET_PULL_REQUEST, CHANGE_TICKET_PROJECT, CHANGE_REPO, GET_COVERAGE,
    *TICKET_OPERATIONS, *CODE_OPERATIONS,
    RECEIVE_EVENT, GET_HEALTH, GET_OPENAPI,
)  # fmt: skip
