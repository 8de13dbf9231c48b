"""The history of one repository: commits with their real names, refs and pushes.

``git_repository.py`` makes the same history as a bare repository on disk; the names agree because both are Git's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from local.fake_ado import git_objects
from local.fake_ado.git_objects import ZERO, Signature


@dataclass(frozen=True, slots=True)
class Commit:
    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Signature
    committer: Signature
    message: str
    changes: tuple[tuple[str, str | None], ...]
    """(path, blob id) against the first parent; None: the file is deleted."""


@dataclass(frozen=True, slots=True)
class Tag:
    """An annotated tag."""

    sha: str
    name: str
    target: str
    tagger: Signature
    message: str


@dataclass(frozen=True, slots=True)
class Push:
    id: int
    at: datetime
    pusher_id: str
    updates: tuple[tuple[str, str, str], ...]
    """(ref, old object id, new object id)."""


@dataclass
class History:
    commits: dict[str, Commit] = field(default_factory=dict)
    """In the order they were made: parents stand before children."""
    blobs: dict[str, bytes] = field(default_factory=dict)
    tags: dict[str, Tag] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    """Full name -> object id."""
    pushes: list[Push] = field(default_factory=list)
    files: dict[str, dict[str, str]] = field(default_factory=dict)
    """Commit -> its files (path -> blob id)."""
    creators: dict[str, str] = field(default_factory=dict)
    """Ref -> the identity that made it."""

    def commit(
        self,
        parents: tuple[str, ...],
        changes: Mapping[str, bytes | None],
        author: Signature,
        message: str,
        committer: Signature | None = None,
    ) -> str:
        """Add a commit and return its name. ``changes``: path -> new content, or None to delete the file."""
        files = dict(self.files[parents[0]]) if parents else {}
        noted: list[tuple[str, str | None]] = []
        for path, content in changes.items():
            if content is None:
                files.pop(path, None)
                noted.append((path, None))
                continue
            blob = git_objects.blob_id(content)
            self.blobs.setdefault(blob, content)
            files[path] = blob
            noted.append((path, blob))
        return self._add(parents, files, tuple(noted), author, committer or author, message)

    def merge(self, parents: tuple[str, ...], source: str, base: str, author: Signature, message: str) -> str:
        """Add a commit on ``parents`` that brings what ``source`` changed since ``base``; the source wins."""
        files, changes = self._merged(parents[0], source, base)
        return self._add(parents, files, changes, author, author, message)

    def rebase(self, onto: str, commits: Iterable[str], committer: Signature) -> str:
        """Repeat ``commits`` on top of ``onto``; the name of the last one."""
        tip = onto
        for sha in commits:
            old = self.commits[sha]
            files = dict(self.files[tip])
            for path, blob in old.changes:
                if blob is None:
                    files.pop(path, None)
                else:
                    files[path] = blob
            tip = self._add((tip,), files, old.changes, old.author, committer, old.message)
        return tip

    def tag(self, name: str, target: str, tagger: Signature, message: str) -> str:
        """Add an annotated tag on a commit."""
        sha = git_objects.tag_id(target, name, tagger, message)
        self.tags[sha] = Tag(sha, name, target, tagger, message)
        self.refs[f"refs/tags/{name}"] = sha
        return sha

    def push(self, at: datetime, pusher_id: str, updates: Mapping[str, str | None]) -> Push:
        """Move refs and note the push. None deletes the ref."""
        noted: list[tuple[str, str, str]] = []
        for ref, new in updates.items():
            noted.append((ref, self.refs.get(ref, ZERO), new or ZERO))
            if new is None:
                self.refs.pop(ref, None)
            else:
                self.refs[ref] = new
                self.creators.setdefault(ref, pusher_id)
        push = Push(len(self.pushes) + 1, at, pusher_id, tuple(noted))
        self.pushes.append(push)
        return push

    def adopt(self, other: History, tip: str) -> None:
        """Take over the commits that lead to ``tip`` from another repository (a fork)."""
        missing: set[str] = set()
        waiting = [tip]
        while waiting:
            sha = waiting.pop()
            if sha not in self.commits and sha not in missing:
                missing.add(sha)
                waiting.extend(other.commits[sha].parents)
        order = {sha: place for place, sha in enumerate(other.commits)}
        for sha in sorted(missing, key=order.__getitem__):
            commit = other.commits[sha]
            self.commits[sha], self.files[sha] = commit, other.files[sha]
            for _, blob in commit.changes:
                if blob is not None:
                    self.blobs.setdefault(blob, other.blobs[blob])

    def between(self, base: str | None, tip: str) -> list[str]:
        """The commits of the first-parent line from ``tip`` down to ``base``, newest first."""
        found: list[str] = []
        at: str | None = tip
        while at is not None and at != base:
            found.append(at)
            parents = self.commits[at].parents
            at = parents[0] if parents else None
        return found

    def reachable(self, tips: Iterable[str]) -> Iterator[Commit]:
        """Every commit that the tips lead to, newest committer date first."""
        seen: dict[str, Commit] = {}
        waiting = [self.peel(tip) for tip in tips]
        while waiting:
            sha = waiting.pop()
            if sha not in seen and sha in self.commits:
                seen[sha] = self.commits[sha]
                waiting.extend(self.commits[sha].parents)
        order = {sha: place for place, sha in enumerate(self.commits)}
        yield from sorted(seen.values(), key=lambda one: (one.committer.at, order[one.sha]), reverse=True)

    def peel(self, sha: str) -> str:
        """The commit behind an object id that may be a tag's."""
        return self.tags[sha].target if sha in self.tags else sha

    def _merged(self, target: str, source: str, base: str) -> tuple[dict[str, str], tuple[tuple[str, str | None], ...]]:
        ours, theirs, common = dict(self.files[target]), self.files[source], self.files[base]
        changes: list[tuple[str, str | None]] = []
        for path in {**theirs, **common}:
            new = theirs.get(path)
            if new == common.get(path) or new == ours.get(path):
                continue
            changes.append((path, new))
            if new is None:
                ours.pop(path, None)
            else:
                ours[path] = new
        return ours, tuple(changes)

    def _add(
        self,
        parents: tuple[str, ...],
        files: dict[str, str],
        changes: tuple[tuple[str, str | None], ...],
        author: Signature,
        committer: Signature,
        message: str,
    ) -> str:
        tree = git_objects.tree_id(files)
        sha = git_objects.commit_id(tree, parents, author, committer, message)
        self.commits[sha] = Commit(sha, tree, parents, author, committer, message, changes)
        self.files[sha] = files
        return sha
