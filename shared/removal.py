"""Removing an integration: its secret, then every row of it, then itself. Stopped anywhere, it goes on from there."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

from shared.integration_index import Deletion
from shared.leases import LEASE
from shared.messages import Plan
from shared.storage import OWNED_BY_INTEGRATION, WATERMARKS

if TYPE_CHECKING:
    from shared.flow.integration import Integration
    from shared.services import Services

SLICE: Final = timedelta(minutes=4)
"""After that it puts its message back and stops."""

_LOT: Final = 1000
_NEXT_LOOK: Final = timedelta(seconds=5)
# A worker that found its lease in order may still be writing one page.
_LAST_PAGE: Final = timedelta(seconds=30)

log = logging.getLogger(__name__)


def remove(services: Services, message: Plan) -> None:
    """Do a slice of a removal. ``IntegrationStore.deletion`` tells how far it is."""
    from shared.webhooks.removal import AGAIN_SECONDS, is_gone

    integration = services.integrations.load(message.workspace, message.integration_id)
    if integration is None or integration.state != "deleting":
        return
    if not is_gone(services, integration):
        services.queues.send(message, AGAIN_SECONDS)
        return
    services.secrets.delete(integration.id, integration.secret_name)
    before = _await_writers(services, _begun(services, integration))
    after = _sweep(services, before, until=services.clock() + SLICE)
    now = services.clock()
    if after.rows_removed > before.rows_removed:
        # The end is a look that finds nothing: what was just being written is there at the next one.
        services.queues.send(message, _NEXT_LOOK.total_seconds())
    elif after.sweep_after and after.sweep_after > now:
        services.queues.send(message, (after.sweep_after - now).total_seconds() + 1)
    else:
        services.integrations.note_removal(replace(after, finished_at=now))
        log.info("integration.removed", extra={"integration_id": integration.id, "rows": after.rows_removed})


def _begun(services: Services, integration: Integration) -> Deletion:
    known = services.integrations.deletion(integration.id)
    return known or Deletion(
        integration_id=integration.id, workspace=integration.workspace, started_at=integration.updated_at
    )


def _await_writers(services: Services, deletion: Deletion) -> Deletion:
    """Until when a worker may still write: without its row it cannot renew its lease, and stops at the next page."""
    now = services.clock()
    held = [state.until for state in services.watermarks.all(deletion.integration_id) if state.held(now)]
    ends = [min(until, now + LEASE) + _LAST_PAGE for until in held if until]
    if deletion.sweep_after:
        ends.append(deletion.sweep_after)
    deletion = replace(deletion, sweep_after=max(ends, default=None))
    services.integrations.note_removal(deletion)
    return deletion


def _sweep(services: Services, deletion: Deletion, until: datetime) -> Deletion:
    """Remove rows, a lot at a time, until none is left or time is up."""
    for table in (WATERMARKS, *OWNED_BY_INTEGRATION):
        for keys in _lots(services, table, deletion.integration_id):
            services.tables.delete(table, keys)
            deletion = replace(deletion, rows_removed=deletion.rows_removed + len(keys))
            services.integrations.note_removal(deletion)
            if services.clock() > until:
                return deletion
    return deletion


def _lots(services: Services, table: str, integration_id: str) -> Iterator[list[tuple[str, str]]]:
    """Keys of the integration's rows, a lot at a time, until none is left."""
    while True:
        found = services.tables.query(table, prefix=integration_id, select=())
        keys = [(str(stored.row["PartitionKey"]), str(stored.row["RowKey"])) for stored in islice(found, _LOT)]
        if not keys:
            return
        yield keys
