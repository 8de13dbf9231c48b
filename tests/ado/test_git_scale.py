"""Figures: thousands of commits equal to git's own counts, and a repository of large binaries within its bounds."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ado.git_repos import Counted
from tests.ado.git_server import GIT_ENVIRONMENT, Repo, new_repo, serving

pytestmark = [
    pytest.mark.prove,
    pytest.mark.timeout(900),
    pytest.mark.skipif("PROVE" not in os.environ, reason="minutes long: `make prove`"),
]
ROOT = Path(__file__).resolve().parents[2]
HUNK = re.compile(r"@@ -(?:\d+)(?:,(\d+))? \+(?:\d+)(?:,(\d+))? @@")
T0 = 1_700_000_000
MEGABYTE = 1 << 20


def fast_import(path: Path, stream: list[bytes]) -> Repo:
    repo = new_repo(path)
    command = ["git", "-C", str(path), "fast-import", "--quiet", "--force"]
    subprocess.run(command, input=b"".join(stream), check=True, env=GIT_ENVIRONMENT)
    return repo


def commit(mark: int, branch: str, parents: list[int], files: dict[str, bytes], at: int) -> list[bytes]:
    who = b"P%d <p%d@example.com> %d +0100" % (mark % 7, mark % 7, at)
    lines = [b"commit refs/heads/%s\nmark :%d\n" % (branch.encode(), mark), b"author %s\ncommitter %s\n" % (who, who)]
    lines.append(b"data 3\nc%02d\n" % (mark % 100))
    lines += [b"%s :%d\n" % (word, parent) for word, parent in zip([b"from", b"merge"], parents, strict=False)]
    for name, content in files.items():
        lines.append(b"M 100644 inline %s\ndata %d\n%s\n" % (name.encode(), len(content), content))
    return [*lines, b"\n"]


def large_history(path: Path, commits: int = 5_000) -> Repo:
    """Eighteen months of edits of 400 files; every tenth stretch is a branch of its own, merged or left behind."""
    chance = random.Random(11)
    files = {f"src/m{n % 20}/f{n}.py": [b"line %d of %d" % (k, n) for k in range(120)] for n in range(400)}
    stream = commit(1, "main", [], {name: b"\n".join(lines) for name, lines in files.items()}, T0)
    main, side, name = 1, 0, "main"
    for mark in range(2, commits + 1):
        at = T0 + mark * 9_000
        if mark % 80 == 0:
            name, side = f"topic{mark}", main
        parents = [side if name != "main" else main]
        if mark % 80 == 20 and name != "main":
            parents, name = [main, side], "main"
        edited = {}
        for file in chance.sample(sorted(files), chance.randrange(1, 4)):
            lines = files[file]
            place = chance.randrange(len(lines))
            lines[place : place + chance.randrange(3)] = [b"edit %d" % mark, b"}"][: chance.randrange(1, 3)]
            edited[file] = b"\n".join(lines)
        stream += commit(mark, name, parents, edited, at)
        main, side = (mark, side) if name == "main" else (main, mark)
    return fast_import(path, stream)


def all_counts(repo: Repo) -> dict[str, Counted]:
    """What git counts for all commits of all branches, in two passes."""
    stats: dict[str, list[tuple[str, str]]] = {}
    for block in repo.git("log", "--branches", "--numstat", "--no-renames", "--format=%x01%H").split("\x01")[1:]:
        sha, *lines = block.strip().split("\n")
        stats[sha] = [(line.split("\t")[0], line.split("\t")[1]) for line in lines if line]
    hunks: dict[str, list[int]] = {}
    for block in repo.git("log", "--branches", "-p", "-U0", "--no-renames", "--format=%x01%H").split("\x01")[1:]:
        sha, _, patch = block.partition("\n")
        found = [HUNK.match(line) for line in patch.split("\n")]
        hunks[sha] = [max(int(hunk[1] or 1), int(hunk[2] or 1)) for hunk in found if hunk]
    return {
        sha: Counted(
            files=len(lines),
            binary_files=sum(added == "-" for added, _ in lines),
            insertions=sum(int(added) for added, _ in lines if added != "-"),
            deletions=sum(int(gone) for added, gone in lines if added != "-"),
            hunks=len(hunks[sha]),
            haloc=sum(hunks[sha]),
        )
        for sha, lines in stats.items()
    }


def read_apart(repo: Repo):
    """Read it all in another process."""
    with serving(web=repo.path) as server:
        command = [sys.executable, "-m", "tests.ado.reading", server.url, *repo.tips()]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    result = json.loads(done.stdout)
    print({name: value for name, value in result.items() if name != "lines"})  # noqa: T201 - figures for the log
    return result


def test_five_thousand_commits_count_as_git_counts_them(tmp_path):
    repo = large_history(tmp_path / "web")
    result = read_apart(repo)
    merges = set(repo.git("rev-list", "--branches", "--min-parents=2").split())
    expected = all_counts(repo)
    assert len(expected) == 5_000
    assert {sha for sha, lines in result["lines"].items() if lines is None} == merges
    found = {
        sha: Counted(*(lines[name] for name in Counted._fields)) for sha, lines in result["lines"].items() if lines
    }
    assert found == {sha: counted for sha, counted in expected.items() if sha not in merges}
    assert result["rss"] < 400 * MEGABYTE


@pytest.mark.parametrize("ending", ["png", "dat"])
def test_large_binaries_stay_within_the_bounds_of_memory_and_disk(tmp_path, ending):
    stream, chance = [], random.Random(5)
    for mark in range(1, 22):
        files = {f"big{mark % 9}.{ending}": b"\0" + chance.randbytes(10 * MEGABYTE), "a.txt": b"%d\n" % mark}
        stream += commit(mark, "main", [mark - 1] if mark > 1 else [], files, T0 + mark * 86_400)
    repo = fast_import(tmp_path / "web", stream)
    repo.git("config", "core.bigFileThreshold", "1m")
    result = read_apart(repo)
    assert {lines["insertions"] for lines in result["lines"].values()} == {1}
    assert all(lines["binary_files"] + lines["large_files"] == 1 for lines in result["lines"].values())
    assert result["rss"] < 400 * MEGABYTE
    assert result["disk"] < 100 * MEGABYTE
    if ending == "png":
        assert result["received"] < MEGABYTE


def test_a_file_that_inflates_to_a_gigabyte_is_not_held(tmp_path):
    files = {"zeros.csv": b"0," * (512 * MEGABYTE), "a.txt": b"1\n"}
    result = read_apart(fast_import(tmp_path / "web", commit(1, "main", [], files, T0)))
    (lines,) = result["lines"].values()
    assert (lines["large_files"], lines["insertions"]) == (1, 1)
    assert result["rss"] < 400 * MEGABYTE
