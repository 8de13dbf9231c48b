"""Service hooks: events become deliveries to the subscriptions that want them.

``publish`` is for whoever changes the model; ``Hub`` delivers while a fake is running.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from local.fake_ado.hooks.events import Event
from local.fake_ado.model import Organization
from local.fake_ado.times import current

__all__ = ["Event", "publish"]


def publish(
    organization: Organization,
    event_type: str,
    resource: Mapping[str, Any] | Callable[[], Mapping[str, Any]],
    project_id: str,
    *,
    text: str = "",
    facts: Mapping[str, str] | None = None,
) -> None:
    """Something happened in a project. Any thread may call it; without a running fake nothing comes of it.

    ``resource`` is the object as the payload shows it at the newest resource version, or a function that makes it when
    the event is delivered (pull requests show their state of that moment). ``text`` is the message for people. Filters
    also ask about ``facts`` that the resource does not say, as ``{"notificationType": "PushNotification"}``.
    """
    if organization.on_event is not None:
        event = Event(
            organization, event_type, resource, project_id, text or event_type, facts or {}, current(organization)
        )
        organization.on_event(event)
