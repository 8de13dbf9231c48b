"""The fields of log records as part of their text: ``slice.done rows=12``.

Azure's Python worker passes a record's text on and drops what ``extra`` gave it.
Source: https://github.com/Azure/azure-functions-python-worker (``AsyncLoggingHandler``)
"""

from __future__ import annotations

import logging
from typing import Any, Final

MAX_TEXT: Final = 500
"""Characters of a field that are shown."""

_OURS: Final = ("shared.", "functions.", "flow.")
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class _FieldsRecord(logging.LogRecord):
    """A record whose message ends with its fields."""

    def getMessage(self) -> str:  # noqa: N802 - the standard library's name
        """``message name=value ...``, in one line. ``self.msg`` stays what was logged."""
        fields = [f"{name}={value!s:.{MAX_TEXT}}" for name, value in vars(self).items() if name not in _STANDARD]
        return " ".join([super().getMessage(), *fields]).replace("\r", "\\r").replace("\n", "\\n")


def install() -> None:
    """Show the fields of this app's records from now on; other libraries' records stay as they are."""
    before = logging.getLogRecordFactory()

    def make(name: str | None, *arguments: Any, **options: Any) -> logging.LogRecord:
        # ``logging.makeLogRecord`` names no logger.
        if name is None or not name.startswith(_OURS):
            return before(name, *arguments, **options)
        return _FieldsRecord(name, *arguments, **options)

    logging.setLogRecordFactory(make)
