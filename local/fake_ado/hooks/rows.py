"""Subscriptions and notifications as the API shows them, and subscriptions read from what callers send."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from local.fake_ado import refusals
from local.fake_ado.hooks.catalogue import CONFIDENTIAL, EVENT_TYPES, MASK
from local.fake_ado.hooks.delivery import LOOPBACK
from local.fake_ado.hooks.events import Notification
from local.fake_ado.model import Organization, Subscription
from local.fake_ado.times import iso

_URL_AT_MOST = 2048


def subscription_row(organization: Organization, one: Subscription) -> dict[str, Any]:
    """One subscription; confidential inputs are masked."""
    where = f"https://dev.azure.com/{organization.name}/_apis/hooks/subscriptions/{one.id}"
    added = {"hostId": organization.id, "tfsSubscriptionId": str(uuid5(NAMESPACE_URL, one.id))}
    changed_by = one.modified_by or one.created_by
    return {
        "id": one.id,
        "url": where,
        "status": one.status,
        "publisherId": one.publisher_id,
        "eventType": one.event_type,
        "subscriber": person(organization, changed_by),
        "resourceVersion": one.resource_version,
        "eventDescription": EVENT_TYPES[one.event_type].name,
        "consumerId": one.consumer_id,
        "consumerActionId": one.consumer_action_id,
        "actionDescription": f"To host {urlsplit(one.consumer_inputs['url']).hostname}",
        "probationRetries": one.probation_retries,
        "createdBy": person(organization, one.created_by),
        "createdDate": iso(one.created),
        "modifiedBy": person(organization, changed_by),
        "modifiedDate": iso(one.modified or one.created),
        "publisherInputs": {**one.publisher_inputs, **added},
        "consumerInputs": masked(one.consumer_inputs),
        "_links": {"self": {"href": where}, "notifications": {"href": f"{where}/notifications"}},
    }


def masked(inputs: Mapping[str, str]) -> dict[str, str]:
    """The inputs without what is confidential."""
    return {name: MASK if name in CONFIDENTIAL else text for name, text in inputs.items()}


def person(organization: Organization, identity_id: str) -> dict[str, Any]:
    """An identity in the short form of this area."""
    found = organization.identities.get(identity_id)
    if found is None:
        return {"id": identity_id}
    return {
        "displayName": found.display_name,
        "id": found.id,
        "uniqueName": found.account,
        "descriptor": found.descriptor,
    }


def notification_row(note: Notification, subscription: Subscription) -> dict[str, Any]:
    """One delivery with its details."""
    details = {
        "eventType": subscription.event_type,
        "event": {name: text for name, text in note.body.items() if name not in ("subscriptionId", "notificationId")},
        "publisherId": subscription.publisher_id,
        "consumerId": subscription.consumer_id,
        "consumerActionId": subscription.consumer_action_id,
        "consumerInputs": masked(subscription.consumer_inputs),
        "publisherInputs": dict(subscription.publisher_inputs),
        "requestAttempts": note.attempts,
        "request": note.request,
        "response": note.response,
        "errorMessage": note.error,
        "requestDuration": round(note.seconds, 6),
        "queuedDate": iso(note.created),
        "completedDate": iso(note.completed),
    }
    return {
        "id": note.id,
        "subscriptionId": note.subscription_id,
        "subscriberId": note.subscriber_id,
        "eventId": note.event_id,
        "status": note.status,
        "result": note.result,
        "createdDate": iso(note.created),
        "modifiedDate": iso(note.completed or note.created),
        "details": details,
    }


def read_inputs(body: Mapping[str, Any], name: str) -> dict[str, str]:
    """``publisherInputs`` or ``consumerInputs`` of a body: an object of texts. Refused with 400."""
    inputs = body.get(name)
    if not isinstance(inputs, Mapping):
        raise refusals.invalid_argument(
            f"Value cannot be null. Parameter name: {name}", type_key="ArgumentNullException"
        )
    return {str(key): "" if text is None else str(text) for key, text in inputs.items()}


def check_kind(body: Mapping[str, Any]) -> str:
    """Publisher, event type, consumer and resource version must go together. Gives the version. Refused with 400."""
    event = EVENT_TYPES.get(str(body.get("eventType")))
    is_known = (body.get("publisherId"), body.get("consumerId"), body.get("consumerActionId")) == (
        "tfs",
        "webHooks",
        "httpRequest",
    )
    if event is None or not is_known:
        raise refusals.invalid_argument(
            f"The event type '{body.get('eventType')}' of publisher '{body.get('publisherId')}' with consumer "
            f"'{body.get('consumerId')}' is not supported.",
            type_key="SubscriptionInputException",
        )
    version = body.get("resourceVersion") or event.versions[-1]
    if version not in event.versions:
        raise refusals.invalid_argument(
            f"The resource version '{version}' is not supported for '{body.get('eventType')}'.",
            type_key="SubscriptionInputException",
        )
    return str(version)


def check_url(url: str) -> None:
    """A public HTTPS address, or (the fake's one deviation) loopback. Refused with 400."""
    parts = urlsplit(url)
    if parts.hostname in LOOPBACK and parts.scheme in ("http", "https"):
        return
    if parts.scheme != "https" or not parts.hostname or len(url) > _URL_AT_MOST or _is_special(parts.hostname):
        raise refusals.invalid_argument(
            f"The subscription input 'url' is not valid: '{url[:_URL_AT_MOST]}'. A public HTTPS address is needed.",
            type_key="SubscriptionInputException",
        )


def _is_special(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False
