"""Line differences, held against ``git diff``."""

from __future__ import annotations

import random
import re
import subprocess
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis.strategies import lists, sampled_from

from shared.ado import shortest_edit
from shared.ado.line_counts import add_up, file_lines, is_binary, is_named_binary, lines_of
from shared.ado.line_diff import hunks
from shared.ado.line_indents import BLANK, DEEPEST, indent_of
from shared.ado.shortest_edit import DiffTooCostlyError

HUNK = re.compile(rb"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
LINES = [b"\n", b"}\n", b"\treturn\n", b"    x = 1\n", b"if a:\n", b"\t\tb\n", b"c\n", b"  \n"]


def rebuilt(old, new, found):
    """The new lines, made from the old ones and the hunks."""
    made, at = [], 0
    for hunk in found:
        made += old[at : hunk.old] + new[hunk.new : hunk.new + hunk.added]
        at = hunk.old + hunk.removed
    return made + old[at:]


@given(old=lists(sampled_from(LINES), max_size=40), new=lists(sampled_from(LINES), max_size=40))
def test_the_hunks_make_the_new_file_from_the_old_one(old, new):
    found = hunks(old, new)
    assert rebuilt(old, new, found) == new
    # Hunks never touch, and each changes something.
    assert all(a.old + a.removed < b.old for a, b in pairwise(found))
    assert all(hunk.removed or hunk.added for hunk in found)
    assert (found == []) == (old == new)


def git_hunks(folder, old, new):
    (folder / "a").write_bytes(b"".join(old))
    (folder / "b").write_bytes(b"".join(new))
    command = ["git", "diff", "--no-index", "-U0", "--diff-algorithm=myers", "a", "b"]
    patch = subprocess.run(command, cwd=folder, capture_output=True).stdout
    found = []
    for match in HUNK.finditer(patch):
        old_at, old_count, new_at, new_count = (int(number or b"1") for number in match.groups())
        # A side without lines is named by the line before it.
        found.append((old_at - (old_count > 0), old_count, new_at - (new_count > 0), new_count))
    return found


def edited(chance, length, words):
    """A file and what some edits made of it: lines removed, added, replaced, copied from elsewhere in it."""
    old = [chance.choice(LINES) if chance.random() < 0.2 else b"%d\n" % chance.randrange(words) for _ in range(length)]
    new = list(old)
    for _ in range(chance.choice([1, 3, 10, length])):
        at = chance.randrange(len(new) + 1)
        copied = new[at : at + chance.randrange(9)]
        fresh = [b"\t%d\n" % chance.randrange(words) for _ in range(chance.randrange(6))]
        to = chance.randrange(len(new) + 1)
        new[to : to + chance.randrange(4)] = chance.choice([copied, fresh, []])
    return old, new


@pytest.mark.parametrize("seed", range(8))
def test_hunks_are_gits(tmp_path, seed):
    chance = random.Random(seed)
    for length in (3, 10, 40, 200, 1000):
        for words in (2, 5, 30, 1000):
            old, new = edited(chance, length, words)
            assert [tuple(hunk) for hunk in hunks(old, new)] == git_hunks(tmp_path, old, new)


@pytest.mark.parametrize(("length", "words"), [(2000, 20), (2000, 300), (3000, 3000)])
def test_counts_of_files_with_little_in_common_are_gits(tmp_path, length, words):
    chance = random.Random(length + words)
    old, new = ([b"%d\n" % chance.randrange(words) for _ in range(length)] for _ in range(2))
    assert [tuple(hunk) for hunk in hunks(old, new)] == git_hunks(tmp_path, old, new)


def test_a_comparison_that_costs_too_much_is_given_up_and_marked(monkeypatch):
    monkeypatch.setattr(shortest_edit, "MAX_STEPS", 1000)
    chance = random.Random(1)
    old, new = ([b"%d\n" % chance.randrange(50) for _ in range(500)] for _ in range(2))
    with pytest.raises(DiffTooCostlyError):
        hunks(old, new)
    assert file_lines(b"".join(old), b"".join(new)).kind == "large"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", []),
        (b"a", [b"a\n"]),
        (b"a\n", [b"a"]),
        (b"a\r\nb\rc\n\n", [b"a\r", b"b\rc", b""]),
    ],
)
def test_only_a_line_feed_ends_a_line(content, expected):
    assert lines_of(content) == expected


@pytest.mark.parametrize(
    ("content", "expected"), [(b"", False), (b"a\0", True), (b"a" * 7999 + b"\0", True), (b"a" * 8000 + b"\0", False)]
)
def test_a_nul_among_the_first_bytes_makes_a_file_binary(content, expected):
    assert is_binary(content) is expected


@pytest.mark.parametrize(
    ("path", "expected"), [(b"a/b.PNG", True), (b"png", False), (b"a.svg", False), (b"x.tar.gz", True), (b".zip", True)]
)
def test_some_endings_say_binary(path, expected):
    assert is_named_binary(path) is expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"a", 0),
        (b"  a\n", 2),
        (b"\ta", 8),
        (b"  \ta", 8),
        (b" \r\n", BLANK),
        (b"", BLANK),
        (b" " * 300 + b"a", DEEPEST),
    ],
)
def test_indentation_is_counted_in_columns(line, expected):
    assert indent_of(line) == expected


def test_counts_add_up_over_files():
    files = [file_lines(b"1\n2\n3\n", b"1\nzwei\ndrei\n3\n"), file_lines(None, b"new\n"), file_lines(b"\0", b"x")]
    counts = add_up(files)
    assert (counts.files, counts.binary_files, counts.insertions, counts.deletions) == (3, 1, 3, 1)
    assert (counts.hunks, counts.haloc) == (2, 3)
