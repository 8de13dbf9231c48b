"""The functions host in a loop: does the messages of the queues, one after another, until there are none."""

from __future__ import annotations

import base64
from collections.abc import Callable

from shared.messages import Ingest, Message, Plan
from shared.services import Services

LIMIT = 500


def _nothing(_message: Message) -> None:
    """What to do after a message where there is nothing to do."""


def drain(parts: Services, after: Callable[[Message], None] = _nothing) -> list[Message]:
    """The messages that were done; ``after`` is called with each. What asks to be hidden for a while stays there."""
    done: list[Message] = []
    while len(done) < LIMIT:
        message = _take(parts)
        if message is None:
            return done
        if isinstance(message, Plan):
            parts.handle_plan(message)
        elif isinstance(message, Ingest):
            parts.handle_ingest(message)
        done.append(message)
        after(message)
    raise AssertionError("messages without end")


def _take(parts: Services) -> Message | None:
    for kind in (Plan, Ingest):
        client = parts.queues._client(kind.QUEUE)
        received = client.receive_message()
        if received is not None:
            client.delete_message(received)
            return kind.from_json(base64.b64decode(received.content))
    return None
