"""Queue messages: frozen dataclasses that carry ids only, never data or secrets."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import ClassVar, Literal, Self

import orjson

from shared.errors import ContractError


@dataclass(frozen=True, slots=True)
class Message:
    """A message of one queue; as JSON well under 1 KiB. Unknown fields of a newer release are ignored."""

    QUEUE: ClassVar[str] = ""

    def to_json(self) -> bytes:
        """The queue body, before the queue's base64."""
        return orjson.dumps(asdict(self))

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Read a body written by this or a neighbouring release. Raises ContractError for anything else."""
        try:
            fields = orjson.loads(body)
            return cls(**{name: fields[name] for name in cls.__dataclass_fields__ if name in fields})
        except (orjson.JSONDecodeError, TypeError, KeyError) as e:
            raise ContractError(f"a message of {cls.QUEUE} is not one of ours", code="message.unreadable") from e


@dataclass(frozen=True, slots=True)
class Plan(Message):
    """``sync-plan``: one integration to plan (which streams of ``run_id`` are ready), to look after or to remove.

    ``webhooks``: keep its subscriptions as they should be.
    """

    QUEUE: ClassVar[str] = "sync-plan"

    workspace: str
    integration_id: str
    run_id: str = ""
    action: Literal["plan", "remove", "webhooks"] = "plan"


@dataclass(frozen=True, slots=True)
class Ingest(Message):
    """``ingest``: one stream of one unit. ``unit_id`` is a project or repo id, or ``organization``.

    ``attempt`` counts tries after trouble (5xx, time-outs); waiting for a throttle does not count.
    """

    QUEUE: ClassVar[str] = "ingest"

    workspace: str
    integration_id: str
    run_id: str
    stream: str
    unit_id: str
    attempt: int = 0


QUEUES = (Plan.QUEUE, Ingest.QUEUE)
