"""What the reporting feeds have in common."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from local.fake_ado import refusals
from local.fake_ado.answers import Answer, plain
from local.fake_ado.context import Call
from local.fake_ado.model import Project


def split(text: str) -> list[str]:
    """A comma-separated list."""
    return [part.strip() for part in text.split(",") if part.strip()]


def scope(call: Call) -> Project | None:
    """The project in the path, None at organisation level."""
    return call.project if "project" in call.parameters else None


def refuse_both(token: str, moment: datetime | None) -> None:
    """A batch begins at a token or at a time."""
    if token and moment is not None:
        raise refusals.invalid_argument("The parameters startDateTime and continuationToken cannot be used together.")


def batch(call: Call, feed: str, rows: list[dict[str, Any]], token: str, *, is_last: bool) -> Answer:
    """``StreamedBatch``. The token comes with the last batch too: what changes later is behind it."""
    kept = {
        name: values[0] for name, values in call.query.items() if name not in ("continuationtoken", "startdatetime")
    }
    project = f"{quote(call.parameters['project'])}/" if "project" in call.parameters else ""
    link = f"{call.base_url}/{project}{feed}?{urlencode({'continuationToken': token, **kept})}"
    return plain({"values": rows, "nextLink": link, "continuationToken": token, "isLastBatch": is_last})
