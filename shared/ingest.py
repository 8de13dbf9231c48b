"""One message of the ``ingest`` queue: a slice of one stream of one unit.

Rows first, then the watermark, with the lease checked before the one and by the other. What is stopped anywhere is
taken up again by the same message, from the last watermark.
"""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING

from shared.errors import ConnectorError, ContractError
from shared.leases import Held, LeaseLostError
from shared.settle import finish, go_on_later, release, settle, stop, wait
from shared.slices import Job, Outcome, SliceWork, is_wanted
from shared.sync import advance
from shared.webhooks.hints import follow_up, forget

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.flow.integration import Integration
    from shared.messages import Ingest
    from shared.services import Services
    from shared.streams.base import Stream

log = logging.getLogger(__name__)

_ENDS: dict[Outcome, Callable[[Job], None]] = {"done": finish, "time_up": go_on_later, "unwanted": stop}


def handle_ingest(services: Services, message: Ingest) -> None:
    """Do a slice. Raises what is to reach the poison queue: ContractError, our own bugs."""
    stream = services.streams.get(message.stream)
    if stream is None:
        raise ContractError(f"there is no stream {message.stream!r}", code="stream.unknown")
    integration = services.integrations.get(message.workspace, message.integration_id)
    row = services.runs.stream(message.integration_id, message.run_id, message.stream, message.unit_id)
    if integration is None or row is None:
        return  # removed; its messages find nothing to do
    if row.final:
        # Done already. Only the last step may be missing, when a worker died before it.
        advance(services, integration, message.run_id)
        return
    if not is_wanted(integration, stream):
        services.runs.end_stream(row, "stopped")
        advance(services, integration, message.run_id)
        return
    until = services.pauses.until(integration.organization, integration.token_owner)
    if until:
        wait(services, message, row, (until - services.clock()).total_seconds())
        return
    _with_lease(services, message, stream, integration)


def _with_lease(services: Services, message: Ingest, stream: Stream, integration: Integration) -> None:
    lease = services.leases.take(integration.id, message.stream, message.unit_id, message.run_id)
    if isinstance(lease, Held):
        log.info("lease.held", extra={"integration_id": integration.id, "stream": message.stream})
        if lease.same_run:
            # A worker that was killed leaves its lease and its message behind: the message outlives the lease.
            services.queues.send(message, math.ceil((lease.until - services.clock()).total_seconds()) + 1)
        return
    with lease:
        try:
            found = services.runs.stream(integration.id, message.run_id, message.stream, message.unit_id)
            if found is None:
                return
            job = Job(services, message, stream, integration, found, lease)
            if found.final:
                release(job)  # another copy of the message has just done it
            else:
                _slice(job)
        except LeaseLostError:
            # Whoever has it now goes on from the watermark; what was read here since then is read again there.
            log.warning("lease.lost", extra={"integration_id": integration.id, "stream": message.stream})


def _slice(job: Job) -> None:
    work = SliceWork(job)
    try:
        outcome = work.run()
    except LeaseLostError:
        raise
    except ConnectorError as error:
        settle(job, error)
    else:
        if outcome == "done" and work.hints:
            forget(job.services, work.hints)
        _ENDS[outcome](job)
        if outcome == "done" and work.hints:
            follow_up(job.services, job.integration, job.message)
