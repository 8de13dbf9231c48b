"""HTTP: events from Azure DevOps."""

from __future__ import annotations

import logging

from functions.http import blueprint, serves
from shared import routes
from shared.errors import ConnectorError
from shared.http import Answer, ApiProblem, Call
from shared.services import services
from shared.webhooks.receiver import trouble

bp = blueprint()
log = logging.getLogger("flow.http")


@serves(bp, routes.RECEIVE_EVENT)
def receive_event(call: Call, body: bytes) -> Answer:
    """Take an event: 202 for all that comes from a subscription of ours, 503 while we cannot take it."""
    integration_id = call.path["integration_id"]
    try:
        return services().webhooks.receive(integration_id, call.headers, body)
    except ApiProblem:
        raise
    except ConnectorError as e:
        log.warning("webhook.not_taken", extra={"code": e.code})
        raise trouble() from e
    except Exception as e:  # any other status would cost the subscription its events
        log.error("webhook.crashed", extra={"error": type(e).__name__})  # noqa: TRY400 - a traceback may quote values
        raise trouble() from e
