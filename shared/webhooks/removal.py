"""What a deletion does about webhooks: subscriptions first, as they need the credential, then their secrets."""

from __future__ import annotations

import logging
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from shared.errors import ConnectorError, TransientError
from shared.flow.base import ORGANIZATION_UNIT
from shared.webhooks import secrets
from shared.webhooks.subscriptions import STREAM, delete, find

if TYPE_CHECKING:
    from shared.flow.integration import Integration
    from shared.services import Services

PATIENCE: Final = timedelta(minutes=10)
"""So long a deletion waits for Azure DevOps. A subscription that stays is answered 410, which disables it."""
AGAIN_SECONDS: Final = 30

log = logging.getLogger(__name__)


def is_gone(services: Services, integration: Integration) -> bool:
    """Remove subscriptions and secrets. False: Azure DevOps does not answer now, and it is worth waiting."""
    state = services.hooks.state(integration.id)
    if state is None:
        return True
    now = services.clock()
    writer = services.watermarks.get(integration.id, STREAM, ORGANIZATION_UNIT)
    if writer and writer.held(now):
        return False  # it may be making one
    if state.url:
        try:
            with closing(services.ado_client(integration)) as client:
                for row in list(find(client, state.url)):
                    delete(client, str(row["id"]))
        except ConnectorError as error:
            is_early = now - integration.updated_at < PATIENCE
            log.warning("webhooks.left", extra={"integration_id": integration.id, "code": error.code})
            if isinstance(error, TransientError) and is_early:
                return False
    secrets.delete(services, state)
    services.hooks.drop(integration.id)
    return True
