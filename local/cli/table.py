"""Closing tables: what a run did, and what is stored beside what is true."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from local.cli.comparison import Comparison

_ORGANIZATION = "organisation"
_COUNTS = ("written", "skipped", "requests")


def run_table(run: dict[str, Any]) -> Table:
    """A line for each project and kind of data; ``failures`` says what the numbers do not."""
    table = _table(f"The {run['kind']} sync: {run['status'].replace('_', ' ')}")
    table.add_column("project", overflow="fold")
    table.add_column("kind", no_wrap=True)
    for name in (*_COUNTS, "seconds"):
        table.add_column("stored" if name == "written" else name, justify="right", no_wrap=True)
    # A project has a stream of the same kind for each of its repos.
    for (where, kind), streams in groupby(_in_order(run), lambda stream: (_where(stream), stream["stream"])):
        group = list(streams)
        numbers = [f"{sum(stream[name] for stream in group):,}" for name in _COUNTS]
        table.add_row(where, kind, *numbers, f"{sum(stream['seconds'] for stream in group):.1f}")
    sums = [f"{sum(stream[name] for stream in run['streams']):,}" for name in _COUNTS]
    seconds = sum(stream["seconds"] for stream in run["streams"])
    table.add_section()
    table.add_row("all", "", *sums, f"{seconds:.1f}", style="bold")
    return table


def failures(run: dict[str, Any]) -> list[str]:
    """A line for the run's error and for each stream that did not succeed, with the remedy where there is one."""
    lines = [str(run["error"])] if run.get("error") else []
    for stream in _in_order(run):
        if stream["status"] != "succeeded":
            told = [stream["error"] or stream["status"].replace("_", " "), stream["remedy"]]
            lines.append(f"{_where(stream)}, {stream['stream']}: {' '.join(filter(None, told))}")
    return lines


def _in_order(run: dict[str, Any]) -> list[dict[str, Any]]:
    return sorted(run["streams"], key=lambda stream: (stream["project_name"] or "", _where(stream), stream["stream"]))


def _where(stream: dict[str, Any]) -> str:
    return str(stream["project_name"] or stream["project_id"] or _ORGANIZATION)


def _table(title: str) -> Table:
    return Table(
        title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, show_edge=False, pad_edge=False
    )


def comparison_table(comparisons: Iterable[Comparison]) -> Table:
    """Green where both are equal, red where they are not."""
    table = _table("Stored beside true")
    table.add_column("kind", no_wrap=True)
    for name in ("stored", "true"):
        table.add_column(name, justify="right")
    table.add_column("")
    for one in comparisons:
        verdict = "[green]equal[/green]" if one.equal else "[bold red]different[/bold red]"
        table.add_row(one.kind, f"{one.stored:,}", f"{one.true:,}", verdict)
    return table
