from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.flow.projects import TicketProject
from shared.flow.pull_requests import PullRequest
from shared.flow.repos import Repo
from shared.mapping.pull_requests import to_pull_request
from shared.streams.catalog import STREAMS
from tests.mapping.examples import READ_AT, pull_request
from tests.streams.playing import NOW, Refused

REPOS = STREAMS["repos"]
PROJECT = "11111111-0000-4000-8000-000000000001"
GONE_AT = datetime(2026, 2, 20, 8, tzinfo=UTC)


def _repo(number, **changes):
    return {
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "name": f"repo{number}",
        "project": {"id": PROJECT, "name": "One", "visibility": "private"},
        "defaultBranch": "refs/heads/main",
        "size": 100,
        "remoteUrl": f"https://fabrikam@dev.azure.com/fabrikam/One/_git/repo{number}",
        "webUrl": f"https://dev.azure.com/fabrikam/One/_git/repo{number}",
    } | changes


@pytest.fixture
def source(ado, runner):
    world = {"listed": [_repo(1), _repo(2)], "bin": []}
    runner.stored.put(TicketProject(integration_id="i", id=PROJECT, name="One"))
    ado.on("_apis/git/repositories", lambda **_: world["listed"])
    ado.on(f"{PROJECT}/_apis/git/recycleBin/repositories", lambda **_: world["bin"])
    ado.on(f"_apis/projects/{PROJECT}", {"id": PROJECT})
    return world


def _delete(source, number):
    source["listed"] = [repo for repo in source["listed"] if repo["id"] != _repo(number)["id"]]
    source["bin"] = [{"id": _repo(number)["id"], "deletedDate": "2026-02-20T08:00:00Z"}]


def _pull_request(number=1):
    item = pull_request(status="completed", closedDate="2026-02-01T00:00:00Z", closedBy={"id": PROJECT})
    item["repository"]["id"] = _repo(number)["id"]
    return to_pull_request(item, [], integration_id="i", repo_page="https://x", read_at=READ_AT).pull_request


def test_one_request_stores_all_and_a_quiet_sync_writes_nothing(runner, source, ado):
    runner.run(REPOS)
    assert sorted(repo.name for repo in runner.stored.all(Repo)) == ["repo1", "repo2"]
    runner.run(REPOS)
    assert runner.written() == []
    assert ado.count() == 2


def test_a_rename_keeps_the_row_and_the_customers_choice(runner, source):
    runner.run(REPOS)
    runner.stored.put(replace(runner.stored.by_id(Repo)[_repo(1)["id"]], is_imported=False))
    source["listed"] = [_repo(1, name="renamed"), _repo(2)]
    runner.run(REPOS)
    assert [(r.id, r.name, r.is_imported) for r in runner.written()] == [(_repo(1)["id"], "renamed", False)]


def test_a_repo_in_the_bin_is_a_tombstone_with_its_time(runner, source):
    runner.run(REPOS)
    _delete(source, 1)
    runner.run(REPOS)
    gone = runner.stored.by_id(Repo)[_repo(1)["id"]]
    assert (gone.is_deleted, gone.deleted_at) == (True, GONE_AT)
    runner.run(REPOS)
    assert runner.written() == []


def test_a_missing_repo_without_proof_is_kept(runner, source):
    runner.run(REPOS)
    source["listed"] = []
    runner.run(REPOS)
    assert runner.written() == []


def test_a_bin_that_cannot_be_read_proves_nothing(runner, source, ado):
    def refuse(query):
        raise Refused(404, "TF200016: The following project does not exist")

    runner.run(REPOS)
    source["listed"] = [_repo(2)]
    ado.on(f"{PROJECT}/_apis/git/recycleBin/repositories", refuse)
    runner.run(REPOS)
    assert runner.written() == []


def test_a_deleted_project_takes_its_repos_along(runner, source, ado):
    runner.run(REPOS)
    source["listed"] = []
    runner.stored.put(TicketProject(integration_id="i", id=PROJECT, name="One", is_deleted=True, deleted_at=GONE_AT))
    runner.run(REPOS)
    assert [(repo.is_deleted, repo.deleted_at) for repo in runner.written()] == [(True, GONE_AT)] * 2
    assert ado.count("recycleBin") == 0


def test_the_pull_requests_of_a_deleted_repo_are_deleted_before_it_and_restored_with_it(runner, source):
    runner.run(REPOS)
    runner.stored.put(_pull_request())
    _delete(source, 1)
    runner.run(REPOS)
    assert [type(entity) for entity in runner.written()] == [PullRequest, Repo]
    row = runner.stored.by_id(PullRequest)[_pull_request().id]
    assert (row.state, row.is_deleted, row.deleted_at, row.ado_status) == ("deleted", True, GONE_AT, "completed")
    source |= {"listed": [_repo(1), _repo(2)], "bin": []}
    runner.run(REPOS)
    back = runner.stored.by_id(PullRequest)[_pull_request().id]
    assert back == replace(_pull_request(), read_at=NOW)
    assert not runner.stored.by_id(Repo)[_repo(1)["id"]].is_deleted


def test_a_disabled_repo_is_noted_until_it_is_enabled(runner, source):
    source["listed"] = [_repo(1, isDisabled=True)]
    runner.run(REPOS)
    assert runner.skips == {("repos", _repo(1)["id"]): "repo_disabled"}
    assert runner.stored.by_id(Repo)[_repo(1)["id"]].blocked
    source["listed"] = [_repo(1)]
    runner.run(REPOS)
    assert runner.skips == {}


@pytest.mark.parametrize(
    ("capabilities", "is_tfvc"),
    [
        ({"sourceControlType": "Tfvc", "gitEnabled": "False", "tfvcEnabled": "True"}, True),
        ({"sourceControlType": "Tfvc"}, True),
        ({"sourceControlType": "Git", "gitEnabled": "True"}, False),
        ({}, False),
    ],
)
def test_a_project_without_a_repo_is_asked_once_what_it_has(runner, source, ado, capabilities, is_tfvc):
    source["listed"] = []
    ado.on(f"_apis/projects/{PROJECT}", {"id": PROJECT, "capabilities": {"versioncontrol": capabilities}})
    runner.run(REPOS)
    runner.run(REPOS)
    assert runner.skips == ({("repos", PROJECT): "tfvc"} if is_tfvc else {})
    assert ado.count("_apis/projects") == 1
    source["listed"] = [_repo(1)]
    runner.run(REPOS)
    assert runner.skips == {}
