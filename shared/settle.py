"""How a slice ends: well, out of time, or by an error, whose class decides what happens next."""

from __future__ import annotations

import logging
import math
import random
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from shared.errors import ConnectorError, CredentialError, TransientError, UnavailableError
from shared.failures import Failed, stop_integration, with_failure, without_failure
from shared.flow.base import ORGANIZATION_UNIT
from shared.renames import why_stopped
from shared.sync import advance

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.messages import Ingest
    from shared.runs import RunStream
    from shared.services import Services
    from shared.slices import Job
    from shared.watermarks import Failure, StreamState

TRIES: Final = 5
"""So often trouble (5xx, time-outs) is tried again before the stream has failed in this run."""
DEFAULT_PAUSE_SECONDS: Final = 60.0
"""Where Azure DevOps gives no time."""

_FIRST_BACKOFF_SECONDS: Final = 5.0
_LONGEST_BACKOFF_SECONDS: Final = 900.0

log = logging.getLogger(__name__)


def backoff_seconds(attempt: int) -> float:
    """The wait after try number ``attempt`` (from 0): twice as long each time, spread over the half of itself."""
    longest = min(_LONGEST_BACKOFF_SECONDS, _FIRST_BACKOFF_SECONDS * 2.0**attempt)
    return random.uniform(longest / 2, longest)  # noqa: S311 - spreads retries, hides nothing


def wait(services: Services, message: Ingest, row: RunStream, seconds: float) -> None:
    """Put the message back until a pause is over, a little spread so that not all come at once. Never counted."""
    delay = math.ceil(seconds * random.uniform(1.0, 1.1))  # noqa: S311 - as above
    resume_at = services.clock() + timedelta(seconds=delay)
    services.runs.change_stream(row, lambda now: replace(now, status="rate_limited", resume_at=resume_at))
    services.queues.send(message, delay)


def finish(job: Job) -> None:
    """The stream is complete."""
    now = job.services.clock()
    # The row ends before the lease does: a second copy of the message finds one or the other, and reads nothing.
    well = {"status": "succeeded", "progress": 1.0, "finished_at": now, "resume_at": None}
    job.update(**well, error=None, error_code=None, remedy=None)
    release(job, lambda state: replace(without_failure(state), synced_at=now))
    advance(job.services, job.integration, job.message.run_id)


def go_on_later(job: Job) -> None:
    """Time is up: the same message does the rest."""
    # Let go first: a message that finds the lease taken ends.
    release(job)
    job.services.queues.send(replace(job.message, attempt=_tries(job)))


def stop(job: Job) -> None:
    """Nobody wants the stream any more; rows and watermark stay."""
    job.services.runs.end_stream(job.row, "stopped")
    release(job)
    advance(job.services, job.integration, job.message.run_id)


def release(job: Job, change: Callable[[StreamState], StreamState] = lambda state: state) -> None:
    """Let go of the lease, and send the messages of other runs that found it taken."""
    for run_id in job.lease.release(change):
        if run_id != job.message.run_id:
            job.services.queues.send(replace(job.message, run_id=run_id, attempt=0))


def settle(job: Job, error: ConnectorError) -> None:
    """Act on an error by its class. Raises it again where it is for the poison queue."""
    fields = {"integration_id": job.integration.id, "stream": job.message.stream, "unit_id": job.message.unit_id}
    log.warning("stream.failed", extra={**fields, "code": error.code, "kind": type(error).__name__})
    match error:
        case TransientError(throttled=True):
            _pause(job, error)
        case TransientError() if _tries(job) < TRIES:
            _try_again(job, error)
        case CredentialError():
            _stop_integration(job, error)
        case TransientError():
            # Raised, it would be tried five times more, a minute apart: the host counts the message's tries anew.
            log.error("stream.given_up", extra={**fields, "code": error.code})
            _leave_unit(job, error)
        case UnavailableError():
            _leave_unit(job, error)
        case _:
            _note(job, error)
            release(job)
            raise error


def _pause(job: Job, error: TransientError) -> None:
    integration, services = job.integration, job.services
    seconds = error.retry_after or DEFAULT_PAUSE_SECONDS
    until = services.pauses.pause(integration.organization, integration.token_owner, seconds)
    release(job)
    message = replace(job.message, attempt=_tries(job))
    wait(services, message, job.row, (until - services.clock()).total_seconds())


def _tries(job: Job) -> int:
    """Tries since the stream last came further: trouble now and then in a long reading is none without end."""
    return 0 if job.lease.moved else job.message.attempt


def _try_again(job: Job, error: TransientError) -> None:
    tries = _tries(job)
    delay = min(max(error.retry_after or 0.0, backoff_seconds(tries)), _LONGEST_BACKOFF_SECONDS)
    _note(job, error)
    job.update(resume_at=job.services.clock() + timedelta(seconds=delay))
    release(job)
    job.services.queues.send(replace(job.message, attempt=tries + 1), delay)


def _note(job: Job, error: ConnectorError) -> None:
    """Show the error in the run while it is being tried again."""
    failed = Failed.of(error)
    job.update(errors=job.row.errors + 1, error=failed.error, error_code=failed.code, remedy=failed.remedy)


def _stop_integration(job: Job, error: CredentialError) -> None:
    release(job)
    if not stop_integration(job.services, job.integration, why_stopped(job.services, job.integration, error)):
        # The credential has been replaced since this slice began: the new one has not been tried.
        job.services.queues.send(job.message)


def _leave_unit(job: Job, error: ConnectorError) -> None:
    failed = Failed.of(error)
    status: Failure = "failed" if job.message.unit_id == ORGANIZATION_UNIT else "failed_project"
    now = job.services.clock()
    _note(job, error)
    job.update(status=status, finished_at=now, resume_at=None)
    release(job, lambda state: with_failure(state, status, failed, now))
    advance(job.services, job.integration, job.message.run_id)
