"""Messages that could not be done: why is kept in the run and at the stream before the queue forgets them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from shared.errors import ContractError
from shared.failures import Failed, fail_run, fail_stream
from shared.flow.base import ORGANIZATION_UNIT
from shared.messages import Ingest, Plan
from shared.sync import advance

if TYPE_CHECKING:
    from shared.services import Services
    from shared.watermarks import Failure

REMEDY: Final = "It is tried again at the next sync. If it keeps failing, give support this message and the time."

log = logging.getLogger(__name__)


def handle_poison(services: Services, queue: str, body: bytes, dequeue_count: int) -> None:
    """Record a message of ``{queue}-poison`` and let the run go on without it. Never raises for what it holds."""
    # The name that alerts look for; nothing of the body but ids is logged.
    try:
        message = Ingest.from_json(body) if queue == Ingest.QUEUE else Plan.from_json(body)
    except ContractError:
        log.error("poison_message", extra={"queue": queue, "dequeue_count": dequeue_count, "bytes": len(body)})  # noqa: TRY400 - the body is not ours to show
        return
    log.error("poison_message", extra={"queue": queue, "dequeue_count": dequeue_count, **_ids(message)})
    if isinstance(message, Ingest):
        _ingest(services, message)
    elif message.action == "plan":
        _plan(services, message)


def _ids(message: Ingest | Plan) -> dict[str, str]:
    names = ("integration_id", "run_id", "stream", "unit_id", "action")
    return {name: value for name in names if isinstance(value := getattr(message, name, None), str)}


def _ingest(services: Services, message: Ingest) -> None:
    row = services.runs.stream(message.integration_id, message.run_id, message.stream, message.unit_id)
    if row is None:
        return
    failed = Failed(
        row.error or f"{message.stream} stopped with an error of this app",
        row.error_code or "internal",
        row.remedy or REMEDY,
    )
    failure: Failure = "failed" if message.unit_id == ORGANIZATION_UNIT else "failed_project"
    fail_stream(services, row, failed, failure)
    integration = services.integrations.get(message.workspace, message.integration_id)
    if integration:
        advance(services, integration, message.run_id)


def _plan(services: Services, message: Plan) -> None:
    """A run that cannot be planned has failed. (A removal that could not be done is tried again by the timer.)"""
    run_id = message.run_id or services.runs.state(message.integration_id).active_run_id
    run = services.runs.get(message.integration_id, run_id) if run_id else None
    if run:
        fail_run(services, run, Failed("the sync could not be planned", "internal", REMEDY))
