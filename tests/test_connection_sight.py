"""What the connection test tells of an organisation's content: projects, repositories, and when the token ends."""

from __future__ import annotations

from datetime import timedelta

import pytest

from local.fake_ado import access
from local.fake_ado.named_tokens import named_tokens
from local.fake_ado.testing import start_fake
from shared import checks as ids
from shared.connections import TFVC_LOOKUPS
from shared.probes import AT_ONCE, Probes
from tests.connecting import TODAY, Try


@pytest.fixture
def fake():
    """A fake that a test may change."""
    with start_fake(["contoso"]) as running:
        yield running


def organization(fake):
    return fake.organization("contoso")


def without_git(fake, *projects, tfvc=True):
    """Take the repositories of these projects away."""
    for project in projects:
        project.git_enabled, project.tfvc_enabled = not tfvc, tfvc
    gone = {project.id for project in projects}
    repositories = organization(fake).repositories
    for repository in [one for one in repositories.values() if one.project_id in gone]:
        del repositories[repository.id]


def more_projects(fake, count):
    """Projects without Git, as many as wanted."""
    from dataclasses import replace
    from uuid import UUID

    projects = organization(fake).projects
    some = next(iter(projects.values()))
    made = [replace(some, id=str(UUID(int=n + 1)), name=f"Empty {n:02d}") for n in range(count)]
    projects.update({project.id: project for project in made})
    return made


def test_an_organization_with_tfvc_alone_connects_with_every_project_named(fake):
    projects = list(organization(fake).projects.values())
    without_git(fake, *projects)
    tried = Try(fake)
    assert (tried.outcome, tried.checks[ids.CODE].status) == ("connected", "passed")
    check = tried.checks[ids.GIT_REPOS]
    assert (check.status, "Move the code" in check.remedy) == ("warning", True)
    visible = [project.name for project in projects if project.state == "wellFormed"]
    assert all(name in check.detail for name in visible)


def test_a_project_that_has_nothing_at_all_is_no_tfvc_project(fake):
    project = next(iter(organization(fake).projects.values()))
    without_git(fake, project, tfvc=False)
    tried = Try(fake)
    assert (tried.checks[ids.GIT_REPOS].status, project.name in tried.checks[ids.GIT_REPOS].detail) == ("passed", False)


@pytest.mark.parametrize("count", [TFVC_LOOKUPS, TFVC_LOOKUPS + 5])
def test_so_many_projects_without_git_are_looked_at_and_the_rest_is_said(fake, count):
    without_git(fake, *more_projects(fake, count))
    fake.clear_requests()
    tried = Try(fake)
    lookups = [n for route, n in fake.requests()["by_route"].items() if route.endswith("_apis/projects/{project}")]
    assert sum(lookups) == TFVC_LOOKUPS
    rest = f"not looked at for TFVC: {count - TFVC_LOOKUPS}"
    assert (rest in tried.checks[ids.GIT_REPOS].detail) == (count > TFVC_LOOKUPS)


def test_nothing_is_looked_up_where_every_project_has_git(fake):
    with_git = {one.project_id for one in organization(fake).repositories.values()}
    projects = organization(fake).projects
    for id_ in projects.keys() - with_git:
        del projects[id_]
    fake.clear_requests()
    Try(fake)
    assert not [route for route in fake.requests()["by_route"] if route.endswith("_apis/projects/{project}")]


def test_an_empty_organization_is_told_from_an_account_without_access(fake):
    organization(fake).projects.clear()
    empty, blind = Try(fake).checks[ids.PROJECT_READER], Try(fake, "reader").checks[ids.PROJECT_READER]
    assert (empty.status, "is empty" in empty.detail) == ("failed", True)
    assert (blind.status, blind.detail) == ("failed", "The account can read no project.")


def test_a_project_in_which_the_account_is_no_reader_is_named(fake):
    reader = named_tokens(organization(fake))["reader"].identity_id
    project = next(one for one in organization(fake).projects.values() if one.state == "wellFormed")
    organization(fake).denials.setdefault(reader, set()).add((access.GIT, f"repoV2/{project.id}", 2))
    tried = Try(fake, "reader")
    check = tried.checks[ids.PROJECT_READER]
    assert (tried.outcome, check.status) == ("connected", "warning")
    assert check.detail.endswith(f"{project.name}.")
    assert "Readers of each project" in check.remedy


def test_rights_that_cannot_be_asked_about_are_no_missing_rights(fake):
    fake.set_fault("permissionevaluationbatch", status=500, times=None)
    assert Try(fake, "reader").checks[ids.PROJECT_READER].status == "passed"


def test_disabled_repositories_are_named(fake):
    repository = next(iter(organization(fake).repositories.values()))
    repository.is_disabled = True
    assert repository.name in Try(fake).checks[ids.GIT_REPOS].detail


def test_a_date_in_the_past_is_told_from_a_token_that_has_expired(fake):
    yesterday = TODAY - timedelta(days=1)
    works = Try(fake, expires_on=yesterday)
    assert (works.outcome, works.checks[ids.TOKEN_EXPIRY].status) == ("connected", "warning")
    assert "Verify the date" in works.checks[ids.TOKEN_EXPIRY].remedy
    refused = Try(fake, "revoked", expires_on=yesterday)
    assert refused.failed == [ids.CREDENTIALS, ids.TOKEN_EXPIRY]
    assert yesterday.isoformat() in refused.checks[ids.TOKEN_EXPIRY].detail


def test_a_date_to_come_is_no_reason_of_a_refusal(fake):
    refused = Try(fake, "revoked", expires_on=TODAY + timedelta(days=40))
    assert refused.checks[ids.TOKEN_EXPIRY].status == "skipped"


@pytest.mark.parametrize("path", ["_apis/identities", "graph/subjectlookup"])
def test_an_address_is_not_refused_while_some_of_them_cannot_be_read(fake, path):
    owner = organization(fake).identities[named_tokens(organization(fake))["good"].identity_id]
    owner.mail = "mail@contoso.example"
    fake.set_fault(path, status=429, headers={"Retry-After": "9"}, times=None)
    tried = Try(fake, email="another@contoso.example")
    assert (tried.outcome, tried.checks[ids.EMAIL].status) == ("error", "failed")
    assert "another account" not in tried.checks[ids.EMAIL].detail


def test_the_address_that_the_sign_in_knows_needs_no_further_look(fake):
    fake.set_fault("graph/subjectlookup", status=500, times=None)
    assert Try(fake).checks[ids.EMAIL].status == "passed"


def test_however_much_there_is_to_ask_four_answers_are_waited_for_one_after_another(fake, monkeypatch):
    waits = []
    ask = Probes.ask

    def counted(self, questions, *rest, **more):
        waits.append(-(-len(questions) // AT_ONCE))
        return ask(self, questions, *rest, **more)

    monkeypatch.setattr(Probes, "ask", counted)
    without_git(fake, *more_projects(fake, TFVC_LOOKUPS + 5))
    assert Try(fake, email="another@contoso.example").outcome == "error"
    of_the_vault, *of_azure_devops = waits
    assert (of_the_vault, sum(of_azure_devops)) == (1, 4)
