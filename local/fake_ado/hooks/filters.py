"""Which subscriptions want an event: the publisher inputs against what the event says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from local.fake_ado.hooks.events import Event
from local.fake_ado.model import Subscription

_BUILD_WORDS = {
    "succeeded": "Succeeded",
    "partiallysucceeded": "PartiallySucceeded",
    "failed": "Failed",
    "canceled": "Stopped",
}


def wants(subscription: Subscription, event: Event) -> bool:
    """True if the subscription is for this event. An empty input lets everything through."""
    if subscription.event_type != event.event_type:
        return False
    inputs = {name: text for name, text in subscription.publisher_inputs.items() if text}
    project_id = inputs.get("projectId", event.project_id)
    return project_id.lower() == event.project_id and all(
        test(inputs[name], event) for name, test in _TESTS.items() if name in inputs
    )


def _pull_request(event: Event) -> Mapping[str, Any]:
    """The pull request that the resource is, or has."""
    found = event.resource.get("pullRequest", event.resource)
    return found if isinstance(found, Mapping) else {}


def _repository(text: str, event: Event) -> bool:
    repository = event.resource.get("repository") or _pull_request(event).get("repository") or {}
    return text.lower() == str(repository.get("id", "")).lower()


def _branch(text: str, event: Event) -> bool:
    updates = event.resource.get("refUpdates")
    names = [str(one["name"]) for one in updates] if updates else [str(_pull_request(event).get("targetRefName", ""))]
    return any(text in (name, name.removeprefix("refs/heads/")) for name in names)


def _person(*path: str) -> Callable[[str, Event], bool]:
    def test(text: str, event: Event) -> bool:
        found: Any = event.resource
        for name in path:
            found = found.get(name, {}) if isinstance(found, Mapping) else {}
        return text.lower() == str(found.get("id", "") if isinstance(found, Mapping) else "").lower()

    return test


def _reviewer(text: str, event: Event) -> bool:
    return any(text.lower() == str(one.get("id", "")).lower() for one in _pull_request(event).get("reviewers", ()))


def _fact(name: str) -> Callable[[str, Event], bool]:
    return lambda text, event: event.facts.get(name, "").lower() == text.lower()


def _work_item_fields(event: Event) -> Mapping[str, Any]:
    """All fields of the item: of the revision where the resource is an update."""
    revision = event.resource.get("revision")
    found = revision.get("fields") if isinstance(revision, Mapping) else event.resource.get("fields")
    return found if isinstance(found, Mapping) else {}


def _area(text: str, event: Event) -> bool:
    path = str(_work_item_fields(event).get("System.AreaPath", ""))
    return path == text or path.startswith(text + "\\")


def _tag(text: str, event: Event) -> bool:
    return text.lower() in [
        tag.strip().lower() for tag in str(_work_item_fields(event).get("System.Tags", "")).split(";")
    ]


def _links_changed(text: str, event: Event) -> bool:
    return text.lower() != "true" or bool(event.resource.get("relations"))


def _build_status(text: str, event: Event) -> bool:
    return text == _BUILD_WORDS.get(str(event.resource.get("result", "")).lower())


_TESTS: dict[str, Callable[[str, Event], bool]] = {
    "repository": _repository,
    "branch": _branch,
    "pushedBy": _person("pushedBy"),
    "pullrequestCreatedBy": _person("createdBy"),
    "pullrequestReviewersContains": _reviewer,
    "notificationType": _fact("notificationType"),
    "mergeResult": _fact("mergeResult"),
    "areaPath": _area,
    "workItemType": lambda text, event: _work_item_fields(event).get("System.WorkItemType") == text,
    "tag": _tag,
    "linksChanged": _links_changed,
    "changedFields": lambda text, event: text in event.resource.get("fields", {}),
    "commentPattern": lambda text, event: text in str(_work_item_fields(event).get("System.History", "")),
    "definitionName": lambda text, event: event.resource.get("definition", {}).get("name") == text,
    "buildStatus": _build_status,
}
