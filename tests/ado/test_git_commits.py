"""Commits read over a real git server, held against the git binary."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from shared.ado.git import GitRemote
from shared.ado.git_commits import CommitReader, NewCommits
from shared.ado.git_objects import ObjectFolder
from tests.ado import git_repos
from tests.ado.git_repos import Counted, git_counts
from tests.ado.git_server import client_of, serving

ROLE = ("name", "email", "seconds")
REPOS = [git_repos.odd_files, git_repos.branches, git_repos.forced]


def read(server, tips, *, known=(), since=0, anchors=(), done=frozenset(), filters=True, rework_days=30):
    """All that a reader gives, by sha."""
    client = client_of(server)
    remote = GitRemote(client, "Shop", "web")
    with ObjectFolder(remote) as folder:
        asked = NewCommits(tips, known, anchors, since, rework_days, done)
        reader = CommitReader(folder, asked, filters=filters)
        found = [one for lot in reader.counted() for one in lot]
    client.close()
    assert len({one.commit.sha for one in found}) == len(found)
    return {one.commit.sha: one for one in found}


def counts(found):
    return {
        sha: Counted(*(getattr(one.lines, name) for name in Counted._fields))
        for sha, one in found.items()
        if one.lines is not None
    }


@pytest.fixture(scope="module", params=REPOS, ids=lambda make: make.__name__)
def repo(request, tmp_path_factory):
    return request.param(tmp_path_factory.mktemp("git") / "web")


@pytest.fixture
def server(repo):
    with serving(web=repo.path) as server:
        yield server


@pytest.mark.parametrize(("version", "filters"), [(0, True), (2, True), (0, False), (2, False)])
def test_every_count_is_gits(repo, server, version, filters):
    server.version = version
    found = read(server, repo.tips(), filters=filters)
    merges = set(repo.git("rev-list", "--branches", "--min-parents=2").split())
    expected = git_counts(repo)
    assert found.keys() == expected.keys()
    assert counts(found) == {sha: count for sha, count in expected.items() if sha not in merges}
    assert {sha for sha, one in found.items() if one.lines_reason == "merge"} == merges
    assert all((one.lines is None) == (one.lines_reason is not None) for one in found.values())
    assert all((one.ages is None) == (one.ages_reason is not None) for one in found.values())


def test_who_and_when_and_what_was_said_is_gits(repo, server):
    found = read(server, repo.tips())
    form = "%H%x00%T%x00%P%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%ct%x00%ad%x00%B%x01"
    for record in repo.git("log", "--branches", f"--format={form}", "--date=format:%z").split("\x01")[:-1]:
        sha, tree, parents, *who, message = record.strip("\n").split("\0")
        commit = found[sha].commit
        signed = [str(getattr(role, name)) for role in (commit.author, commit.committer) for name in ROLE]
        assert [commit.tree, " ".join(commit.parents), *signed] == [tree, parents, *who[:6]]
        sign = "-" if commit.author.offset < 0 else "+"
        minutes = abs(commit.author.offset) // 60
        assert f"{sign}{minutes // 60:02d}{minutes % 60:02d}" == who[6]
        assert commit.message.strip() == message.strip()


def test_the_ages_of_a_commit_add_up_to_its_haloc(repo, server):
    for one in read(server, repo.tips()).values():
        if one.ages:
            ages = one.ages
            assert ages.added + ages.own_recent + ages.others_recent + ages.old == one.lines.haloc


@pytest.mark.parametrize("filters", [True, False])
def test_ages_are_those_of_git_blame(tmp_path, filters):
    repo = git_repos.branches(tmp_path / "web")
    with serving(web=repo.path) as server:
        found = read(server, repo.tips(), filters=filters)
    replacing = {sha: one for sha, one in found.items() if one.ages and one.lines.deletions}
    assert {sha: ages_of(one) for sha, one in replacing.items()} == {sha: blamed(repo, sha) for sha in replacing}
    assert all(map(sum, zip(*(ages_of(one) for one in replacing.values()), strict=True)))


def ages_of(one):
    return one.ages.own_recent, one.ages.others_recent, one.ages.old


def blamed(repo, sha):
    """Replaced lines by ``git blame`` of the parent: own and others' of the last 30 days, older ones."""
    patch = repo.git("log", "-1", "-p", "-U0", "--no-renames", "--format=%at %ae", sha)
    head, *files = patch.split("\ndiff --git ")
    now, me = head.split()[:2]
    own = others = old = 0
    for file in files:
        name = next((line[6:] for line in file.split("\n") if line.startswith("--- a/")), "")
        for line in file.split("\n"):
            if not name or not line.startswith("@@"):
                continue
            start, _, count = line.split()[1][1:].partition(",")
            if count == "0":
                continue
            span = f"-L{start},+{count or 1}"
            blame = repo.git("blame", "--line-porcelain", span, f"{sha}^", "--", name).split("\n")
            times = [int(text.split()[1]) for text in blame if text.startswith("author-time ")]
            mails = [text.split()[1].strip("<>") for text in blame if text.startswith("author-mail ")]
            for time, mail in zip(times, mails, strict=True):
                recent = int(now) - time < 30 * 86_400
                own, others, old = own + (recent and mail == me), others + (recent and mail != me), old + (not recent)
    return own, others, old


def test_nothing_is_left_on_disk(repo, server, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    client = client_of(server)
    remote = GitRemote(client, "Shop", "web")
    with ObjectFolder(remote) as folder:
        reader = CommitReader(folder, NewCommits(repo.tips(), (), (), 0, 30), filters=True)
        lots = reader.counted()
        assert isinstance(lots, Generator)
        next(lots)
        assert [*tmp_path.iterdir()] != []
        lots.close()
    assert [*tmp_path.iterdir()] == []
    client.close()
