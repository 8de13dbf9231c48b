"""A repository's history as a real bare repository on disk, made with ``git fast-import`` when it is first asked for.

What was added to the history since then is imported before each use, so the refs are always the model's.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tempfile
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from local.fake_ado.git_history import Commit, History, Tag
from local.fake_ado.git_objects import Signature
from local.fake_ado.model import Organization, Repository

_IMPORT_REF = b"refs/import/tip"
_SETTINGS = {
    "uploadpack.allowFilter": "true",
    "uploadpack.allowAnySHA1InWant": "true",
    "http.receivepack": "false",
    "gc.auto": "0",
}


class GitFolder:
    """The bare repositories of one organisation, in a temporary folder that goes when the object does."""

    def __init__(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="fake-ado-git-"))
        """Where they lie: ``{root}/{repository id}``."""
        weakref.finalize(self, shutil.rmtree, self.root, ignore_errors=True)
        self._imported: dict[str, int] = {}
        self._lock = threading.Lock()

    def made(self, repository: Repository, history: History) -> Path:
        """The path of the repository, up to date."""
        path = self.root / repository.id
        with self._lock:
            if not path.exists():
                _create(path)
            commits = list(history.commits.values())
            done = self._imported.get(repository.id, 0)
            if len(commits) > done:
                _import(path, history, commits[done:])
                self._imported[repository.id] = len(commits)
            _set_refs(path, history, repository)
        return path


def bare_repository(organization: Organization, repository: Repository) -> Path:
    """The repository on disk, equal to the model."""
    if organization.git_folder is None:
        organization.git_folder = GitFolder()
    return organization.git_folder.made(repository, organization.histories[repository.id])


def git(path: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    """Run git in a bare repository. Raises CalledProcessError with git's own words."""
    command = ["git", "-C", str(path), *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, check=True, env=environment()).stdout


def environment() -> Mapping[str, str]:
    """Git without this machine's settings."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "HOME": "/nonexistent",
        "LC_ALL": "C.UTF-8",
    }


def _create(path: Path) -> None:
    path.mkdir(parents=True)
    git(path, "init", "--quiet", "--bare", "--initial-branch=main")
    for name, value in _SETTINGS.items():
        git(path, "config", name, value)


def _import(path: Path, history: History, commits: list[Commit]) -> None:
    stream = io.BytesIO()
    marks: dict[str, int] = {}
    for number, commit in enumerate(commits, start=1):
        marks[commit.sha] = number
        stream.writelines(_commit_lines(history, commit, number, marks))
    stream.writelines(line for tag in _new_tags(path, history) for line in _tag_lines(tag, marks))
    git(path, "fast-import", "--quiet", "--force", stdin=stream.getvalue())
    git(path, "update-ref", "-d", _IMPORT_REF.decode())


def _commit_lines(history: History, commit: Commit, number: int, marks: Mapping[str, int]) -> Iterator[bytes]:
    if not commit.parents:
        yield b"reset %s\n" % _IMPORT_REF
    yield b"commit %s\nmark :%d\n" % (_IMPORT_REF, number)
    yield b"author %s\ncommitter %s\n" % (_signed(commit.author), _signed(commit.committer))
    yield _data(commit.message.encode())
    for word, parent in zip([b"from", *[b"merge"] * len(commit.parents)], commit.parents, strict=False):
        yield b"%s %s\n" % (word, _named(parent, marks))
    for path, blob in commit.changes:
        if blob is None:
            yield b"D %s\n" % path.encode()
        else:
            yield b"M 100644 inline %s\n%s" % (path.encode(), _data(history.blobs[blob]))
    yield b"\n"


def _tag_lines(tag: Tag, marks: Mapping[str, int]) -> Iterable[bytes]:
    yield b"tag %s\nfrom %s\n" % (tag.name.encode(), _named(tag.target, marks))
    yield b"tagger %s\n%s" % (_signed(tag.tagger), _data(tag.message.encode()))


def _new_tags(path: Path, history: History) -> list[Tag]:
    there = git(path, "for-each-ref", "--format=%(objectname)", "refs/tags").decode().split()
    return [tag for sha, tag in history.tags.items() if sha not in there]


def _named(sha: str, marks: Mapping[str, int]) -> bytes:
    return b":%d" % marks[sha] if sha in marks else sha.encode()


def _signed(signature: Signature) -> bytes:
    return signature.text().encode()


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)


def _set_refs(path: Path, history: History, repository: Repository) -> None:
    lines = git(path, "for-each-ref", "--format=%(refname) %(objectname)").decode().splitlines()
    there = dict(line.rsplit(" ", 1) for line in lines)
    changes = [f"update {ref} {sha}" for ref, sha in history.refs.items() if there.get(ref) != sha]
    changes += [f"delete {ref}" for ref in there if ref not in history.refs]
    if changes:
        git(path, "update-ref", "--stdin", stdin="".join(f"{line}\n" for line in changes).encode())
    git(path, "symbolic-ref", "HEAD", repository.default_branch or "refs/heads/main")
