"""Deployments of one project: the tags of its repos, in one request for each repo as long as they do not change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Any, Final

from shared.ado.endpoints import git
from shared.errors import UnavailableError
from shared.flow.builds import Deployment
from shared.flow.commits import Commit
from shared.flow.repos import Repo
from shared.mapping.deployments import Made, TagRef, to_deployment, to_tag
from shared.mapping.times import to_text, to_time
from shared.mapping.values import text
from shared.streams.base import Batch, Skip, Slice, Watermark
from shared.streams.whole_lists import ROWS_IN_A_BATCH, lots

KIND: Final = "deployments"
REMEMBERED: Final = 800
"""Repos whose tags are remembered as a digest; of more, the rest is compared row by row each time."""

Answer = tuple[Repo, list[TagRef] | UnavailableError]


def read_deployments(slice_: Slice) -> Iterator[Batch]:
    """The tags of all readable repos; those that changed are compared with the stored rows."""
    repos = [repo for repo in slice_.stored.all(Repo) if repo.project_id == slice_.unit_id and _is_wanted(repo)]
    marks = {_mark(repo) for repo in repos}
    before: dict[str, str] = (slice_.watermark or {}).get("tags", {})
    known = {mark: digest for mark, digest in before.items() if mark in marks}
    for repo, tags in slice_.map(lambda repo: _tags(slice_, repo), sorted(repos, key=lambda repo: repo.id)):
        mark = _mark(repo)
        if isinstance(tags, UnavailableError):
            # Without its digest it is compared, and its skip taken back, as soon as it answers.
            known.pop(mark, None)
            skip = Skip(KIND, repo.id, "repo_disabled", str(tags), project_id=repo.project_id)
            yield Batch(_watermark(slice_, known), skips=(skip,))
        elif known.get(mark) != (digest := _digest(tags)):
            for lot in lots(_changes(slice_, repo, tags), ROWS_IN_A_BATCH):
                yield Batch(_watermark(slice_, known), tuple(lot), read=len(lot))
            if mark in known or len(known) < REMEMBERED:
                known[mark] = digest
            yield Batch(_watermark(slice_, known), unskipped=((KIND, repo.id),))
    yield Batch(_watermark(slice_, known))


def _is_wanted(repo: Repo) -> bool:
    """Readable and chosen; an empty repo has no tags."""
    return not repo.is_deleted and not repo.is_disabled and repo.is_imported and repo.default_branch is not None


def _tags(slice_: Slice, repo: Repo) -> Answer:
    try:
        return repo, [to_tag(item) for item in _refs(slice_, repo, {"filter": "tags/", "peelTags": "true"})]
    except UnavailableError as error:
        return repo, error


def _refs(slice_: Slice, repo: Repo, query: dict[str, str]) -> list[dict[str, Any]]:
    pages = slice_.client.pages(git.REFS, path=_path(repo), query=query)
    return [item for page in pages for item in page.items]


def _changes(slice_: Slice, repo: Repo, tags: list[TagRef]) -> Iterator[Deployment]:
    """The rows that are new or not as they were, against all that are stored of the repo.

    A list of refs is whole, so a tag that is not in it was deleted, and one with another object was moved. An empty
    list proves it only where the repo lists other refs.
    """
    stored = {row.id: row for row in slice_.stored.all(Deployment, f"|{repo.id}")}
    listed = {f"{repo.id}/{tag.object_id}/{tag.name}": tag for tag in tags}
    names = {tag.name for tag in tags}
    new = [tag for id_, tag in listed.items() if id_ not in stored]
    for tag, made in slice_.map(lambda tag: (tag, _made(slice_, repo, tag)), new):
        yield to_deployment(tag, repo, made, now=slice_.now)
    is_proof = bool(tags) or bool(stored and _refs(slice_, repo, {"filter": "heads/"}))
    for id_, row in stored.items():
        is_deleted = row.tag_name not in names and (is_proof or row.is_deleted)
        is_current = id_ in listed if is_proof else row.is_current
        if (is_deleted, is_current) != (row.is_deleted, row.is_current):
            deleted_at = slice_.now if is_deleted else None
            yield replace(
                row, is_deleted=is_deleted, is_current=is_current, deleted_at=deleted_at, updated_at=slice_.now
            )


def _made(slice_: Slice, repo: Repo, tag: TagRef) -> Made:
    """From the tag itself, else from its commit, which is mostly stored; nothing where neither answers.

    Source: https://learn.microsoft.com/rest/api/azure/devops/git/annotated-tags/get
    """
    try:
        if tag.is_annotated:
            by = slice_.client.one(git.ANNOTATED_TAG, path=_path(repo, objectId=tag.object_id)).get("taggedBy") or {}
            return Made(to_time(by.get("date"), f"tag {tag.name}: date"), text(by, "name"), text(by, "email"))
        commit = slice_.stored.get(Commit, f"|{repo.id}", tag.sha)
        if commit:
            return Made(commit.committer_date, commit.committer_name, commit.committer_email)
        by = slice_.client.one(git.COMMIT, path=_path(repo, commitId=tag.sha)).get("committer") or {}
        return Made(to_time(by.get("date"), f"commit {tag.sha}: date"), text(by, "name"), text(by, "email"))
    except UnavailableError:
        return Made()


def _path(repo: Repo, **parts: str) -> dict[str, str]:
    return {"project": repo.project_id, "repositoryId": repo.id, **parts}


def _watermark(slice_: Slice, known: dict[str, str]) -> Watermark:
    return {"read_at": to_text(slice_.now), "tags": dict(known)}


def _mark(repo: Repo) -> str:
    """Short, and enough to tell the repos of a project apart."""
    return repo.id.replace("-", "")[:12]


def _digest(tags: list[TagRef]) -> str:
    lines = sorted(f"{tag.name} {tag.object_id}" for tag in tags)
    return sha256("\n".join(lines).encode()).hexdigest()[:12]
