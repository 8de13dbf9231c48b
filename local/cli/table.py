"""Closing tables: what a run did, and what is stored beside what is true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.table import Table

_ORGANIZATION = "(organisation)"


def run_table(run: dict[str, Any]) -> Table:
    """A line for each project and kind of data."""
    table = Table(title=f"The {run['kind']} sync: {run['status'].replace('_', ' ')}", title_justify="left")
    table.add_column("project")
    table.add_column("kind")
    for name in ("read", "stored", "skipped", "requests", "seconds"):
        table.add_column(name, justify="right")
    table.add_column("state")
    streams = sorted(run["streams"], key=lambda stream: (stream["project_name"] or "", stream["stream"]))
    for stream in streams:
        numbers = [f"{stream[name]:,}" for name in ("read", "written", "skipped", "requests")]
        where = stream["project_name"] or stream["project_id"] or _ORGANIZATION
        table.add_row(where, stream["stream"], *numbers, f"{stream['seconds']:.1f}", _state(stream))
    sums = [f"{sum(stream[name] for stream in streams):,}" for name in ("read", "written", "skipped", "requests")]
    seconds = sum(stream["seconds"] for stream in streams)
    table.add_section()
    table.add_row("all", "", *sums, f"{seconds:.1f}", "", style="bold")
    return table


def _state(stream: dict[str, Any]) -> str:
    told = [str(stream[name]) for name in ("error", "remedy") if stream.get(name)]
    return ": ".join([stream["status"].replace("_", " "), " ".join(told)]) if told else stream["status"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many rows of a kind are stored, and how many a perfect reader would have stored."""

    kind: str
    stored: int
    true: int

    @property
    def equal(self) -> bool:
        return self.stored == self.true


def compare(stored: Mapping[str, int], true: Mapping[str, int]) -> list[Comparison]:
    """Side by side, in the order of ``true``; what one side lacks counts as none."""
    kinds = dict.fromkeys([*true, *stored])
    return [Comparison(kind, stored.get(kind, 0), true.get(kind, 0)) for kind in kinds]


def comparison_table(comparisons: list[Comparison]) -> Table:
    """Green where both are equal, red where they are not."""
    table = Table(title="Stored, beside what is in the demo organisation", title_justify="left")
    table.add_column("kind")
    for name in ("stored", "true"):
        table.add_column(name, justify="right")
    table.add_column("")
    for one in comparisons:
        verdict = "[green]equal[/green]" if one.equal else "[bold red]different[/bold red]"
        table.add_row(one.kind, f"{one.stored:,}", f"{one.true:,}", verdict)
    return table
