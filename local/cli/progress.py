"""How a run goes on: a live display in a terminal, lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TaskID, TextColumn
from rich.text import Text

from local.cli.api import Api
from local.processes import StackError, pause

FINAL = frozenset({"succeeded", "partially_failed", "failed"})
_ENDED = frozenset({"succeeded", "failed", "failed_project", "stopped"})
_POLL_SECONDS = 0.25
_LINE_SECONDS = 5.0
_FIRST_RUN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class StreamTotal:
    """One kind of data over all its units (projects). ``progress`` is 0..1, ``ended`` and ``units`` are counts."""

    stream: str
    units: int
    ended: int
    progress: float
    rows: int
    requests: int
    waiting: bool

    @property
    def state(self) -> str:
        if self.waiting:
            return "throttled"
        return "done" if self.ended == self.units else f"{self.ended} of {self.units} units"


def totals(run: dict[str, Any]) -> list[StreamTotal]:
    """The streams of a run by name, in the order in which they appear."""
    names = dict.fromkeys(stream["stream"] for stream in run["streams"])
    return [_total(name, [stream for stream in run["streams"] if stream["stream"] == name]) for name in names]


def _total(name: str, parts: list[dict[str, Any]]) -> StreamTotal:
    return StreamTotal(
        stream=name,
        units=len(parts),
        ended=sum(part["status"] in _ENDED for part in parts),
        progress=sum(part["progress"] for part in parts) / len(parts),
        rows=sum(part["written"] for part in parts),
        requests=sum(part["requests"] for part in parts),
        waiting=any(part["status"] == "rate_limited" for part in parts),
    )


class LiveProgress:
    """Bars that move: one for the run, one for each of its streams."""

    def __init__(self, console: Console) -> None:
        columns: list[ProgressColumn] = [
            TextColumn("{task.description}"),
            BarColumn(bar_width=16),
            _Numbers(),
            TextColumn("{task.fields[state]}"),
        ]
        self._progress = Progress(*columns, console=console)
        self._tasks: dict[str, TaskID] = {}

    def show(self, run: dict[str, Any]) -> None:
        parts = totals(run)
        rows, requests = sum(part.rows for part in parts), sum(part.requests for part in parts)
        self._update("all", run["progress"], rows, requests, run["status"].replace("_", " "))
        for part in parts:
            self._update(part.stream, part.progress, part.rows, part.requests, part.state)

    def _update(self, name: str, progress: float, rows: int, requests: int, state: str) -> None:
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(name, total=1.0, rows=0, requests=0, state="")
        self._progress.update(self._tasks[name], completed=progress, rows=rows, requests=requests, state=state)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()


class _Numbers(ProgressColumn):
    def render(self, task: Any) -> Text:
        text = f"{task.fields['rows']:>8,} rows {task.fields['requests']:>6,} requests"
        return Text(text, no_wrap=True)


class PlainProgress:
    """A line when a stream has ended, and one for the run every few seconds."""

    def __init__(self, console: Console, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._monotonic = monotonic
        self._said: set[str] = set()
        self._last = monotonic()

    def show(self, run: dict[str, Any]) -> None:
        parts = totals(run)
        for part in parts:
            if part.ended == part.units and part.stream not in self._said:
                self._said.add(part.stream)
                self._line(f"{part.stream}: {part.rows} rows, {part.requests} requests, done")
        if self._monotonic() - self._last >= _LINE_SECONDS:
            rows, requests = sum(part.rows for part in parts), sum(part.requests for part in parts)
            self._line(f"{run['progress']:.0%}: {rows} rows, {requests} requests, {run['status']}")

    def _line(self, text: str) -> None:
        self._console.print(text, soft_wrap=True)
        self._last = self._monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def follow_first_run(api: Api, integration_id: str, console: Console) -> dict[str, Any]:
    """Show the integration's newest run until it has ended; the run with its streams. Raises StackError."""
    run_id = _first_run_id(api, integration_id)
    with LiveProgress(console) if console.is_terminal else PlainProgress(console) as progress:
        while True:
            run = api.run(integration_id, run_id)
            progress.show(run)
            if run["status"] in FINAL:
                return run
            pause(_POLL_SECONDS)


def _first_run_id(api: Api, integration_id: str) -> str:
    deadline = time.monotonic() + _FIRST_RUN_SECONDS
    while time.monotonic() < deadline:
        if run := api.newest_run(integration_id):
            return str(run["id"])
        pause(_POLL_SECONDS)
    raise StackError(f"the first sync has not started after {_FIRST_RUN_SECONDS:.0f} s", exit_code=1)
