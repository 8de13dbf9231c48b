"""Git itself against the model: clones by the real ``git``, and the same commits over REST."""

from __future__ import annotations

import base64
import os
import subprocess
from urllib.parse import quote

import pytest

from local.fake_ado import mutate, urls
from local.fake_ado.generate import make_organization
from local.fake_ado.git_repository import bare_repository, git
from local.fake_ado.testing import start_fake
from tests.local.fake_ado.data.conftest import NOW


def run(folder, *arguments, token=None):
    header = base64.b64encode(f":{token}".encode()).decode()
    options = ["-c", f"http.extraHeader=Authorization: Basic {header}"] if token else []
    environment = {
        **os.environ,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    return subprocess.run(
        ["git", *options, *arguments], cwd=folder, capture_output=True, text=True, env=environment, timeout=60
    )


def url(fake, organization, repository):
    return urls.repository_page(organization, repository).replace("https://", f"{fake.url}/", 1)


def _commits(folder):
    return set(run(folder, "rev-list", "--all").stdout.split())


def _expected(organization, repository):
    history = organization.histories[repository.id]
    return {commit.sha for commit in history.reachable(history.refs.values())}


@pytest.fixture(scope="module")
def own():
    organization = make_organization("demo", 4, "tiny", NOW)
    with start_fake([organization]) as running:
        yield running, organization


def test_a_clone_has_exactly_the_commits_and_refs_of_the_model(own, tmp_path):
    fake, organization = own
    for place, repository in enumerate(organization.repositories.values()):
        folder = tmp_path / str(place)
        done = run(tmp_path, "clone", "--mirror", url(fake, organization, repository), str(folder), token=fake.token())
        assert done.returncode == 0, done.stderr
        assert _commits(folder) == _expected(organization, repository)
        refs = dict(line.split()[::-1] for line in run(folder, "show-ref").stdout.splitlines())
        assert refs == organization.histories[repository.id].refs
        assert run(folder, "fsck", "--strict").returncode == 0


def test_a_fetch_after_changes_brings_what_is_new(tmp_path):
    organization = make_organization("demo", 6, "tiny", NOW)
    repository = next(iter(organization.repositories.values()))
    with start_fake([organization]) as fake:
        address = url(fake, organization, repository)
        run(tmp_path, "clone", "--mirror", address, "copy", token=fake.token())
        before = _commits(tmp_path / "copy")
        kinds = ["commit_pushed", "pull_request_created", "pull_request_pushed", "pull_request_completed"]
        mutate.mutate(organization, 1, 20, kinds)
        done = run(tmp_path / "copy", "fetch", "--prune", "origin", token=fake.token())
        assert done.returncode == 0, done.stderr
        assert before < _commits(tmp_path / "copy")
        assert _commits(tmp_path / "copy") >= _expected(organization, repository)


def test_a_blobless_clone_works_and_one_since_a_date_does_not(own, tmp_path):
    fake, organization = own
    repository = next(iter(organization.repositories.values()))
    address = url(fake, organization, repository)
    done = run(tmp_path, "clone", "--bare", "--filter=blob:none", address, "blobless", token=fake.token())
    assert done.returncode == 0, done.stderr
    assert _commits(tmp_path / "blobless")
    missing = run(tmp_path / "blobless", "rev-list", "--objects", "--all", "--missing=print").stdout
    assert any(line.startswith("?") for line in missing.splitlines())
    done = run(tmp_path, "clone", "--depth", "1", address, "shallow", token=fake.token())
    assert done.returncode == 0, done.stderr
    done = run(tmp_path, "clone", "--shallow-since=2026-01-01", address, "since", token=fake.token())
    assert "Server does not support --shallow-since" in done.stderr


def test_git_asks_for_a_credential_and_a_scope(own, tmp_path):
    fake, organization = own
    address = url(fake, organization, next(iter(organization.repositories.values())))
    for token in (None, "nonsense", fake.token("no_code"), fake.token("expired")):
        assert run(tmp_path, "ls-remote", address, token=token).returncode != 0
    assert run(tmp_path, "ls-remote", address, token=fake.token()).returncode == 0


def test_a_disabled_repository_is_gone_and_pushing_is_refused(tmp_path):
    organization = make_organization("demo", 8, "tiny", NOW)
    repository = next(iter(organization.repositories.values()))
    with start_fake([organization]) as fake:
        address = url(fake, organization, repository)
        run(tmp_path, "clone", address, "copy", token=fake.token())
        done = run(tmp_path / "copy", "push", "origin", "HEAD:refs/heads/mine", token=fake.token())
        assert "403" in done.stderr
        repository.is_disabled = True
        assert "not found" in run(tmp_path, "ls-remote", address, token=fake.token()).stderr


def test_the_log_is_that_of_the_commits_list(made, reader):
    repository = next(one for one in made.repositories.values() if one.default_branch)
    path = bare_repository(made, repository)
    lines = git(path, "log", "--format=%H %P|%an|%ae|%ct", "refs/heads/main").decode().splitlines()
    logged = {line.split(" ")[0]: line for line in lines}
    rows = reader.get(f"_apis/git/repositories/{repository.id}/commits?searchCriteria.$top=1000").values()
    assert {row["commitId"] for row in rows} == set(logged)
    dates = [row["committer"]["date"] for row in rows]
    assert dates == sorted(dates, reverse=True)
    single = reader.get(f"_apis/git/repositories/{repository.id}/commits/{rows[0]['commitId']}").json()
    sha, _, rest = logged[single["commitId"]].partition(" ")
    parents, name, mail, _ = rest.split("|")
    assert (single["commitId"], single["parents"]) == (sha, parents.split())
    assert (single["author"]["name"], single["author"]["email"]) == (name, mail)
    counts = (
        git(path, "show", "--format=", "--name-status", "-m", "--first-parent", "--no-renames", sha).decode().split()
    )
    words = {"Add": "A", "Edit": "M", "Delete": "D"}
    assert single["changeCounts"] == {word: counts.count(letter) for word, letter in words.items()}


def test_commits_can_be_narrowed(made, reader):
    repository = next(one for one in made.repositories.values() if one.default_branch)
    base = f"_apis/git/repositories/{repository.id}/commits"
    rows = reader.get(f"{base}?searchCriteria.$top=1000").values()
    middle = rows[len(rows) // 2]["committer"]["date"]
    later = reader.get(f"{base}?searchCriteria.fromDate={middle}&searchCriteria.$top=1000").values()
    assert [row["commitId"] for row in later] == [row["commitId"] for row in rows if row["committer"]["date"] >= middle]
    ids = [row["commitId"] for row in rows[3:5]]
    assert [row["commitId"] for row in reader.get(f"{base}?ids={','.join(ids)}").values()] == ids
    body = {"itemVersion": {"versionType": "branch", "version": "main"}, "$skip": 2, "$top": 3}
    batch = reader.post(f"_apis/git/repositories/{repository.id}/commitsbatch", body).values()
    assert [row["commitId"] for row in batch] == [row["commitId"] for row in rows[2:5]]
    assert reader.get(f"{base}?searchCriteria.itemVersion.version=none").status == 404
    tagged = reader.get(f"{base}?itemVersion.version=v1.0&itemVersion.versionType=tag").values()
    assert len(tagged) == 1


def test_pushes_lead_through_the_history_of_a_branch(made, reader):
    repository = next(one for one in made.repositories.values() if one.default_branch)
    history = made.histories[repository.id]
    base = f"_apis/git/repositories/{repository.id}/pushes"
    query = "searchCriteria.includeRefUpdates=true&searchCriteria.refName=refs/heads/main&$top=1000"
    rows = reader.get(f"{base}?{query}").values()
    assert [row["pushId"] for row in rows] == sorted((row["pushId"] for row in rows), reverse=True)
    tip = "0" * 40
    for row in reversed(rows):
        update = next(one for one in row["refUpdates"] if one["name"] == "refs/heads/main")
        assert update["oldObjectId"] == tip
        tip = update["newObjectId"]
    assert tip == history.refs["refs/heads/main"]
    single = reader.get(f"{base}/{rows[0]['pushId']}").json()
    assert tip in [commit["commitId"] for commit in single["commits"]]


def test_refs_are_all_of_them_or_pages(made, reader):
    repository = next(one for one in made.repositories.values() if one.default_branch)
    refs = made.histories[repository.id].refs
    base = f"_apis/git/repositories/{repository.id}/refs"
    assert {row["name"]: row["objectId"] for row in reader.get(base).values()} == refs
    heads = reader.get(f"{base}?filter=heads/").values()
    assert {row["name"] for row in heads} == {name for name in refs if name.startswith("refs/heads/")}
    found, token = [], ""
    while True:
        answer = reader.get(f"{base}?$top=3{f'&continuationToken={quote(token)}' if token else ''}")
        found += [row["name"] for row in answer.values()]
        token = answer.headers.get("x-ms-continuationtoken", "")
        if not token:
            break
    assert found == sorted(refs)
    tags = {row["name"]: row for row in reader.get(f"{base}?filter=tags/&peelTags=true").values()}
    assert "peeledObjectId" not in tags["refs/tags/v0.1-light"]
    annotated = tags["refs/tags/v1.0"]
    tag = reader.get(
        f"{repository.project_id}/_apis/git/repositories/{repository.id}/annotatedtags/{annotated['objectId']}"
    ).json()
    assert tag["taggedObject"]["objectId"] == annotated["peeledObjectId"]


def test_an_empty_repository_has_nothing(made, reader):
    repository = next(one for one in made.repositories.values() if one.default_branch is None)
    base = f"_apis/git/repositories/{repository.id}"
    assert reader.get(f"{base}/commits").values() == []
    assert reader.get(f"{base}/refs").values() == []
    answer = reader.get(f"{base}/stats/branches")
    assert answer.status == 400
    assert "VS403403" in answer.json()["message"]
