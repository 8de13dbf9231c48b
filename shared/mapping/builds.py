"""Build to build."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final

from shared.errors import ContractError
from shared.flow.builds import Build
from shared.mapping.links import build_page
from shared.mapping.times import to_time
from shared.mapping.values import AdoItem, guid, integer, known, need, text

STATUSES: Final = frozenset({"none", "inProgress", "completed", "cancelling", "postponed", "notStarted"})
RESULTS: Final = frozenset({"none", "succeeded", "partiallySucceeded", "failed", "canceled"})
"""Source: https://learn.microsoft.com/rest/api/azure/devops/build/builds/list"""
RUNNING: Final = "inProgress,notStarted,postponed,cancelling"
"""The statuses of builds that have not ended."""
GIT: Final = "TfsGit"
"""A repository of Azure Repos; only its id is a GUID."""
_MERGE_REF: Final = re.compile(r"refs/pull/([0-9]{1,10})/merge")


def to_build(item: AdoItem, *, integration_id: str, organization: str, project_id: str, read_at: datetime) -> Build:
    """A listed build. Raises ContractError for an undocumented status or result, naming the build."""
    number = need(item, "id", int, "a build")
    what = f"build {number}"
    status = known(need(item, "status", str, what), STATUSES, f"{what}: status", "build.unknown_status")
    definition: AdoItem = item.get("definition") or {}
    repository: AdoItem = item.get("repository") or {}
    person: AdoItem = item.get("requestedFor") or {}
    repo_type = text(repository, "type")
    is_deleted = item.get("deleted") is True
    return Build(
        integration_id=integration_id,
        id=str(number),
        url=build_page(organization, project_id, number),
        is_deleted=is_deleted,
        deleted_at=to_time(item.get("deletedDate"), f"{what}: deletedDate") if is_deleted else None,
        number=text(item, "buildNumber") or str(number),
        project_id=project_id,
        definition_id=integer(definition.get("id"), f"{what}: definition"),
        definition_name=text(definition, "name"),
        repo_id=guid(repository.get("id"), f"{what}: repository") if repo_type == GIT else None,
        repo_type=repo_type,
        status=status,
        result=_result(item, status, what),
        reason=text(item, "reason"),
        branch=text(item, "sourceBranch"),
        sha=text(item, "sourceVersion"),
        pull_request_number=_pull_request(item, what),
        requested_for=guid(person["id"], f"{what}: requestedFor") if person.get("id") else None,
        requested_for_name=text(person, "displayName"),
        read_at=read_at,
        **_times(item, what),
    )


def finished_at(item: AdoItem) -> datetime | None:
    """When a listed build ended; None where it has not."""
    return to_time(item.get("finishTime"), f"build {item.get('id')}: finishTime")


def _times(item: AdoItem, what: str) -> dict[str, Any]:
    names = {"queued_at": "queueTime", "started_at": "startTime", "finished_at": "finishTime"}
    times = {ours: to_time(item.get(theirs), f"{what}: {theirs}") for ours, theirs in names.items()}
    changed = (to_time(item.get("lastChangedDate"), f"{what}: lastChangedDate"), *times.values())
    reached = [moment for moment in changed if moment]
    if not reached:
        raise ContractError(f"{what} has no time at all", code="value.unexpected")
    return {**times, "updated_at": max(reached)}


def _result(item: AdoItem, status: str, what: str) -> str | None:
    """A build that runs again after a stage was retried may still show the result it had."""
    result = text(item, "result")
    if result is None or status != "completed":
        return None
    return known(result, RESULTS, f"{what}: result", "build.unknown_result")


def _pull_request(item: AdoItem, what: str) -> int | None:
    told = integer((item.get("triggerInfo") or {}).get("pr.number"), f"{what}: pr.number")
    if told is not None:
        return told
    match = _MERGE_REF.fullmatch(text(item, "sourceBranch") or "")
    return int(match[1]) if match else None
