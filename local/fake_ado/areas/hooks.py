"""Subscriptions of service hooks.

Specification: MicrosoftDocs/vsts-rest-api-specs ``hooks/7.1/serviceHooks.json``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

from local.fake_ado import access, refusals
from local.fake_ado.answers import Answer, empty, plain, value
from local.fake_ado.context import Call
from local.fake_ado.hooks.rows import check_kind, check_url, read_inputs, subscription_row
from local.fake_ado.model import Organization, Subscription
from local.fake_ado.routing import CORE_HOST, route

HOOKS = "/{organization}/_apis/hooks"
SCOPES = ("vso.build", "vso.code", "vso.work")
_SUBSCRIPTIONS = HOOKS + "/subscriptions"
VIEW, EDIT, DELETE = 1, 2, 4
_NAMES = {VIEW: "View Subscriptions", EDIT: "Edit Subscription", DELETE: "Delete Subscriptions"}


def require(call: Call, inputs: Mapping[str, str], bit: int) -> None:
    """The right on the project of the inputs, or on the organisation where they name none. Refused with 403."""
    call.require(access.HOOKS, _resource(inputs), bit, _NAMES[bit])


def _resource(inputs: Mapping[str, str]) -> str:
    project_id = inputs.get("projectId", "").lower()
    return f"PublisherSecurity/{project_id}" if project_id else "PublisherSecurity"


def live(organization: Organization) -> list[Subscription]:
    """The subscriptions, without those of deleted projects, which go with them."""
    for one in list(organization.subscriptions.values()):
        project_id = one.publisher_inputs.get("projectId", "").lower()
        project = organization.projects.get(project_id)
        if project_id and (project is None or project.state == "deleted"):
            del organization.subscriptions[one.id]
    return list(organization.subscriptions.values())


def find(call: Call, identifier: str) -> Subscription:
    """One subscription. Refused with 404 if there is none, with 403 if the caller may not see it."""
    for one in live(call.organization):
        if one.id == identifier.lower():
            require(call, one.publisher_inputs, VIEW)
            return one
    raise refusals.Refusal(
        404,
        "SubscriptionNotFoundException",
        f"VSSH110002: The subscription {identifier} could not be found.",
        namespace="Microsoft.VisualStudio.Services.ServiceHooks.WebApi",
    )


def visible(call: Call) -> list[Subscription]:
    """Those that the caller may see."""
    organization, caller = call.organization, call.caller
    rows = live(organization)
    return [
        one for one in rows if access.has(organization, caller, access.HOOKS, _resource(one.publisher_inputs), VIEW)
    ]


@route("POST", CORE_HOST, _SUBSCRIPTIONS, version="7.1", scopes=SCOPES, cost=0.07)
def create(call: Call) -> Answer:
    """Make one. Nothing keeps a caller from making the same twice."""
    body = call.json_object()
    version = check_kind(body)
    inputs, consumer = _checked_inputs(call, body)
    one = Subscription(
        id=str(uuid4()),
        event_type=body["eventType"],
        publisher_inputs=inputs,
        consumer_inputs=consumer,
        resource_version=version,
        created_by=call.caller.id,
        created=call.now,
        modified_by=call.caller.id,
        modified=call.now,
    )
    call.organization.subscriptions[one.id] = one
    return plain(subscription_row(call.organization, one))


def _checked_inputs(call: Call, body: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    inputs, consumer = read_inputs(body, "publisherInputs"), read_inputs(body, "consumerInputs")
    project_id = inputs.get("projectId", "").lower()
    if project_id and (project_id not in call.organization.projects or call.find_project(project_id) is None):
        raise refusals.build_project_not_found(project_id)
    require(call, inputs, EDIT)
    check_url(consumer.get("url", ""))
    return inputs, consumer


@route("GET", CORE_HOST, _SUBSCRIPTIONS, version="7.1", scopes=SCOPES, cost=0.13)
def list_subscriptions(call: Call) -> Answer:
    """All of the organisation that the caller may see, in one answer."""
    rows = _selected(visible(call), {name: call.query.one(name) for name in _SELECTORS})
    return value([subscription_row(call.organization, one) for one in rows])


_SELECTORS = ("publisherId", "eventType", "consumerId", "consumerActionId")


def _selected(rows: Iterable[Subscription], wanted: Mapping[str, Any]) -> list[Subscription]:
    def fits(one: Subscription) -> bool:
        found = (one.publisher_id, one.event_type, one.consumer_id, one.consumer_action_id)
        return all(wanted.get(name) in (None, "", text) for name, text in zip(_SELECTORS, found, strict=True))

    return [one for one in rows if fits(one)]


@route("GET", CORE_HOST, _SUBSCRIPTIONS + "/{subscription}", version="7.1", scopes=SCOPES)
def get(call: Call) -> Answer:
    """One subscription."""
    return plain(subscription_row(call.organization, find(call, call.parameters["subscription"])))


@route("PUT", CORE_HOST, _SUBSCRIPTIONS + "/{subscription}", version="7.1", scopes=SCOPES, cost=0.07)
def replace(call: Call) -> Answer:
    """Replace it whole: a mask sent back becomes the password. What the system disabled stays disabled."""
    one, body = find(call, call.parameters["subscription"]), call.json_object()
    require(call, one.publisher_inputs, EDIT)
    version = check_kind(body)
    inputs, consumer = _checked_inputs(call, body)
    one.event_type, one.resource_version = body["eventType"], version
    one.publisher_inputs = {name: text for name, text in inputs.items() if name not in ("hostId", "tfsSubscriptionId")}
    one.consumer_inputs = consumer
    one.modified_by, one.modified = call.caller.id, call.now
    if one.status != "disabledBySystem" and body.get("status") in ("enabled", "disabledByUser"):
        one.status = body["status"]
    return plain(subscription_row(call.organization, one))


@route("DELETE", CORE_HOST, _SUBSCRIPTIONS + "/{subscription}", version="7.1", scopes=SCOPES, cost=0.11)
def delete(call: Call) -> Answer:
    """Remove it; 204."""
    one = find(call, call.parameters["subscription"])
    require(call, one.publisher_inputs, DELETE)
    del call.organization.subscriptions[one.id]
    return empty(204)


@route("POST", CORE_HOST, HOOKS + "/subscriptionsquery", version="7.1", scopes=SCOPES, cost=0.02)
def query(call: Call) -> Answer:
    """The query comes back with its ``results``. One filter of a list is enough; all its conditions must hold."""
    body = call.json_object()
    rows = _selected(visible(call), body)
    if body.get("subscriberId"):
        rows = [one for one in rows if (one.modified_by or one.created_by) == str(body["subscriberId"]).lower()]
    rows = [one for one in rows if _passes(one.publisher_inputs, body.get("publisherInputFilters"))]
    rows = [one for one in rows if _passes(one.consumer_inputs, body.get("consumerInputFilters"))]
    return plain({**body, "results": [subscription_row(call.organization, one) for one in rows]})


def _passes(inputs: Mapping[str, str], filters: Any) -> bool:
    if not filters:
        return True
    return any(all(_holds(inputs, condition) for condition in one.get("conditions", ())) for one in filters)


def _holds(inputs: Mapping[str, str], condition: Mapping[str, Any]) -> bool:
    found, wanted = inputs.get(str(condition.get("inputId")), ""), str(condition.get("inputValue") or "")
    if not condition.get("caseSensitive"):
        found, wanted = found.lower(), wanted.lower()
    operator = str(condition.get("operator", "equals")).lower()
    if operator not in ("equals", "notequals"):
        raise refusals.invalid_argument(f"The operator '{operator}' is not valid.")
    return (found == wanted) == (operator == "equals")
