"""Figures that proofs bring, a line of JSON each, for ``tests/prove.py`` to write down."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final

FULL: Final = os.environ.get("PROVE") == "1"
"""True while the full figures are asked for (``make prove``)."""
_FILE: Final = os.environ.get("PROVE_FIGURES")


def record(proof: str, **figures: Any) -> None:
    """Keep what a proof came to: its name, and each figure by its own. Nothing happens outside of ``make prove``."""
    if _FILE:
        with Path(_FILE).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"proof": proof, "figures": figures}) + "\n")
