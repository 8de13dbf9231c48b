"""What an event of Azure DevOps asks to be read again. Knows bodies, and nothing of storage.

Bodies differ by event, resource version and how much the subscription wants, and change without notice: whatever a
body lacks makes the hint wider, never an error.
Source: https://learn.microsoft.com/azure/devops/service-hooks/events
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

import msgspec

T = TypeVar("T")
Unit = Literal["organization", "project", "repo"]

_GUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LARGEST_NUMBER: Final = 2**31 - 1
_PULL_REQUEST: Final = "git.pullrequest."
_COMMENT: Final = "ms.vss-code.git-pullrequest-comment-event"
_ORGANIZATION: Final[dict[str, tuple[str, ...]]] = {
    "git.repo.": ("repos",),
    "workitem.commented": ("tickets",),
    "workitem.": ("tickets", "ticket_links"),
}
"""Beginnings of event types -> streams of the whole organisation; the first that fits."""


@dataclass(frozen=True, slots=True)
class Hint:
    """A stream of one unit to be read. ``detail``: of the pull requests only ``{repo id}/{number}``, "" for all."""

    stream: str
    unit: Unit
    unit_id: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """``key`` is the same whenever the event is delivered again. Without ``hints`` nobody knows what it is about."""

    key: str
    account_id: str = ""
    project_id: str = ""
    hints: tuple[Hint, ...] = ()


class _Id(msgspec.Struct):
    id: Any = None


class _Containers(msgspec.Struct):
    account: _Id | None = None
    project: _Id | None = None


class _PullRequest(msgspec.Struct):
    pullRequestId: Any = None  # noqa: N815 - Azure DevOps' name
    repository: _Id | None = None


class _Resource(_PullRequest):
    pullRequest: _PullRequest | None = None  # noqa: N815 - Azure DevOps' name


class _Body(msgspec.Struct):
    # Kept as bytes: what is not looked at takes no memory, and one odd part does not spoil the others.
    id: msgspec.Raw = msgspec.Raw(b"null")
    subscriptionId: msgspec.Raw = msgspec.Raw(b"null")  # noqa: N815 - Azure DevOps' name
    notificationId: msgspec.Raw = msgspec.Raw(b"null")  # noqa: N815 - Azure DevOps' name
    eventType: msgspec.Raw = msgspec.Raw(b"null")  # noqa: N815 - Azure DevOps' name
    resource: msgspec.Raw = msgspec.Raw(b"null")
    resourceContainers: msgspec.Raw = msgspec.Raw(b"null")  # noqa: N815 - Azure DevOps' name


_UNREADABLE: Final = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)


def read_event(body: bytes) -> Event:
    """What a body of any size and content asks for. Never raises."""
    read = _part(body, _Body)
    if read is None:
        return Event(_digest(body))
    containers = _part(read.resourceContainers, _Containers) or _Containers()
    project_id = _guid(containers.project)
    # A test notification has the same id each time, so the subscription's own count belongs to it.
    told = [bytes(part) for part in (read.subscriptionId, read.notificationId, read.id)]
    key = _digest(body) if told[2] == b"null" else _digest(b"\n".join(told))
    event_type = _part(read.eventType, str) or ""
    hints = tuple(_hints(event_type, _part(read.resource, _Resource) or _Resource(), project_id))
    return Event(key, _guid(containers.account), project_id, hints)


def of_project(project_id: str) -> tuple[Hint, ...]:
    """All that may have changed in a project, when an event does not tell."""
    return (
        Hint("tickets", "organization", "organization"),
        Hint("pull_requests", "project", project_id),
        Hint("builds", "project", project_id),
    )


def _hints(event_type: str, resource: _Resource, project_id: str) -> list[Hint]:
    for beginning, streams in _ORGANIZATION.items():
        if event_type.startswith(beginning):
            return [Hint(stream, "organization", "organization") for stream in streams]
    if event_type == "git.push":
        repo_id = _guid(resource.repository)
        return [Hint("commits", "repo", repo_id)] if repo_id else []
    if not project_id:
        return []
    if event_type == "build.complete":
        return [Hint("builds", "project", project_id)]
    if event_type.startswith(_PULL_REQUEST) or event_type == _COMMENT:
        return [Hint("pull_requests", "project", project_id, _pull_request(resource.pullRequest or resource))]
    return []


def _pull_request(resource: _PullRequest) -> str:
    repo_id, number = _guid(resource.repository), resource.pullRequestId
    is_number = isinstance(number, int) and not isinstance(number, bool) and 0 < number <= _LARGEST_NUMBER
    return f"{repo_id}/{number}" if repo_id and is_number else ""


def _guid(found: _Id | None) -> str:
    text = found.id.lower() if found and isinstance(found.id, str) else ""
    return text if _GUID.fullmatch(text) else ""


def _part(body: bytes | msgspec.Raw, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(body, type=kind)
    except _UNREADABLE:
        return None


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()
