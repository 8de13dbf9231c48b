"""Commits of a repo that cannot be read over git as it should be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.ado.endpoints import git
from shared.ado.paging import SkipTop
from shared.errors import TransientError
from shared.flow.commits import Commit
from shared.streams.catalog import STREAMS
from tests.streams.forge import REPO_ID, forge
from tests.streams.playing import NOW

COMMITS = STREAMS["commits"]
DAY = 86_400
T0 = int(NOW.timestamp())


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


def refuse_filters(hub):
    """A server that says it can filter, and will not."""

    def answer(handler):
        if hub.answer(handler):
            return True
        if handler.command == "POST" and b"filter " in hub.server.bodies[-1].partition(b"want ")[2].partition(b"\n")[2]:
            body = b"0036ERR filtering not recognized by this server today\n"
            handler.send(200, body, "application/x-git-upload-pack-result")
            return True
        return False

    hub.server.answer = answer


def refuse_git(status=403):
    def refuse(hub):
        def answer(handler):
            if hub.answer(handler):
                return True
            handler.send(
                status, b'{"message": "TF401019: no", "typeKey": "GitRepositoryNotFoundException"}', "application/json"
            )
            return True

        hub.server.answer = answer

    return refuse


def test_a_server_that_refuses_filters_is_read_whole(hub):
    first = hub.work.commit({"a": b"1\n2\n"})
    hub.push()
    refuse_filters(hub)
    assert run(hub)[first].insertions == 2
    second = hub.work.commit({"a": b"1\n"})
    hub.push()
    row = run(hub)[second]
    assert (row.lines, row.deletions) == ("computed", 1)
    assert (row.work_types, row.work_types_reason) == ("not_computed", "history_not_read")


def test_where_git_is_refused_rest_tells_of_the_commits(hub):
    for number in range(5):
        hub.work.commit({"a": b"%d\n" % number})
    hub.push()
    refuse_git()(hub)
    rows = run(hub)
    assert rows.keys() == all_of(hub)
    assert {(row.lines, row.lines_reason, row.work_types_reason) for row in rows.values()} == {
        ("not_computed", "git_unavailable", "git_unavailable")
    }
    assert {row.files for row in rows.values()} == {None}
    hub.work.commit({"a": b"again\n"})
    hub.push()
    assert len(run(hub)) == 6
    assert sum(batch.read for batch in hub.runner.batches) == 1


def test_a_branch_of_long_ago_that_is_merged_now_is_found_behind_what_is_known(hub, monkeypatch):
    """REST lists by date: pages of known commits come before those of the branch."""
    monkeypatch.setattr(git, "COMMITS", replace(git.COMMITS, paging=SkipTop(page_size=2)))
    base = hub.work.commit({"a": b"0\n"})
    began = hub.work.clock
    for number in range(6):
        hub.work.commit({"a": b"%d\n" % number}, at=began + (number + 1) * DAY)
    hub.push()
    refuse_git()(hub)
    assert len(run(hub)) == 7
    now, main = hub.work.clock, hub.work.git("symbolic-ref", "--short", "HEAD").strip()
    hub.work.git("checkout", "-q", "-b", "long-lived", base)
    late = [hub.work.commit({"b": b"%d\n" % number}, at=began + 60 * number) for number in (1, 2, 3)]
    hub.work.git("checkout", "-q", main)
    hub.work.clock = now
    hub.work.merge("long-lived")
    hub.work.git("branch", "-q", "-D", "long-lived")
    hub.push()
    rows = run(hub)
    assert rows.keys() == all_of(hub)
    assert set(late) <= rows.keys()
    assert sum(batch.read for batch in hub.runner.batches) == 4


def test_what_was_counted_keeps_its_lines_when_git_is_refused_later(hub):
    first = hub.work.commit({"a": b"1\n"})
    hub.push()
    run(hub)
    refuse_git()(hub)
    hub.runner.watermarks.clear()
    assert run(hub)[first].lines == "computed"


def test_too_large_a_repository_is_told_by_rest(hub, monkeypatch):
    monkeypatch.setattr("shared.ado.git._OVERHEAD_BYTES", 0)
    monkeypatch.setattr("shared.ado.git_commits.MAX_GRAPH_BYTES", 10)
    monkeypatch.setattr("shared.ado.git_objects.MAX_PACK_BYTES", 10)
    monkeypatch.setattr("shared.ado.git_objects.ObjectFolder.fetch.__kwdefaults__", {"max_bytes": 10})
    first = hub.work.commit({"a": b"1\n"})
    hub.push()
    assert run(hub)[first].lines_reason == "too_large"


def test_branches_that_move_while_they_are_read_are_read_again_later(hub):
    hub.work.commit({"a": b"1\n"})
    hub.push()
    answered = []

    def answer(handler):
        answered.append(handler.path)
        if handler.command == "POST":
            hub.work.commit({"a": b"%d\n" % len(answered)})
            hub.push()
            handler.send(200, b"0013ERR not our ref", "application/x-git-upload-pack-result")
            return True
        return hub.answer(handler)

    hub.server.answer = answer
    with pytest.raises(TransientError):
        run(hub)
