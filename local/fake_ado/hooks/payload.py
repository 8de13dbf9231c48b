"""The body of a delivery, as one subscription wants it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from local.fake_ado.hooks.events import Event
from local.fake_ado.model import Organization, Subscription
from local.fake_ado.times import iso

_FORMATS = ("text", "html", "markdown")


def body(subscription: Subscription, event: Event, notification_id: int) -> dict[str, Any]:
    """The whole JSON object."""
    inputs = subscription.consumer_inputs
    made: dict[str, Any] = {
        "subscriptionId": subscription.id,
        "notificationId": notification_id,
        "id": event.id,
        "eventType": event.event_type,
        "publisherId": subscription.publisher_id,
        "message": _message(inputs.get("messagesToSend", ""), event.text),
        "detailedMessage": _message(inputs.get("detailedMessagesToSend", ""), event.text),
    }
    wanted = inputs.get("resourceDetailsToSend", "").lower()
    if wanted != "none":
        made["resource"] = reduced(event.resource) if wanted == "minimal" else event.resource
    made["resourceVersion"] = subscription.resource_version
    made["resourceContainers"] = containers(event.organization, event.project_id)
    made["createdDate"] = iso(event.created)
    return made


def _message(wanted: str, text: str) -> dict[str, str] | None:
    if wanted.lower() == "none":
        return None
    if wanted.lower() in _FORMATS:
        return {wanted.lower(): text}
    return dict.fromkeys(_FORMATS, text)


def containers(organization: Organization, project_id: str) -> dict[str, Any]:
    """Collection, organisation (``account``) and project, at the organisation's primary URL."""
    where = f"https://dev.azure.com/{organization.name}/"
    if organization.is_legacy_url:
        where = f"https://{organization.name}.visualstudio.com/"
    collection = str(uuid5(NAMESPACE_URL, f"collection/{organization.id}"))
    ids = {"collection": collection, "account": organization.id, "project": project_id}
    return {name: {"id": one, "baseUrl": where} for name, one in ids.items()}


def reduced(value: Mapping[str, Any]) -> dict[str, Any]:
    """Ids and addresses only, at every depth; lists are dropped."""
    kept: dict[str, Any] = {}
    for name, one in value.items():
        if isinstance(one, Mapping):
            inner = reduced(one)
            if inner:
                kept[name] = inner
        elif not isinstance(one, list) and (name in ("id", "rev", "url", "href") or name.endswith("Id")):
            kept[name] = one
    return kept
