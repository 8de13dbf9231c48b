"""First import and quiet sync of the fake organisation on the real stack, at several latencies, in one run.

``make bench SIZE=small LATENCY=0,0.05``: the latencies take turns, and medians of the rounds are printed.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.e2e.stack import Fake, Stack

Figures = dict[str, float]


def measure(size: str, latency: float) -> dict[str, Figures]:
    """One round on a fresh stack: wall seconds, requests to Azure DevOps and rows written, for each kind of sync."""
    with tempfile.TemporaryDirectory() as folder:
        fake = Fake.start("contoso", size)
        stack = Stack(Path(folder), fake.url, in_memory=True)
        try:
            stack.start()
            fake.set_latency(latency)
            fake.reset_requests()
            began = time.monotonic()
            integration = stack.connect(fake)["id"]
            first = _figures(stack.wait(integration, seconds=1800), fake, began)
            stack.sync(integration)  # takes up what the first import left open, so that the next one is quiet
            fake.reset_requests()
            began = time.monotonic()
            quiet = _figures(stack.sync(integration), fake, began)
            return {"first import": first, "quiet sync": quiet}
        finally:
            stack.stop()
            fake.stop()


def _figures(run: dict[str, object], fake: Fake, began: float) -> Figures:
    streams = run["streams"]
    assert isinstance(streams, list)
    return {
        "seconds": time.monotonic() - began,
        "requests": float(fake.requests()["total"]),
        "rows": float(sum(stream["written"] for stream in streams)),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--size", default="small")
    parser.add_argument("--latency", default="0,0.05", help="seconds added to every answer, several with commas")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    latencies = [float(text) for text in arguments.latency.split(",")]
    collected: dict[tuple[str, float], list[Figures]] = defaultdict(list)
    for _ in range(arguments.rounds):
        for latency in latencies:
            for what, figures in measure(arguments.size, latency).items():
                collected[what, latency].append(figures)
    table = Table("what", "latency", "seconds", "requests", "rows written", title=f"{arguments.size}, medians")
    for (what, latency), rounds in sorted(collected.items()):
        middle = {name: statistics.median(figures[name] for figures in rounds) for name in rounds[0]}
        table.add_row(
            what,
            f"{latency * 1000:.0f} ms",
            f"{middle['seconds']:.2f}",
            f"{middle['requests']:.0f}",
            f"{middle['rows']:.0f}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
