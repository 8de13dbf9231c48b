"""Commits of one repo against a real git server: what is stored, what is asked, what is orphaned."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.flow.commits import Commit, KnownTips
from shared.flow.repos import Repo
from shared.streams.catalog import STREAMS
from tests.ado import git_repos
from tests.ado.git_repos import git_counts
from tests.streams.forge import PUSHER, REPO_ID, forge
from tests.streams.playing import NOW

COMMITS = STREAMS["commits"]
DAY = 86_400
T0 = int(NOW.timestamp())
CUT_OFF = int(datetime(2025, 9, 1, 12, tzinfo=UTC).timestamp())


@pytest.fixture
def hub(tmp_path):
    with forge(tmp_path) as made:
        made.work.clock = T0 - 60 * DAY
        yield made


def run(hub, **options):
    """One slice; the commits by sha."""
    hub.asked.clear()
    hub.server.forget()
    hub.runner.run(COMMITS, unit=REPO_ID, name="Shop", **options)
    return stored(hub)


def stored(hub):
    return hub.runner.stored.by_id(Commit)


def all_of(hub):
    return set(hub.hub.git("rev-list", "--branches").split())


def test_all_branches_are_stored_with_everything(hub):
    first = hub.work.commit({"a.txt": b"1\n2\n"}, "first\n\nand why", author="ann", at=T0 - 50 * DAY)
    hub.work.git("checkout", "-q", "-b", "topic")
    second = hub.work.commit({"a.txt": b"1\nzwei\n"}, author="bob", at=T0 - 10 * DAY)
    hub.push()
    rows = run(hub)
    assert rows.keys() == {first, second} == all_of(hub)
    row = rows[second]
    authored = datetime.fromtimestamp(T0 - 10 * DAY, UTC)
    assert (row.author_name, row.author_email, row.author_date, row.author_tzoffset) == (
        "Bob", "bob@example.com", authored, 5400,
    )  # fmt: skip
    assert row.author_local_date == authored + timedelta(seconds=5400)
    assert (row.repo_id, row.parents, row.is_merge, row.is_orphaned) == (REPO_ID, [first], False, False)
    assert (row.files, row.insertions, row.deletions, row.hunks, row.haloc) == (1, 1, 1, 1, 1)
    assert (row.new_work, row.churn, row.help_others, row.legacy_refactor) == (0, 0, 0, 1)
    assert (row.lines, row.work_types, row.rework_days, row.work_type_definition_version) == (
        "computed", "computed", 30, 1,
    )  # fmt: skip
    assert row.url == f"https://dev.azure.com/contoso/Shop/_git/web/commit/{second}"
    assert (row.pushed_by, row.pushed_by_name, rows[first].message) == (PUSHER, "Pia", "first\n\nand why\n")
    assert row.first_pushed_at == datetime.fromtimestamp(T0 - 10 * DAY + 60, UTC)


def test_nothing_new_is_one_request(hub):
    hub.work.commit({"a": b"1\n"})
    hub.push()
    run(hub)
    before = hub.runner.watermarks.copy()
    run(hub)
    assert hub.asked == ["refs"]
    assert hub.runner.written() == []
    assert hub.runner.watermarks == before


def test_an_increment_fetches_only_what_is_new(hub):
    chance = random.Random(1)
    for number in range(30):
        hub.work.commit({f"{number}.txt": b"".join(b"%x\n" % chance.getrandbits(64) for _ in range(500))})
    hub.push()
    run(hub)
    whole = hub.server.bytes_sent()
    new = hub.work.commit({"0.txt": b"new\n" + (hub.work.path / "0.txt").read_bytes()})
    hub.push()
    run(hub)
    assert [type(row) for row in hub.runner.written()] == [Commit, KnownTips]
    assert stored(hub)[new].insertions == 1
    assert hub.server.bytes_sent() < whole / 8
    graph, *_, contents = hub.server.bodies
    assert (graph.count(b"want "), graph.count(b"have ")) == (1, 1)
    # The file that changed, before and after.
    assert (b"filter" in contents.partition(b"\n")[2], contents.count(b"want ")) == (False, 2)


def test_the_age_of_lines_is_known_in_an_increment_too(hub):
    hub.work.commit({"a": b"1\n2\n3\n4\n"}, author="ann", at=T0 - 90 * DAY)
    hub.work.commit({"a": b"1\n2 bob\n3\n4\n"}, author="bob", at=T0 - 8 * DAY)
    hub.work.commit({"a": b"1\n2 bob\n3 ann\n4\n"}, author="ann", at=T0 - 7 * DAY)
    hub.push()
    run(hub, now=NOW - timedelta(days=6))
    last = hub.work.commit({"a": b"one\ntwo\nthree\nfour\n"}, author="ann", at=T0 - 1 * DAY)
    hub.push()
    row = run(hub)[last]
    assert (row.legacy_refactor, row.help_others, row.churn, row.new_work) == (2, 1, 1, 0)


def test_the_threshold_is_the_setting(hub):
    hub.work.commit({"a": b"1\n2\n"}, at=T0 - 50 * DAY)
    last = hub.work.commit({"a": b"1\nzwei\n"}, at=T0 - 10 * DAY)
    hub.push()
    whole = hub.runner.slice
    hub.runner.slice = lambda *given, **named: replace(whole(*given, **named), rework_days=60)
    row = run(hub)[last]
    assert (row.churn, row.legacy_refactor, row.rework_days) == (1, 0, 60)


def test_commits_before_the_window_are_left_out_and_the_ledger_says_so(hub):
    hub.work.commit({"a": b"1\n2\n3\n"}, at=CUT_OFF - 20 * DAY)
    hub.work.commit({"a": b"1\n2\n3\n4\n"}, author="bob", at=CUT_OFF - 2 * DAY)
    inside = hub.work.commit({"a": b"1\nzwei\n3\nvier\n"}, at=CUT_OFF)
    # A clock that goes wrong does not take a commit out of the window.
    skewed = hub.work.commit({"b": b"1\n"}, at=CUT_OFF - 300 * DAY)
    hub.push(at=CUT_OFF + DAY)
    rows = run(hub)
    assert rows.keys() == {inside, skewed}
    assert (rows[inside].churn, rows[inside].help_others) == (1, 1)
    assert hub.runner.skips == {("commits", REPO_ID): "six_month_rule"}
    run(hub)
    assert hub.asked == ["refs"]


def test_a_forced_push_orphans_and_a_restored_branch_brings_back(hub):
    base = hub.work.commit({"a": b"1\n"})
    hub.work.git("checkout", "-q", "-b", "topic")
    gone = hub.work.commit({"a": b"1\n2\n"})
    hub.push()
    assert not run(hub)[gone].is_orphaned
    hub.work.git("reset", "-q", "--hard", base)
    other = hub.work.commit({"b": b"1\n"})
    hub.push()
    rows = run(hub, now=NOW + timedelta(hours=1))
    assert {sha: row.is_orphaned for sha, row in rows.items()} == {base: False, gone: True, other: False}
    assert rows[gone].updated_at == NOW + timedelta(hours=1)
    hub.work.git("branch", "again", gone)
    hub.push(at=T0)
    back = run(hub, now=NOW + timedelta(hours=2))[gone]
    assert not back.is_orphaned
    assert back.first_pushed_at == rows[gone].first_pushed_at < datetime.fromtimestamp(T0, UTC)


def test_a_branch_deleted_after_its_merge_orphans_nothing_and_reads_no_rows(hub):
    hub.work.commit({"a": b"1\n"})
    hub.work.git("checkout", "-q", "-b", "topic")
    hub.work.commit({"a": b"1\n2\n"})
    hub.push()
    run(hub)
    hub.work.git("checkout", "-q", "main")
    merge = hub.work.merge("topic")
    hub.work.git("branch", "-D", "topic")
    hub.push()
    rows = run(hub)
    assert [row.id for row in hub.runner.written() if isinstance(row, Commit)] == [merge]
    assert not any(row.is_orphaned for row in rows.values())
    assert (rows[merge].is_merge, rows[merge].lines, rows[merge].lines_reason) == (True, "not_computed", "merge")


def test_all_branches_gone_orphans_all(hub):
    only = hub.work.commit({"a": b"1\n"})
    hub.push()
    run(hub)
    hub.hub.git("update-ref", "-d", "refs/heads/main")
    assert run(hub)[only].is_orphaned


def test_a_slice_that_ends_early_goes_on_where_it_stopped(hub, monkeypatch):
    monkeypatch.setattr("shared.ado.git_commits.LOT", 3)
    for number in range(10):
        hub.work.commit({"a": b"%d\n" % number})
    hub.push()
    run(hub, stop_after=2)
    assert len(stored(hub)) == 6
    run(hub, now=NOW + timedelta(minutes=1))
    assert sum(batch.read for batch in hub.runner.batches) == 4
    assert stored(hub).keys() == all_of(hub)


def test_what_began_anew_is_the_same(hub):
    git_repos.forced(hub.work.path.parent / "forced")
    hub.work.git("pull", "-q", "--no-rebase", str(hub.work.path.parent / "forced"), "main", **hub.work.who("ann"))
    hub.push()
    first = run(hub)
    hub.runner.watermarks.clear()
    assert run(hub) == first
    assert first.keys() == git_counts(hub.hub).keys()


def test_thousands_of_branches_fit_into_rows(hub):
    first = hub.work.commit({"a": b"1\n"})
    tree = hub.work.head("HEAD^{tree}")
    for number in range(2_100):
        when = f"{T0 - DAY} +0000"
        body = f"tree {tree}\nparent {first}\nauthor A <a@b> {when}\ncommitter A <a@b> {when}\n\n{number}"
        hub.work.add_ref(f"refs/heads/b{number}", body.encode())
    hub.push()
    run(hub)
    assert stored(hub).keys() == all_of(hub)
    assert len(str(hub.runner.watermarks)) < 8_000
    tips = [tip for row in hub.runner.stored.all(KnownTips) for tip in row.tips]
    assert sorted(tips) == sorted(set(tips)) == hub.hub.tips()
    run(hub)
    assert hub.asked.count("refs") == len(hub.asked)


def test_a_disabled_repo_is_skipped_until_it_can_be_read(hub):
    hub.work.commit({"a": b"1\n"})
    hub.push()
    run(hub)
    hub.runner.stored.put(hub.repo_row(is_disabled=True))
    run(hub)
    assert (hub.asked, hub.runner.skips) == ([], {("commits", REPO_ID): "repo_disabled"})
    hub.runner.stored.put(hub.repo_row())
    run(hub)
    assert (hub.asked, hub.runner.skips) == (["refs"], {})


@pytest.mark.parametrize("change", [{"is_deleted": True}, None])
def test_a_repo_that_is_not_there_is_not_asked(hub, change):
    if change is None:
        hub.runner.stored.rows.clear()
    else:
        hub.runner.stored.put(replace(next(hub.runner.stored.all(Repo)), **change))
    run(hub)
    assert hub.asked == []


def test_an_empty_repo_has_no_commits(hub):
    assert run(hub) == {}
    assert hub.asked == ["refs"]
