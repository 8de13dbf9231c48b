"""How the worker process logs: one line a record on standard error, with the function it belongs to.

``2026-01-31T12:00:00.000Z INFO ingest shared.ingest: slice.done rows=12``

As in Azure, a record's ``extra`` fields are shown only where the app has put them into its message.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

# The names that host.json gives to .NET's levels.
_LEVELS: Final = {
    "trace": logging.DEBUG,
    "debug": logging.DEBUG,
    "information": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
    "none": logging.CRITICAL + 1,
}


class OneLine(logging.Formatter):
    """Time, level, function, logger, message, and the exception without its traceback."""

    def __init__(self, function: Callable[[], str]) -> None:
        """``function`` tells which function the current thread or task works for."""
        super().__init__()
        self._function = function

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        text = f"{moment} {record.levelname} {self._function()} {record.name}: {record.getMessage()}"
        if record.exc_info and record.exc_info[1]:
            text += f" | {_exception(record.exc_info[1])}"
        return text.replace("\r", "\\r").replace("\n", "\\n")


def _exception(error: BaseException) -> str:
    at = error.__traceback__
    while at and at.tb_next:
        at = at.tb_next
    where = f" ({at.tb_frame.f_code.co_filename}:{at.tb_lineno})" if at else ""
    return f"{type(error).__name__}: {error}{where}"


def configure(levels: Mapping[str, str], function: Callable[[], str]) -> None:
    """Send all records to standard error. ``levels`` is host.json's ``logLevel``: logger name, or default, to level."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine(function))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_LEVELS.get(levels.get("default", "information").lower(), logging.INFO))
    for name, level in levels.items():
        if name != "default" and level.lower() in _LEVELS:
            logging.getLogger(name.lower()).setLevel(_LEVELS[level.lower()])
    # The library logs a failed call with its traceback; the host reports the same failure once, in one line.
    logging.getLogger("azure.functions").setLevel(logging.CRITICAL)
