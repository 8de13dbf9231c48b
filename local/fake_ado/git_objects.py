"""The names that Git gives to blobs, trees, commits and tags: SHA-1 over their content.

Format: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

ZERO = "0" * 40


@dataclass(frozen=True, slots=True)
class Signature:
    """Who and when, as in a commit. ``at`` carries the offset of the writer's clock."""

    name: str
    email: str
    at: datetime

    def text(self) -> str:
        """``Name <mail> seconds +0200``."""
        offset = self.at.utcoffset() or timedelta()
        minutes = int(offset.total_seconds()) // 60
        zone = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}{abs(minutes) % 60:02d}"
        return f"{self.name} <{self.email}> {int(self.at.timestamp())} {zone}"


def signature(name: str, email: str, at: datetime, offset_minutes: int = 0) -> Signature:
    """A signature in whole seconds, in a clock that is ``offset_minutes`` ahead of UTC."""
    return Signature(name, email, at.replace(microsecond=0).astimezone(timezone(timedelta(minutes=offset_minutes))))


def object_id(kind: str, content: bytes) -> str:
    """The name of an object."""
    return hashlib.sha1(b"%s %d\0" % (kind.encode(), len(content)) + content, usedforsecurity=False).hexdigest()


def blob_id(content: bytes) -> str:
    """The name of a file's content."""
    return object_id("blob", content)


def tree_id(files: Mapping[str, str]) -> str:
    """The name of a tree. ``files``: path with ``/`` -> blob id; all are plain files (mode 100644)."""
    entries: list[tuple[bytes, bytes, str]] = []
    folders: dict[str, dict[str, str]] = {}
    for path, blob in files.items():
        folder, slash, rest = path.partition("/")
        if slash:
            folders.setdefault(folder, {})[rest] = blob
        else:
            name = path.encode()
            entries.append((name, b"100644 " + name, blob))
    for folder, below in folders.items():
        name = folder.encode()
        # Git sorts a folder as if its name ended in a slash.
        entries.append((name + b"/", b"40000 " + name, tree_id(below)))
    entries.sort()
    return object_id("tree", b"".join(label + b"\0" + bytes.fromhex(sha) for _, label, sha in entries))


def commit_id(tree: str, parents: Iterable[str], author: Signature, committer: Signature, message: str) -> str:
    """The name of a commit."""
    lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
    lines += [f"author {author.text()}", f"committer {committer.text()}", "", message]
    return object_id("commit", "\n".join(lines).encode())


def tag_id(target: str, name: str, tagger: Signature, message: str) -> str:
    """The name of an annotated tag on a commit."""
    text = f"object {target}\ntype commit\ntag {name}\ntagger {tagger.text()}\n\n{message}"
    return object_id("tag", text.encode())
