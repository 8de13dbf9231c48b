"""Repositories of a made-up organisation: full, empty, forked, disabled and deleted ones."""

from __future__ import annotations

from datetime import timedelta

from local.fake_ado import texts
from local.fake_ado.generate_code import change, first_files
from local.fake_ado.git_history import History
from local.fake_ado.making import Making
from local.fake_ado.model import Project, Repository
from local.fake_ado.pull_request_actions import author_of

MAIN = "refs/heads/main"
_NAMES = ("web", "services", "Größen", "mobile app", "infra", "tools", "docs.site", "sdk")


def make_repositories(making: Making) -> list[Repository]:
    """All of them with their first commits; returns those where work goes on, forks included."""
    projects = [one for one in making.organization.projects.values() if one.git_enabled and one.state == "wellFormed"]
    working: list[Repository] = []
    for place in range(making.size.repositories):
        project = projects[place % len(projects)]
        round_ = place // len(projects)
        name = project.name if round_ == 0 else f"{_NAMES[(round_ - 1) % len(_NAMES)]}{round_ if round_ > 8 else ''}"
        repository = add_repository(making, project, name)
        if place == len(projects):
            repository.default_branch = None
            making.organization.histories[repository.id] = History()
            continue
        if place == len(projects) + 1:
            _fork(making, repository, working[place % len(projects)])
        else:
            start(making, repository)
        working.append(repository)
    return working


def add_repository(making: Making, project: Project, name: str) -> Repository:
    """A repository without anything in it."""
    repository = Repository(id=making.guid(), project_id=project.id, name=name, default_branch=MAIN)
    repository.created_at = making.ago(days_from=740, days_to=720)
    making.organization.repositories[repository.id] = repository
    return repository


def start(making: Making, repository: Repository) -> None:
    """First commit, a release branch and a tag of each kind."""
    history = making.organization.histories[repository.id] = History()
    at = making.ago(days_from=719, days_to=715)
    by = making.rng.choice(making.members[repository.project_id]).id
    author = author_of(making.organization, by, at)
    tip = history.commit((), first_files(making.rng), author, "First cut\n")
    history.push(at, by, {MAIN: tip, "refs/heads/release/1.0": tip, "refs/tags/v0.1-light": tip})
    tag = history.tag("v1.0", tip, author, "Release 1.0\n")
    history.push(at, by, {"refs/tags/v1.0": tag})


def _fork(making: Making, repository: Repository, origin: Repository) -> None:
    repository.project_id = origin.project_id
    repository.is_fork, repository.parent_id, repository.name = True, origin.id, f"{origin.name}.fork"
    source = making.organization.histories[origin.id]
    history = making.organization.histories[repository.id] = History()
    history.adopt(source, source.refs[MAIN])
    by = making.rng.choice(making.members[repository.project_id]).id
    history.push(making.ago(days_from=700, days_to=690), by, {MAIN: source.refs[MAIN]})


def commit_to_main(making: Making, repository: Repository, days_ago: float) -> None:
    """A push of one to three commits straight to the default branch."""
    history = making.organization.histories[repository.id]
    by = making.rng.choice(making.members[repository.project_id]).id
    at = making.now - timedelta(days=days_ago)
    tip = history.refs[MAIN]
    for back in range(making.rng.choice((3, 1, 1, 2)), 0, -1):
        moment = at - timedelta(minutes=7 * back)
        author = author_of(making.organization, by, moment, making.rng.choice((0, 60, 120, -300, 330)))
        tip = history.commit((tip,), change(making.rng, history, tip), author, texts.title(making.rng))
    history.push(at, by, {MAIN: tip})


def retiring(working: list[Repository]) -> list[Repository]:
    """Those that will be disabled (the first) and deleted (the second), where a project has enough of them."""
    counts: dict[str, int] = {}
    for repository in working:
        counts[repository.project_id] = counts.get(repository.project_id, 0) + 1
    tied = {one.id for one in working if one.is_fork} | {one.parent_id for one in working}
    return [one for one in working[::-1] if counts[one.project_id] > 2 and one.id not in tied][:2]


def finish_repositories(making: Making, working: list[Repository]) -> None:
    """Disable one, delete one, and let sizes be what they come to."""
    organization = making.organization
    for repository in organization.repositories.values():
        history = organization.histories[repository.id]
        repository.size = sum(len(content) for content in history.blobs.values()) // 2
    going = retiring(working)
    if going:
        going[0].is_disabled = True
    if len(going) > 1:
        going[1].deleted_at = making.ago(days_from=12, days_to=3)
        going[1].deleted_by = making.rng.choice([one for one in making.people if one.is_active]).id
