"""What a run's streams add up to: its progress, its status, and the JSON that callers see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from shared.flow.rows import rfc3339
from shared.run_rows import Run, RunStatus, RunStream

_FAILED: Final = ("failed", "failed_project")
# Only the end of a run is whole.
_ALMOST: Final = 0.999


def end_status(streams: Iterable[RunStream]) -> RunStatus:
    """What a run came to whose streams have all ended. One with nothing to do has succeeded."""
    counted = [stream.status for stream in streams if stream.status != "stopped"]
    failed = sum(status in _FAILED for status in counted)
    if not failed:
        return "succeeded"
    return "failed" if failed == len(counted) else "partially_failed"


def live(run: Run, streams: Sequence[RunStream]) -> Run:
    """A run that goes on, with what its streams show now."""
    statuses = {stream.status for stream in streams}
    waiting = "rate_limited" in statuses and not statuses & {"running", "queued"}
    status: RunStatus = "rate_limited" if waiting else "running"
    return replace(run, status=status, progress=_progress(run, streams))


def _progress(run: Run, streams: Sequence[RunStream]) -> float:
    """0..1: each stream weighs the same, so that it never falls when a stream's units become known."""
    units: defaultdict[str, list[float]] = defaultdict(list)
    for stream in streams:
        units[stream.stream].append(1.0 if stream.final else stream.progress)
    without_units = run.planned_streams - units.keys()
    done = sum(sum(parts) / len(parts) for parts in units.values()) + len(without_units)
    return min(_ALMOST, done / max(run.expected, len(units) + len(without_units), 1))


def run_json(run: Run, streams: Sequence[RunStream] | None = None) -> dict[str, Any]:
    """A run as callers see it; with ``streams`` the single run, which lists them and goes by what they show now."""
    if streams is not None and not run.final:
        run = live(run, streams)
    answer: dict[str, Any] = {
        "id": run.id,
        "kind": run.kind,
        "status": run.status,
        "started_at": rfc3339(run.started_at),
        "finished_at": rfc3339(run.finished_at) if run.finished_at else None,
        "progress": round(run.progress, 3),
        "error": run.error,
    }
    if streams is not None:
        answer["streams"] = [_stream_json(stream) for stream in streams]
    return answer


def _stream_json(stream: RunStream) -> dict[str, Any]:
    return {
        "stream": stream.stream,
        "project_id": stream.project_id,
        "project_name": stream.project_name,
        "repo_id": stream.repo_id,
        "status": stream.status,
        "read": stream.read,
        "written": stream.written,
        "skipped": stream.skipped,
        "requests": stream.requests,
        "seconds": round(stream.seconds, 3),
        "errors": stream.errors,
        "progress": 1.0 if stream.final else round(stream.progress, 3),
        "error": stream.error,
        "error_code": stream.error_code,
        "remedy": stream.remedy,
    }
