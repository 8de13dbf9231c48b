"""The truth about what is made of code: builds, and deployments told by tags."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from typing import Any

from local.fake_ado.model import Build, Repository
from local.fake_ado.truth_view import View, iso


def builds(view: View) -> Iterator[dict[str, Any]]:
    """All of readable projects, whatever became of their repositories."""
    for build in view.organization.builds.values():
        if view.is_readable(build.project_id):
            yield _build(view, build)


def deployments(view: View) -> Iterator[dict[str, Any]]:
    """The tags that are there now, of repositories that can be read and are not empty."""
    for repository in view.repositories():
        if not repository.is_disabled and repository.default_branch is not None:
            yield from _tags(view, repository)


def _build(view: View, build: Build) -> dict[str, Any]:
    definition = view.organization.definitions.get(build.definition_id)
    return {
        "id": str(build.id),
        "number": build.number,
        "project_id": build.project_id,
        "definition_id": build.definition_id,
        "definition_name": definition.name if definition else f"Pipeline {build.definition_id}",
        "repo_id": build.repository_id,
        "status": build.status,
        "result": build.result,
        "reason": build.reason,
        "branch": build.branch,
        "sha": build.commit,
        "queued_at": iso(build.queued),
        "started_at": iso(build.started),
        "finished_at": iso(build.finished),
        "requested_for": build.requested_for,
        "requested_for_name": view.referred(build.requested_for)[1],
        "is_deleted": False,
    }


def _tags(view: View, repository: Repository) -> Iterator[dict[str, Any]]:
    history = view.organization.histories[repository.id]
    for ref, object_id in history.refs.items():
        if not ref.startswith("refs/tags/"):
            continue
        name, tag = ref.removeprefix("refs/tags/"), history.tags.get(object_id)
        made = tag.tagger if tag else history.commits[object_id].committer
        yield {
            "id": f"{repository.id}/{object_id}/{name}",
            "repo_id": repository.id,
            "project_id": repository.project_id,
            "tag_name": name,
            "sha": history.peel(object_id),
            "is_annotated": tag is not None,
            # Git keeps whole seconds.
            "deployed_at": iso(made.at.astimezone(UTC).replace(microsecond=0)),
            "deployed_by_name": made.name,
            "deployed_by_email": made.email,
            "matches_rule": True,
            "is_current": True,
            "is_deleted": False,
        }
