"""``make prove``: runs every proof in full and writes what came out to docs/proofs.md."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

REPO: Final = Path(__file__).resolve().parent.parent
PAGE: Final = REPO / "docs" / "proofs.md"
_LONGEST_SECONDS: Final = 6 * 3600


def main(arguments: list[str]) -> int:
    """Run the marked tests, with ``arguments`` for pytest; the page is written when all have passed."""
    with tempfile.TemporaryDirectory(prefix="proofs-") as folder:
        kept = Path(folder) / "figures.jsonl"
        kept.touch()
        began = time.monotonic()
        command = [sys.executable, "-m", "pytest", "-m", "prove", "--timeout", str(_LONGEST_SECONDS), *arguments]
        environment = {**os.environ, "PROVE": "1", "PROVE_FIGURES": str(kept)}
        done = subprocess.run(command, cwd=REPO, env=environment, check=False)
        lines = [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()]
        minutes = (time.monotonic() - began) / 60
    if done.returncode == 0:
        PAGE.write_text(page(lines, machine(), datetime.now(UTC), minutes), encoding="utf-8")
    return done.returncode


def page(lines: Iterable[dict[str, Any]], machine: str, day: datetime, minutes: float) -> str:
    """The page: a section for each proof, in the order of their names, with its figures."""
    text = [
        "# Proofs",
        "",
        f"Made by `make prove` on {day:%Y-%m-%d} in {minutes:.0f} minutes, on {machine}.",
        "A seed makes the same history again: the tests name theirs when they fail.",
        "",
    ]
    for line in sorted(lines, key=lambda line: str(line["proof"])):
        text += [f"## {line['proof']}", "", "| figure | value |", "| --- | --- |"]
        text += [f"| {name.replace('_', ' ')} | {_cell(value)} |" for name, value in line["figures"].items()]
        text.append("")
    return "\n".join(text)


def _cell(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value).replace("|", "\\|")
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"


def machine() -> str:
    """Processor, cores, memory, Python: what figures of time depend on."""
    cpus = Path("/proc/cpuinfo")
    names = cpus.read_text().splitlines() if cpus.exists() else []
    model = next((line.partition(":")[2].strip() for line in names if line.startswith("model name")), "")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    processor = model or platform.machine()
    return f"{processor}, {os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
