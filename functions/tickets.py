"""HTTP: what statuses mean, sprint ledgers, ticket metrics."""

from __future__ import annotations

from functions.found import integration_of
from functions.http import blueprint, serves
from shared import ticket_routes as routes
from shared.http import Answer, Call
from shared.services import services
from shared.ticket_requests import StatusMappingChange

bp = blueprint()


@serves(bp, routes.GET_STATUS_MAPPING)
def get_status_mapping(call: Call) -> Answer:
    """What the statuses of a ticket project mean."""
    from shared.entities import known_id
    from shared.status_mappings import etag_of, read_mapping

    found, project_id = integration_of(call), known_id(call.path["project_id"])
    answer = read_mapping(services().tables, found.id, project_id)
    return Answer(200, answer, {"ETag": etag_of(answer)})


@serves(bp, routes.PUT_STATUS_MAPPING)
def put_status_mapping(call: Call, body: StatusMappingChange) -> Answer:
    """Override what is derived."""
    from shared.entities import known_id
    from shared.status_mappings import etag_of, replace_overrides

    found, project_id = integration_of(call), known_id(call.path["project_id"])
    parts = services()
    answer = replace_overrides(
        parts.tables, found.id, project_id, body, now=parts.clock(), if_match=call.headers.get("if-match")
    )
    return Answer(200, answer, {"ETag": etag_of(answer)})


@serves(bp, routes.GET_SPRINT_LEDGER)
def get_sprint_ledger(call: Call) -> Answer:
    """What a sprint took on and what became of it."""
    from shared.entities import known_id
    from shared.sprint_ledgers import sprint_ledger

    found, sprint_id = integration_of(call), known_id(call.path["sprint_id"])
    parts = services()
    return Answer(200, sprint_ledger(parts.tables, found.id, sprint_id, call.query.at or parts.clock()))


@serves(bp, routes.GET_TICKET_METRICS)
def get_ticket_metrics(call: Call) -> Answer:
    """Metrics of the tickets that were done in a period."""
    from shared.ticket_metrics_report import ticket_metrics

    found, parts, query = integration_of(call), services(), call.query
    answer = ticket_metrics(
        parts.tables,
        found.id,
        start=getattr(query, "from"),
        end=query.to,
        project_id=query.project_id,
        group_by=query.group_by,
        now=parts.clock(),
    )
    return Answer(200, answer)
