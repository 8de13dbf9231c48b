"""Changes to repositories, pushes to them, and their tags."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from local.fake_ado import announce, texts
from local.fake_ado.generate_code import change, first_files
from local.fake_ado.generate_repositories import MAIN
from local.fake_ado.git_history import History
from local.fake_ado.model import Repository
from local.fake_ado.mutate_tickets import Kind
from local.fake_ado.mutation import Mutation
from local.fake_ado.pull_request_actions import author_of


def created(mutation: Mutation) -> bool:
    """A new repository with a first commit."""
    projects = [one for one in mutation.projects() if one.git_enabled]
    if not projects:
        return False
    organization, rng = mutation.organization, mutation.rng
    project = rng.choice(projects)
    at, by = mutation.tick(), mutation.person(project.id).id
    name = f"new repo {len(organization.repositories) + 1}"
    repository = Repository(mutation.making.guid(), project.id, name, MAIN, created_at=at)
    organization.repositories[repository.id] = repository
    history = organization.histories[repository.id] = History()
    tip = history.commit((), first_files(rng), author_of(organization, by, at), "First cut\n")
    history.push(at, by, {MAIN: tip, "refs/heads/release/1.0": tip})
    _resize(mutation, repository)
    announce.repository(organization, repository, "created", by)
    return True


def _resize(mutation: Mutation, repository: Repository) -> None:
    history = mutation.organization.histories[repository.id]
    repository.size = sum(len(content) for content in history.blobs.values()) // 2


def renamed(mutation: Mutation) -> bool:
    """Another name; web and clone addresses follow."""
    found = mutation.repositories(is_working=False)
    if not found:
        return False
    repository = mutation.rng.choice(found)
    mutation.tick()
    old = repository.name
    repository.name = f"{old.split(' r')[0]} r{mutation.rng.randrange(10_000)}"
    by = mutation.person(repository.project_id).id
    announce.repository(mutation.organization, repository, "renamed", by, oldName=old, newName=repository.name)
    return True


def disabled(mutation: Mutation) -> bool:
    """Disabled, or enabled again; never the last that works."""
    found = mutation.repositories(is_working=False)
    off = [one for one in found if one.is_disabled]
    if off and mutation.rng.random() < 0.5:
        repository = mutation.rng.choice(off)
    elif len(mutation.repositories()) > 2:
        repository = mutation.rng.choice(mutation.repositories())
    else:
        return False
    repository.is_disabled = not repository.is_disabled
    mutation.tick()
    by = mutation.person(repository.project_id).id
    announce.repository(mutation.organization, repository, "statuschanged", by, disabled=repository.is_disabled)
    return True


def deleted(mutation: Mutation) -> bool:
    """Into the recycle bin; never the only one of its project."""
    found = [one for one in mutation.repositories() if _has_company(mutation, one)]
    if len(found) < 2:
        return False
    repository = mutation.rng.choice(found)
    repository.deleted_at, repository.deleted_by = mutation.tick(), mutation.person(repository.project_id).id
    announce.repository_deleted(mutation.organization, repository, repository.deleted_by)
    return True


def _has_company(mutation: Mutation, repository: Repository) -> bool:
    return any(one.project_id == repository.project_id and one is not repository for one in mutation.repositories())


def restored(mutation: Mutation) -> bool:
    """Out of the recycle bin."""
    gone = [one for one in mutation.organization.repositories.values() if one.deleted_at is not None]
    if not gone:
        return False
    repository = mutation.rng.choice(gone)
    repository.deleted_at = repository.deleted_by = None
    mutation.tick()
    announce.repository(mutation.organization, repository, "undeleted", mutation.person(repository.project_id).id)
    return True


def commit_pushed(mutation: Mutation) -> bool:
    """Some commits straight to the default branch."""
    found = mutation.repositories()
    if not found:
        return False
    organization, rng = mutation.organization, mutation.rng
    repository = rng.choice(found)
    history = organization.histories[repository.id]
    by, at = mutation.person(repository.project_id).id, mutation.tick()
    tip = history.refs[MAIN]
    for back in range(rng.randint(1, 3), 0, -1):
        author = author_of(organization, by, at - timedelta(seconds=back), rng.choice((0, 60, -300)))
        tip = history.commit((tip,), change(rng, history, tip), author, texts.title(rng))
    announce.pushed(organization, repository, history.push(at, by, {MAIN: tip}))
    _resize(mutation, repository)
    return True


def tagged(mutation: Mutation) -> bool:
    """A new tag of either kind, a tag that moves, or one that goes."""
    found = mutation.repositories()
    if not found:
        return False
    organization, rng = mutation.organization, mutation.rng
    repository = rng.choice(found)
    history = organization.histories[repository.id]
    by, at, tip = mutation.person(repository.project_id).id, mutation.tick(), history.refs[MAIN]
    tags = sorted(ref for ref in history.refs if ref.startswith("refs/tags/"))
    number = len(history.pushes)
    if rng.random() < 0.4:
        name = f"v2.{number}"
        ref, sha = f"refs/tags/{name}", history.tag(name, tip, author_of(organization, by, at), f"Release {number}\n")
    elif rng.random() < 0.4 or not tags:
        ref, sha = f"refs/tags/production/{number}", tip
    elif rng.random() < 0.5:
        ref, sha = rng.choice(tags), tip
    else:
        ref, sha = rng.choice(tags), None
    announce.pushed(organization, repository, history.push(at, by, {ref: sha}))
    return True


KINDS: Final[dict[str, tuple[float, Kind]]] = {
    "repository_created": (0.5, created), "repository_renamed": (0.5, renamed), "repository_disabled": (0.4, disabled),
    "repository_deleted": (0.3, deleted), "repository_restored": (0.3, restored), "commit_pushed": (6, commit_pushed),
    "tagged": (1, tagged),
}  # fmt: skip
