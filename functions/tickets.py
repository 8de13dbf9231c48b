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
