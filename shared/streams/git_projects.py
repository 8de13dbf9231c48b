"""Projects without a Git repository: what they have instead, found out once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from shared.ado.endpoints import core
from shared.errors import UnavailableError
from shared.flow.projects import TicketProject
from shared.streams.base import Skip, Slice

KIND: Final = "repos"
REMEMBERED: Final = 500
"""Projects without repositories that are remembered; of more, the rest is asked each time."""


@dataclass(frozen=True, slots=True)
class GitProjects:
    """``without_repos``: for the watermark, the projects found to have none."""

    without_repos: list[str]
    skips: tuple[Skip, ...]
    unskipped: tuple[tuple[str, str], ...]


def look_for_git(slice_: Slice, with_repos: Collection[str]) -> GitProjects:
    """Which readable projects have only Team Foundation Version Control; one request for each new one without a repo.

    ``with_repos``: ids of the projects where a repository is listed.
    Source: https://learn.microsoft.com/rest/api/azure/devops/core/projects/get (capabilities)
    """
    known = set((slice_.watermark or {}).get("without_repos", ()))
    stored = slice_.stored.all(TicketProject)
    empty = [p for p in stored if p.id not in with_repos and not p.is_deleted and not p.unavailable_since]
    asked = slice_.map(lambda project: (project, _version_control(slice_, project.id)), _new(empty, known))
    told = [(project, found) for project, found in asked if found is not None]
    skips = tuple(
        Skip(KIND, project.id, "tfvc", "the project has no Git repository", project_id=project.id)
        for project, found in told
        if found.get("gitEnabled") == "False" or found.get("sourceControlType") == "Tfvc"
    )
    without = (known | {project.id for project, _ in told}) & {project.id for project in empty}
    return GitProjects(sorted(without)[:REMEMBERED], skips, tuple((KIND, p) for p in sorted(known & set(with_repos))))


def _new(projects: list[TicketProject], known: set[str]) -> list[TicketProject]:
    return [project for project in projects if project.id not in known]


def _version_control(slice_: Slice, project_id: str) -> dict[str, Any] | None:
    """``gitEnabled`` and ``sourceControlType``, capitalised text; None where the project cannot be read."""
    try:
        project = slice_.client.one(core.PROJECT, path={"projectId": project_id}, query={"includeCapabilities": "true"})
    except UnavailableError:
        return None
    found: dict[str, Any] = (project.get("capabilities") or {}).get("versioncontrol") or {}
    return found
