"""What can be subscribed to, and how it is delivered.

Source: https://learn.microsoft.com/azure/devops/service-hooks/events and https://learn.microsoft.com/azure/devops/service-hooks/consumers
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MASK = "********"
CONFIDENTIAL = {"basicAuthPassword"}
_PULL_REQUEST = ("repository", "branch", "pullrequestCreatedBy", "pullrequestReviewersContains")
_WORK_ITEM = ("areaPath", "workItemType", "tag")


@dataclass(frozen=True)
class EventType:
    """An event of the publisher ``tfs``: its name, its filters, its resource versions (newest last)."""

    name: str
    inputs: tuple[str, ...]
    versions: tuple[str, ...] = ("1.0-preview.1", "1.0")


_REPOSITORY_VERSIONS = ("1.0-preview.1",)
EVENT_TYPES: dict[str, EventType] = {
    "git.push": EventType("Code pushed", ("repository", "branch", "pushedBy")),
    "git.pullrequest.created": EventType("Pull request created", _PULL_REQUEST),
    "git.pullrequest.updated": EventType("Pull request updated", (*_PULL_REQUEST, "notificationType")),
    "git.pullrequest.merged": EventType("Pull request merge attempted", (*_PULL_REQUEST, "mergeResult")),
    "ms.vss-code.git-pullrequest-comment-event": EventType(
        "Pull request commented on", ("repository", "branch"), ("1.0", "2.0")
    ),
    "git.repo.created": EventType("Repository created", (), _REPOSITORY_VERSIONS),
    "git.repo.forked": EventType("Repository forked", ("repository",), _REPOSITORY_VERSIONS),
    "git.repo.renamed": EventType("Repository renamed", ("repository",), _REPOSITORY_VERSIONS),
    "git.repo.deleted": EventType("Repository deleted", ("repository",), _REPOSITORY_VERSIONS),
    "git.repo.undeleted": EventType("Repository undeleted", (), _REPOSITORY_VERSIONS),
    "git.repo.statuschanged": EventType("Repository status changed", ("repository",), _REPOSITORY_VERSIONS),
    "workitem.created": EventType("Work item created", (*_WORK_ITEM, "linksChanged")),
    "workitem.updated": EventType("Work item updated", (*_WORK_ITEM, "linksChanged", "changedFields")),
    "workitem.deleted": EventType("Work item deleted", _WORK_ITEM),
    "workitem.restored": EventType("Work item restored", _WORK_ITEM),
    "workitem.commented": EventType("Work item commented on", (*_WORK_ITEM, "commentPattern")),
    "build.complete": EventType("Build completed", ("definitionName", "buildStatus"), ("1.0-preview.1", "1.0", "2.0")),
    "tfvc.checkin": EventType("Code checked in", ("path",)),
    "message.posted": EventType("Team room message posted", ("roomId", "messagePattern")),
}

_ACTION_INPUTS: tuple[tuple[str, str, str, bool], ...] = (
    ("url", "URL", "textBox", True),
    ("acceptUntrustedCerts", "Accept untrusted SSL certificates", "checkBox", False),
    ("basicAuthUsername", "Basic authentication username", "textBox", False),
    ("basicAuthPassword", "Basic authentication password", "passwordBox", False),
    ("httpHeaders", "HTTP headers", "textArea", False),
    ("resourceDetailsToSend", "Resource details to send", "combo", False),
    ("messagesToSend", "Messages to send", "combo", False),
    ("detailedMessagesToSend", "Detailed messages to send", "combo", False),
)


def publisher_row(base_url: str) -> dict[str, Any]:
    """The publisher ``tfs`` with its event types."""
    return {
        "id": "tfs",
        "url": f"{base_url}/_apis/hooks/publishers/tfs",
        "name": "Azure DevOps Services",
        "description": "Publishes events of Azure DevOps Services",
        "inputDescriptors": [_input(name, name, "textBox", is_required=False) for name in ("projectId", "teamId")],
        "supportedEvents": [event_row(base_url, event_id) for event_id in EVENT_TYPES],
    }


def event_row(base_url: str, event_id: str) -> dict[str, Any]:
    """One event type."""
    event = EVENT_TYPES[event_id]
    return {
        "publisherId": "tfs",
        "id": event_id,
        "url": f"{base_url}/_apis/hooks/publishers/tfs/eventTypes/{event_id}",
        "name": event.name,
        "description": event.name,
        "supportedResourceVersions": list(event.versions),
        "inputDescriptors": [_input(name, name, "textBox", is_required=False) for name in event.inputs],
    }


def consumer_row(base_url: str) -> dict[str, Any]:
    """The consumer ``webHooks`` with its one action."""
    return {
        "id": "webHooks",
        "url": f"{base_url}/_apis/hooks/consumers/webHooks",
        "name": "Web Hooks",
        "description": "Provides event communication via HTTP",
        "informationUrl": "https://learn.microsoft.com/azure/devops/service-hooks/services/webhooks",
        "authenticationType": "none",
        "inputDescriptors": [],
        "actions": [action_row(base_url)],
    }


def action_row(base_url: str) -> dict[str, Any]:
    """The action ``httpRequest``."""
    inputs = [_input(name, label, mode, is_required=required) for name, label, mode, required in _ACTION_INPUTS]
    return {
        "id": "httpRequest",
        "consumerId": "webHooks",
        "url": f"{base_url}/_apis/hooks/consumers/webHooks/actions/httpRequest",
        "name": "Post via HTTP",
        "description": "Posts the event as JSON to the given URL",
        "supportedEventTypes": ["*"],
        "supportedResourceVersions": {},
        "allowResourceVersionOverride": True,
        "inputDescriptors": inputs,
    }


def _input(name: str, label: str, mode: str, *, is_required: bool) -> dict[str, Any]:
    return {
        "id": name,
        "name": label,
        "description": label,
        "inputMode": mode,
        "isConfidential": name in CONFIDENTIAL,
        "useInDefaultDescription": False,
        "validation": {"dataType": "string", "isRequired": is_required},
    }
