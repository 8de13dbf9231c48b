"""Changes to builds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from local.fake_ado import announce
from local.fake_ado.generate_repositories import MAIN
from local.fake_ado.making import next_number
from local.fake_ado.model import Build
from local.fake_ado.mutate_tickets import Kind
from local.fake_ado.mutation import Mutation

_AGAIN: Final = timedelta(days=1)
"""So long after its end a build may run a stage again."""


def queued(mutation: Mutation) -> bool:
    """A build that waits."""
    build = _new(mutation)
    if build is None:
        return False
    build.status = "notStarted"
    return True


def finished(mutation: Mutation) -> bool:
    """A build that waits or runs ends, or a new one has run."""
    running = [one for one in _builds(mutation) if one.status != "completed"]
    build = mutation.rng.choice(running) if running else _new(mutation)
    if build is None:
        return False
    end = mutation.tick()
    build.started = build.started or build.queued
    _end(mutation, build, end)
    return True


def canceled(mutation: Mutation) -> bool:
    """A build that waits, or a new one, is canceled before it has started."""
    waiting = [one for one in _builds(mutation) if one.status == "notStarted"]
    build = mutation.rng.choice(waiting) if waiting else _new(mutation)
    if build is None:
        return False
    build.status, build.result, build.finished = "completed", "canceled", mutation.tick()
    announce.built(mutation.organization, build)
    return True


def retried(mutation: Mutation) -> bool:
    """A stage of a build that has ended runs again: it is running, or has another end and result."""
    now = mutation.organization.now
    ended = [one for one in _builds(mutation) if one.finished and one.started and now - one.finished < _AGAIN]
    if not ended:
        return False
    build = mutation.rng.choice(ended)
    if mutation.rng.random() < 0.5:
        mutation.tick()
        build.status, build.result, build.finished = "inProgress", None, None
    else:
        _end(mutation, build, mutation.tick())
    return True


def _end(mutation: Mutation, build: Build, at: datetime) -> None:
    build.status, build.result, build.finished = "completed", mutation.rng.choice(("succeeded", "failed")), at
    announce.built(mutation.organization, build)


def _builds(mutation: Mutation) -> list[Build]:
    working = {one.id for one in mutation.repositories()}
    return [one for one in mutation.organization.builds.values() if one.repository_id in working]


def _new(mutation: Mutation) -> Build | None:
    """A build of some working repository, queued now."""
    organization = mutation.organization
    working = {one.id for one in mutation.repositories()}
    definitions = [one for one in organization.definitions.values() if one.repository_id in working]
    if not definitions:
        return None
    definition, at = mutation.rng.choice(definitions), mutation.tick()
    repository_id = definition.repository_id or ""
    number = next_number(organization, "build")
    commit = organization.histories[repository_id].refs[MAIN]
    build = Build(
        number, definition.project_id, definition.id, f"{at:%Y%m%d}.{number}", "inProgress", None, "individualCI",
        MAIN, commit, at, None, None, mutation.person(definition.project_id).id, repository_id,
    )  # fmt: skip
    organization.builds[number] = build
    return build


KINDS: Final[dict[str, tuple[float, Kind]]] = {
    "build_queued": (1, queued), "build_finished": (3, finished), "build_canceled": (0.3, canceled),
    "build_retried": (0.5, retried),
}  # fmt: skip
