"""What a route's ids name, within the caller's workspace; everything foreign is as unknown as what never was."""

from __future__ import annotations

import re
from typing import Final

from shared.flow.integration import Integration
from shared.http import Call, not_found, precondition_failed
from shared.integration_view import etag_of
from shared.services import services

GUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def integration_of(call: Call) -> Integration:
    """The integration that the route names. Raises ApiProblem 404."""
    integration_id = call.path["integration_id"]
    found = services().integrations.get(call.workspace, integration_id) if GUID.fullmatch(integration_id) else None
    if found is None:
        raise not_found()
    return found


def must_match(call: Call, integration: Integration) -> bool:
    """Whether the caller insists on the state it has read. Raises ApiProblem 412 if that is no longer the state."""
    wanted = call.headers.get("if-match")
    if wanted is None:
        return False
    if wanted.strip() != "*" and etag_of(integration) not in (tag.strip() for tag in wanted.split(",")):
        raise precondition_failed()
    return wanted.strip() != "*"
