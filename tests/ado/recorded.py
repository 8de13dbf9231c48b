"""The recorded replies in ``tests/recorded``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from shared.ado.wire import Reply

RECORDED = Path(__file__).resolve().parent.parent / "recorded"


def recorded(name: str) -> Reply:
    """The one reply in a file, as the client would have read it."""
    responses: dict[str, Any] = orjson.loads((RECORDED / name).read_bytes())["responses"]
    ((status, response),) = responses.items()
    body = orjson.dumps(response["body"]) if "body" in response else b""
    return Reply(int(status), {"content-type": "application/json; charset=utf-8"}, body)
