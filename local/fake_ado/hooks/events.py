"""An event and a notification about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import uuid4

from local.fake_ado.model import Organization


@dataclass
class Event:
    """Something that happened, once, whoever subscribes to it."""

    organization: Organization
    event_type: str
    source: Mapping[str, Any] | Callable[[], Mapping[str, Any]]
    project_id: str
    text: str
    facts: Mapping[str, str]
    created: datetime
    id: str = field(default_factory=lambda: str(uuid4()))

    @cached_property
    def resource(self) -> Mapping[str, Any]:
        """The object it is about, made when it is first asked for."""
        return self.source() if callable(self.source) else self.source


@dataclass
class Notification:
    """One delivery of one event to one subscription, with all its attempts."""

    id: int
    subscription_id: str
    event_id: str
    subscriber_id: str
    created: datetime
    body: dict[str, Any]
    status: str = "queued"
    result: str = "pending"
    attempts: int = 0
    seconds: float = 0.0
    request: str = ""
    response: str = ""
    error: str = ""
    completed: datetime | None = None
