"""Publishers, consumers, notifications and tests of service hooks.

Specification: MicrosoftDocs/vsts-rest-api-specs ``hooks/7.1/serviceHooks.json``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from local.fake_ado import refusals
from local.fake_ado.answers import Answer, plain, value
from local.fake_ado.areas.hooks import EDIT, HOOKS, SCOPES, find, require, visible
from local.fake_ado.context import Call
from local.fake_ado.hooks.catalogue import EVENT_TYPES, action_row, consumer_row, event_row, publisher_row
from local.fake_ado.hooks.delivery import finish
from local.fake_ado.hooks.events import Notification
from local.fake_ado.hooks.rows import check_kind, check_url, notification_row, read_inputs
from local.fake_ado.hooks.samples import sample_event
from local.fake_ado.model import Subscription
from local.fake_ado.routing import CORE_HOST, route

_NO_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"


def _only(given: str, known: Iterable[str], kind: str) -> str:
    if given not in known:
        raise refusals.Refusal(
            404,
            f"{kind}NotFoundException",
            f"VSSH110003: The {kind.lower()} '{given}' could not be found.",
            namespace="Microsoft.VisualStudio.Services.ServiceHooks.WebApi",
        )
    return given


@route("GET", CORE_HOST, HOOKS + "/publishers", version="7.1", scopes=SCOPES)
def list_publishers(call: Call) -> Answer:
    """The fake has one publisher."""
    return value([publisher_row(call.base_url)])


@route("GET", CORE_HOST, HOOKS + "/publishers/{publisher}", version="7.1", scopes=SCOPES)
def get_publisher(call: Call) -> Answer:
    """A publisher with its event types."""
    _only(call.parameters["publisher"], ("tfs",), "Publisher")
    return plain(publisher_row(call.base_url))


@route("GET", CORE_HOST, HOOKS + "/publishers/{publisher}/eventtypes", version="7.1", scopes=SCOPES)
def list_event_types(call: Call) -> Answer:
    """The event types of a publisher."""
    _only(call.parameters["publisher"], ("tfs",), "Publisher")
    return value([event_row(call.base_url, one) for one in EVENT_TYPES])


@route("GET", CORE_HOST, HOOKS + "/publishers/{publisher}/eventtypes/{event}", version="7.1", scopes=SCOPES)
def get_event_type(call: Call) -> Answer:
    """One event type."""
    _only(call.parameters["publisher"], ("tfs",), "Publisher")
    return plain(event_row(call.base_url, _only(call.parameters["event"], EVENT_TYPES, "EventType")))


@route("GET", CORE_HOST, HOOKS + "/consumers", version="7.1", scopes=SCOPES)
def list_consumers(call: Call) -> Answer:
    """The fake has one consumer."""
    return value([consumer_row(call.base_url)])


@route("GET", CORE_HOST, HOOKS + "/consumers/{consumer}", version="7.1", scopes=SCOPES)
def get_consumer(call: Call) -> Answer:
    """A consumer with its actions."""
    _only(call.parameters["consumer"], ("webHooks",), "Consumer")
    return plain(consumer_row(call.base_url))


@route("GET", CORE_HOST, HOOKS + "/consumers/{consumer}/actions", version="7.1", scopes=SCOPES)
def list_actions(call: Call) -> Answer:
    """The actions of a consumer."""
    _only(call.parameters["consumer"], ("webHooks",), "Consumer")
    return value([action_row(call.base_url)])


@route("GET", CORE_HOST, HOOKS + "/consumers/{consumer}/actions/{action}", version="7.1", scopes=SCOPES)
def get_action(call: Call) -> Answer:
    """One action."""
    _only(call.parameters["consumer"], ("webHooks",), "Consumer")
    _only(call.parameters["action"], ("httpRequest",), "ConsumerAction")
    return plain(action_row(call.base_url))


@route("GET", CORE_HOST, HOOKS + "/subscriptions/{subscription}/notifications", version="7.1", scopes=SCOPES)
def list_notifications(call: Call) -> Answer:
    """The latest deliveries of one subscription, newest first."""
    subscription = find(call, call.parameters["subscription"])
    rows = reversed(call.fake.hub.notifications[subscription.id])
    wanted = {"status": call.query.one("status"), "result": call.query.one("result")}
    found = [one for one in rows if _fits(one, wanted["status"], wanted["result"])]
    return value([notification_row(one, subscription) for one in found[: call.query.number("maxResults", 100)]])


def _fits(note: Notification, status: Any, result: Any) -> bool:
    return (not status or note.status.lower() == str(status).lower()) and (
        not result or note.result.lower() == str(result).lower()
    )


@route("GET", CORE_HOST, HOOKS + "/subscriptions/{subscription}/notifications/{number}", version="7.1", scopes=SCOPES)
def get_notification(call: Call) -> Answer:
    """One delivery."""
    subscription = find(call, call.parameters["subscription"])
    for one in call.fake.hub.notifications[subscription.id]:
        if str(one.id) == call.parameters["number"]:
            return plain(notification_row(one, subscription))
    raise refusals.Refusal(404, "NotificationNotFoundException", "VSSH110004: The notification could not be found.")


@route("POST", CORE_HOST, HOOKS + "/notificationsquery", version="7.1", scopes=SCOPES)
def query_notifications(call: Call) -> Answer:
    """The query comes back with its ``results``, over the subscriptions that the caller may see."""
    body = call.json_object()
    wanted = {str(one).lower() for one in body.get("subscriptionIds") or ()}
    rows = []
    for subscription in visible(call):
        if wanted and subscription.id not in wanted:
            continue
        notes = reversed(call.fake.hub.notifications[subscription.id])
        rows += [
            notification_row(one, subscription)
            for one in notes
            if _fits(one, body.get("status"), body.get("resultType"))
        ]
    if not body.get("includeDetails"):
        rows = [{name: text for name, text in row.items() if name != "details"} for row in rows]
    return plain({**body, "results": rows[: int(body.get("maxResults") or 100)]})


@route("POST", CORE_HOST, HOOKS + "/testnotifications", version="7.1", scopes=SCOPES)
async def test(call: Call) -> Answer:
    """Send a sample to the consumer of the body's ``details``, once, and say how it went."""
    details = call.json_object().get("details")
    if not isinstance(details, dict):
        raise refusals.invalid_argument(
            "Value cannot be null. Parameter name: details", type_key="ArgumentNullException"
        )
    version = check_kind(details)
    inputs, consumer = read_inputs(details, "publisherInputs"), read_inputs(details, "consumerInputs")
    require(call, inputs, EDIT)
    check_url(consumer.get("url", ""))
    trial = Subscription(
        id=_NO_SUBSCRIPTION,
        event_type=details["eventType"],
        publisher_inputs=inputs,
        consumer_inputs=consumer,
        resource_version=version,
        created_by=call.caller.id,
        created=call.now,
    )
    event = sample_event(call.organization, trial.event_type, inputs.get("projectId", ""))
    note = call.fake.hub.note(event, trial)
    finish(note, await call.fake.hub.attempt(trial, note), call.now)
    return plain(notification_row(note, trial))
