"""Which repositories a caller gets at."""

from __future__ import annotations

from collections.abc import Iterator

from local.fake_ado import access, refusals
from local.fake_ado.context import Call
from local.fake_ado.model import Repository


def listed(call: Call) -> Iterator[Repository]:
    """Those of the project in the path, or of all projects: disabled ones too, deleted ones not."""
    projects = [call.project] if "project" in call.parameters else list(call.visible_projects())
    ids = {project.id for project in projects}
    for repository in call.organization.repositories.values():
        if repository.project_id in ids and repository.deleted_at is None and _is_allowed(call, repository):
            yield repository


def readable(call: Call) -> Iterator[Repository]:
    """Those of ``listed`` that answer: not the disabled ones."""
    return (one for one in listed(call) if not one.is_disabled)


def named(call: Call, name: str) -> Repository:
    """By id, or by name within the project in the path. Refused with TF401019 if it is hidden, absent or disabled."""
    wanted = name.lower()
    for repository in readable(call):
        is_named = "project" in call.parameters and repository.name.lower() == wanted
        if repository.id == wanted or is_named:
            return repository
    raise refusals.repository_not_found(name)


def _is_allowed(call: Call, repository: Repository) -> bool:
    token = f"repoV2/{repository.project_id}/{repository.id}"
    return access.has(call.organization, call.caller, access.GIT, token, 2)
