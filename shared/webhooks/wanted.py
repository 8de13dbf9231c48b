"""Which subscriptions an integration needs, and what is to be done about those that there are. No I/O.

Source: https://learn.microsoft.com/rest/api/azure/devops/hooks/subscriptions/create
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from shared.flow.integration import Integration
    from shared.vault import Secret

PUBLISHER: Final = "tfs"
CONSUMER: Final = "webHooks"
ACTION: Final = "httpRequest"

EVENTS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "repos": (
        ("git.push", "1.0"),
        ("git.repo.created", "1.0-preview.1"),
        ("git.repo.forked", "1.0-preview.1"),
        ("git.repo.renamed", "1.0-preview.1"),
        ("git.repo.deleted", "1.0-preview.1"),
        ("git.repo.undeleted", "1.0-preview.1"),
        ("git.repo.statuschanged", "1.0-preview.1"),
        ("build.complete", "2.0"),
    ),
    "pull_requests": (
        ("git.pullrequest.created", "1.0"),
        ("git.pullrequest.updated", "1.0"),
        ("git.pullrequest.merged", "1.0"),
        ("ms.vss-code.git-pullrequest-comment-event", "2.0"),
    ),
    "tickets": (
        ("workitem.created", "1.0"),
        ("workitem.updated", "1.0"),
        ("workitem.deleted", "1.0"),
        ("workitem.restored", "1.0"),
        ("workitem.commented", "1.0"),
    ),
}
"""Service -> (event type, resource version).
Source: https://learn.microsoft.com/azure/devops/service-hooks/events"""

_DETAILS: Final = {"resourceDetailsToSend": "minimal", "messagesToSend": "none", "detailedMessagesToSend": "none"}
_GOOD: Final = "enabled"
_BY_A_PERSON: Final = "disabledByUser"


@dataclass(frozen=True, slots=True, order=True)
class Wanted:
    """One subscription. ``project_id`` "": of the whole organisation."""

    event_type: str
    version: str
    project_id: str = ""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where events go and what they bring."""

    url: str
    user_name: str


@dataclass(slots=True)
class Steps:
    """What is to be done; first ``create``, then ``delete`` (ids), so that no event falls between the two."""

    create: list[Wanted] = field(default_factory=list)
    delete: list[str] = field(default_factory=list)
    troubled: list[str] = field(default_factory=list)
    """Statuses of those that are made again because Azure DevOps stopped or doubts them."""
    switched_off: list[str] = field(default_factory=list)
    """Event types that a person has switched off; they are left alone."""


def wanted(integration: Integration, project_ids: Iterable[str]) -> list[Wanted]:
    """For the services that are on: an event of each project, or with ``[""]`` of the organisation."""
    places = list(project_ids)
    return [
        Wanted(event_type, version, project_id)
        for service, events in EVENTS.items()
        if integration.service_on(service)
        for event_type, version in events
        for project_id in places
    ]


def steps(existing: Iterable[dict[str, Any]], needed: Iterable[Wanted], endpoint: Endpoint) -> Steps:
    """Compare. ``existing`` are subscriptions of ours, as Azure DevOps lists them."""
    found: defaultdict[Wanted, list[dict[str, Any]]] = defaultdict(list)
    for row in sorted(existing, key=lambda row: (str(row.get("createdDate")), str(row["id"]))):
        found[_of(row)].append(row)
    done = Steps()
    for one in needed:
        _one(one, found.pop(one, []), endpoint, done)
    done.delete += [str(row["id"]) for rows in found.values() for row in rows]
    return done


def _one(one: Wanted, rows: list[dict[str, Any]], endpoint: Endpoint, done: Steps) -> None:
    good = [row for row in rows if row.get("status") == _GOOD and _fits(row, endpoint)]
    off = [row for row in rows if row.get("status") == _BY_A_PERSON]
    kept = (good or off)[:1]
    done.troubled += [str(row.get("status")) for row in rows if row.get("status") not in (_GOOD, _BY_A_PERSON)]
    if not kept:
        done.create.append(one)
    elif not good:
        done.switched_off.append(one.event_type)
    done.delete += [str(row["id"]) for row in rows if row not in kept]


def _of(row: dict[str, Any]) -> Wanted:
    inputs = row.get("publisherInputs") or {}
    return Wanted(
        str(row.get("eventType")), str(row.get("resourceVersion")), str(inputs.get("projectId") or "").lower()
    )


def _fits(row: dict[str, Any], endpoint: Endpoint) -> bool:
    inputs = row.get("consumerInputs") or {}
    expected = {"url": endpoint.url, "basicAuthUsername": endpoint.user_name, **_DETAILS}
    return all(inputs.get(name) == value for name, value in expected.items())


def body_of(one: Wanted, endpoint: Endpoint, password: Secret) -> dict[str, Any]:
    """The body that creates it; it holds the secret."""
    return {
        "publisherId": PUBLISHER,
        "eventType": one.event_type,
        "resourceVersion": one.version,
        "consumerId": CONSUMER,
        "consumerActionId": ACTION,
        "publisherInputs": {"projectId": one.project_id} if one.project_id else {},
        "consumerInputs": {
            "url": endpoint.url,
            "basicAuthUsername": endpoint.user_name,
            "basicAuthPassword": password.reveal(),
            **_DETAILS,
        },
    }


def query_of(url: str) -> dict[str, Any]:
    """The body that finds those that call ``url``, which holds the integration's id."""
    condition = {"inputId": "url", "operator": "equals", "inputValue": url, "caseSensitive": True}
    return {
        "publisherId": PUBLISHER,
        "consumerId": CONSUMER,
        "consumerActionId": ACTION,
        "consumerInputFilters": [{"conditions": [condition]}],
    }
