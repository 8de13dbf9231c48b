"""The one console that all commands print to: colours and live displays in a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys

from rich.console import Console

_PLAIN_WIDTH = 140


def _make() -> Console:
    width = None if sys.stdout.isatty() else _PLAIN_WIDTH
    return Console(highlight=False, emoji=False, width=width)


console = _make()
