"""Three repositories with what makes counting hard, and what git itself says about them."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import NamedTuple

from tests.ado.git_server import Repo, new_repo

_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


class Counted(NamedTuple):
    files: int
    binary_files: int
    insertions: int
    deletions: int
    hunks: int
    haloc: int


def odd_files(path: Path) -> Repo:
    """Renames, binaries, modes, line ends, links, submodules, odd names, files that become folders, a second root."""
    repo = new_repo(path)
    text = b"".join(b"line %d\n" % n for n in range(40))
    repo.commit({"a.txt": text, "crlf.txt": b"a\r\nb\r\n", "empty": b"", "none": b"no end", "bin.dat": b"\0\1" * 50})
    repo.commit({"a.txt": text.replace(b"line 7\n", b"seven\nand more\n"), "crlf.txt": b"a\nb\n", "none": b"no end\n"})
    repo.commit({"empty": b"now\n", "bin.dat": b"\0\2" * 60, "picture.png": b"\x89PNG\0\0" * 9, "x/y/z.txt": b"deep\n"})
    repo.git("mv", "a.txt", "moved.txt")
    repo.commit({})
    (repo.path / "moved.txt").chmod(0o755)
    repo.commit({})
    (repo.path / "link").symlink_to("moved.txt")
    repo.commit({})
    (repo.path / "link").unlink()
    repo.commit({"link/inside.txt": b"a folder now\n"})
    repo.commit({"übel näme\n\t.txt": b"\xff\xfe latin\n", "tab\t.txt": b"1\n", "late nul.bin": b"x" * 9000 + b"\0"})
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module")
    repo.commit_staged("a submodule")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{'2' * 40},module")
    repo.commit_staged("another of its commits")
    repo.git("rm", "-q", "--cached", "module")
    repo.commit({"x/y/z.txt": None, "none": None, "bin.dat": b"text now\n"})
    repo.git("checkout", "-q", "--orphan", "second-root")
    repo.commit({"moved.txt": b"again\n"}, author="bob")
    repo.commit({}, "nothing at all")
    repo.git("checkout", "-q", "main")
    return repo


def branches(path: Path, commits: int = 72, seed: int = 3) -> Repo:
    """Random edits of a few files on branches that are merged, one with a conflict resolved by hand."""
    repo, chance = new_repo(path), random.Random(seed)
    files = {f"src/f{n}.py": _lines(chance, 60) for n in range(6)}
    repo.commit({name: b"".join(lines) for name, lines in files.items()})
    for number in range(commits):
        if number % 12 == 3:
            repo.git("checkout", "-q", "-b", f"topic{number}")
        name = chance.choice(sorted(files))
        content = (repo.path / name).read_bytes().splitlines(keepends=True)
        repo.clock += chance.choice([0, 0, 86_400, 4 * 86_400])
        repo.commit({name: b"".join(_edited(chance, content))}, f"edit {number}", author=chance.choice(["ann", "bob"]))
        if number % 12 == 9:
            topic = f"topic{number - 6}"
            repo.git("checkout", "-q", "main")
            repo.commit({f"side{number}.txt": b"aside\n"})
            repo.merge(topic)
    _conflict(repo)
    return repo


def _conflict(repo: Repo) -> None:
    repo.commit({"both.txt": b"1\n2\n3\n"})
    repo.git("checkout", "-q", "-b", "theirs")
    repo.commit({"both.txt": b"1\ntheirs\n3\n"}, author="bob")
    repo.git("checkout", "-q", "main")
    repo.commit({"both.txt": b"1\nours\n3\n"})
    repo.git("merge", "-q", "--no-commit", "-s", "ours", "theirs", **repo.who("ann"))
    repo.commit({"both.txt": b"1\nours\ntheirs\n3\n"}, "both")
    repo.commit({"both.txt": b"1\nours!\ntheirs!\n3\n"}, author="bob")


def forced(path: Path) -> Repo:
    """A branch that was rebased and pushed by force, one that was deleted, an octopus, equal commits made twice."""
    repo = new_repo(path)
    repo.commit({"a": b"1\n", "b": b"1\n2\n3\n"})
    for name in ("one", "two", "three"):
        repo.git("checkout", "-q", "-b", name, "main")
        repo.commit({name: b"x\n" * len(name)}, author=name)
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "-m", "octopus", "one", "two", "three", **repo.who("ann"))
    repo.git("checkout", "-q", "-b", "rebased", "main~1")
    repo.commit({"b": b"1\n2b\n3\n"}, author="bob")
    repo.git("rebase", "-q", "main", **repo.who("cat"))
    repo.git("branch", "-D", "three")
    repo.git("checkout", "-q", "main")
    return repo


def git_counts(repo: Repo) -> dict[str, Counted]:
    """What git counts for every commit of every branch: numstat, and hunks without context."""
    found: dict[str, Counted] = {}
    for sha in repo.git("rev-list", "--branches").split():
        stat = repo.git_bytes("log", "-1", "--numstat", "--no-renames", "-z", "--format=", sha)
        lines = [line.split(b"\t", 2) for line in stat.split(b"\0") if line.strip(b"\n")]
        patch = repo.git_bytes("log", "-1", "-p", "-U0", "--no-renames", "--format=", sha)
        hunks = [(int(m[2] or b"1"), int(m[4] or b"1")) for line in patch.split(b"\n") if (m := _HUNK.match(line))]
        text = [line for line in lines if line[0].strip() != b"-"]
        found[sha] = Counted(
            files=len(lines),
            binary_files=len(lines) - len(text),
            insertions=sum(int(line[0]) for line in text),
            deletions=sum(int(line[1]) for line in text),
            hunks=len(hunks),
            haloc=sum(max(hunk) for hunk in hunks),
        )
    return found


def _lines(chance: random.Random, count: int) -> list[bytes]:
    words = [b"", b"    pass", b"}", b"x = 1", b"    return x"]
    return [chance.choice([*words, b"value_%d = %d" % (n, n)]) + b"\n" for n in range(count)]


def _edited(chance: random.Random, lines: list[bytes]) -> list[bytes]:
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(lines) + 1)
        lines[at : at + chance.randrange(6)] = _lines(chance, chance.randrange(7))
    return lines
