"""Build definitions and builds."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from local.fake_ado.generate_repositories import MAIN
from local.fake_ado.making import Making, next_number
from local.fake_ado.model import Build, Definition, Repository

Result = Literal["succeeded", "partiallySucceeded", "failed", "canceled"]


def make_builds(making: Making, working: list[Repository]) -> None:
    """One definition for each repository, and builds of the last month; the newest still run or wait."""
    definitions = [_define(making, repository) for repository in working]
    for place in range(making.size.builds):
        definition = definitions[place % len(definitions)]
        age = 30 * (making.size.builds - place) / making.size.builds
        _build(making, definition, age, is_running=place >= making.size.builds - 2)


def _define(making: Making, repository: Repository) -> Definition:
    definition = Definition(
        next_number(making.organization, "definition"),
        repository.project_id,
        f"{repository.name} CI",
        making.ago(days_from=700, days_to=600),
        repository.id,
    )
    making.organization.definitions[definition.id] = definition
    return definition


def _build(making: Making, definition: Definition, age: float, *, is_running: bool) -> None:
    rng, organization = making.rng, making.organization
    assert definition.repository_id is not None
    history = organization.histories[definition.repository_id]
    queued = making.now - timedelta(days=age) - timedelta(minutes=20)
    started = queued + timedelta(seconds=rng.uniform(2, 200))
    results: tuple[Result, ...] = ("succeeded", "succeeded", "succeeded", "failed", "partiallySucceeded", "canceled")
    result = None if is_running else rng.choice(results)
    is_canceled_early = result == "canceled" and rng.random() < 0.5
    number = next_number(organization, "build")
    organization.builds[number] = Build(
        number,
        definition.project_id,
        definition.id,
        f"{queued:%Y%m%d}.{number % 9 + 1}",
        "inProgress" if is_running else "completed",
        result,
        rng.choice(("individualCI", "manual", "schedule", "batchedCI")),
        MAIN,
        history.refs[MAIN],
        queued,
        None if is_canceled_early else started,
        None if is_running else started + timedelta(seconds=rng.uniform(30, 900)),
        rng.choice(making.members[definition.project_id]).id,
        definition.repository_id,
    )
