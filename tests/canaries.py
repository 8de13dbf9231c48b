"""Tokens of the fake Azure DevOps are canaries: their mark is looked for in all that leaves the app, in every test.

Looked at: each log record, each request to storage (rows and queue messages), each answer of the HTTP API. A test
during which the mark is seen fails. The vault and Azure DevOps are where tokens belong, and are not looked at.
"""

from __future__ import annotations

import base64
import logging
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from azure.core.pipeline.transport import RequestsTransport

from local.fake_ado.named_tokens import CANARY

_VAULT_PATH: Final = "/secrets/"


def _base64_forms(mark: bytes) -> list[bytes]:
    """What ``mark`` looks like within Base64, at each of the three places it can have there."""
    forms = []
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + mark)
        # Only characters that are made of nothing but the mark.
        forms.append(text[-(-shift * 8 // 6) : (shift + len(mark)) * 8 // 6])
    return forms


FORMS: Final = (CANARY.encode(), *_base64_forms(CANARY.encode()))
"""The first six characters of a token's random part, plain and in Base64, alone or behind a colon or in a JSON text."""


def traces(content: bytes) -> list[bytes]:
    """The forms of the mark that ``content`` holds, plain or percent-encoded."""
    return [form for form in FORMS if form in content or form in unquote_to_bytes(content)]


class Watch(logging.Handler):
    """``seen``: where the mark turned up."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def look(self, content: bytes | str | None, where: str) -> None:
        """Note ``where`` if ``content`` holds the mark."""
        raw = content.encode(errors="replace") if isinstance(content, str) else content or b""
        if traces(raw):
            self.seen.append(where)

    def emit(self, record: logging.LogRecord) -> None:
        """Look at everything of a log record: message, arguments, extra fields, traceback."""
        try:
            text = f"{record.getMessage()} {vars(record)}"
            if record.exc_info:
                text += logging.Formatter().formatException(record.exc_info)
        except (TypeError, ValueError):
            text = repr(vars(record))
        self.look(text, f"log record of {record.name}")


WATCH: Final = Watch()


def _tap() -> None:
    """Look at what every Azure SDK client sends, but for the vault's."""
    send = RequestsTransport.send

    def watched(self: RequestsTransport, request: Any, **options: Any) -> Any:
        if _VAULT_PATH not in request.url:
            body = getattr(request, "body", None) or getattr(request, "content", None)
            WATCH.look(body if isinstance(body, bytes | str) else None, f"{request.method} to storage")
            WATCH.look(request.url, "a URL of storage")
        return send(self, request, **options)

    RequestsTransport.send = watched


def install() -> None:
    """Begin to look, once in a process; from ``INFO`` on, as the deployed app logs."""
    _tap()
    root = logging.getLogger()
    root.addHandler(WATCH)
    root.setLevel(logging.INFO)
