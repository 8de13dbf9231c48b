"""The connection test against the fake Azure DevOps: what it answers, and which check says so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from local.fake_ado.named_tokens import named_tokens
from local.fake_ado.testing import start_fake
from shared import checks as ids
from shared.ado.hosts import Hosts
from shared.checks import MESSAGES, ORDER, SCOPES
from shared.connections import look_at
from tests.connecting import BASE_URL, TODAY, Try, connecting


@pytest.fixture(scope="module")
def shared_fake():
    with start_fake(["contoso", "fabrikam"]) as running:
        yield running


@pytest.fixture
def fake(shared_fake):
    yield shared_fake
    shared_fake.clear_faults()
    shared_fake.settings.latency_seconds = 0.0


def test_a_good_token_of_an_administrator_passes_everything_that_can_be_known(fake):
    tried = Try(fake)
    assert (tried.outcome, tried.answer.message) == ("connected", "Successfully connected")
    assert tried.with_status("passed") == [check for check in ORDER if check != ids.TOKEN_EXPIRY]
    assert tried.answer.account.email == "Svc.Flow@contoso.example"
    assert all(service.available for service in services_of(tried).values())
    assert tried.diagnosis.account_id == named_tokens(fake.organization("contoso"))["good"].identity_id
    assert tried.diagnosis.organization_id == fake.organization("contoso").id


def services_of(tried):
    services = tried.answer.services
    return {name: getattr(services, name) for name in services.__struct_fields__}


REFUSED = [
    # token, outcome, checks that fail
    ("reader", "connected", []),
    ("full", "connected", []),
    ("global", "connected", []),
    ("no_code", "authorization_denied", [ids.CODE]),
    ("no_build", "authorization_denied", [ids.BUILD]),
    ("no_graph", "authorization_denied", [ids.GRAPH]),
    ("no_identity", "authorization_denied", [ids.IDENTITY]),
    ("no_project", "authorization_denied", [ids.PROJECT_AND_TEAM]),
    ("no_work", "authorization_denied", [ids.WORK_ITEMS]),
    ("expired", "authorization_denied", [ids.CREDENTIALS, ids.TOKEN_EXPIRY]),
    ("expired_html", "authorization_denied", [ids.CREDENTIALS, ids.TOKEN_EXPIRY]),
    ("expired_text", "authorization_denied", [ids.CREDENTIALS, ids.TOKEN_EXPIRY]),
    ("revoked", "authorization_denied", [ids.CREDENTIALS]),
    ("stranger", "authorization_denied", [ids.CREDENTIALS]),
    ("global_blocked", "authorization_denied", [ids.CREDENTIALS]),
    ("conditional_access", "authorization_denied", [ids.CONDITIONAL_ACCESS]),
    ("limited", "authorization_denied", [ids.VIEW_INSTANCE]),
    ("stakeholder", "authorization_denied", [ids.CODE]),
    ("no-such-token", "authorization_denied", [ids.CREDENTIALS]),
    ("a token with blanks", "authorization_denied", [ids.CREDENTIALS]),
]


@pytest.mark.parametrize(("token", "outcome", "failed"), REFUSED)
def test_a_refusal_is_told_by_the_check_that_it_belongs_to(fake, token, outcome, failed):
    tried = Try(fake, token)
    assert (tried.outcome, tried.failed) == (outcome, failed)
    assert tried.answer.message == MESSAGES[outcome]


@pytest.mark.parametrize(("token", "_outcome", "_failed"), REFUSED)
def test_every_check_is_in_every_answer_and_a_failed_one_has_a_remedy(fake, token, _outcome, _failed):
    tried = Try(fake, token)
    assert tuple(tried.checks) == ORDER
    assert all(check.detail for check in tried.answer.checks)
    assert all(check.remedy for check in tried.answer.checks if check.status in ("failed", "warning"))


@pytest.mark.parametrize(("token", "_outcome", "_failed"), REFUSED)
def test_no_answer_holds_the_token(fake, token, _outcome, _failed):
    known = named_tokens(fake.organization("contoso")).get(token)
    assert (known.value if known else token)[:6] not in repr(Try(fake, token).diagnosis)


def test_what_comes_after_a_refused_token_is_skipped(fake):
    tried = Try(fake, "revoked")
    assert tried.with_status("passed") == [ids.BASE_URL, ids.ORGANIZATION]
    assert {tried.checks[scope].status for scope in SCOPES} == {"skipped"}
    assert tried.answer.account is None


def test_a_token_of_another_organization_is_refused(fake):
    foreign = named_tokens(fake.organization("fabrikam"))["good"].value
    tried = Try(fake, "foreign", secret=foreign)
    assert (tried.outcome, tried.failed) == ("authorization_denied", [ids.CREDENTIALS])


def test_a_reader_gets_no_webhooks_and_a_warning_that_says_why(fake):
    tried = Try(fake, "reader")
    assert tried.with_status("warning") == [ids.ADMINISTRATOR]
    assert [name for name, service in services_of(tried).items() if not service.available] == ["webhooks"]
    assert "Project Collection Administrator" in services_of(tried)["webhooks"].reason


def test_nothing_is_available_where_nothing_is_connected(fake):
    services = services_of(Try(fake, "revoked"))
    assert not any(service.available for service in services.values())
    assert all(service.reason for service in services.values())


@pytest.mark.parametrize(
    ("email", "says"),
    [
        ("svc.flow@contoso.example", "Svc.Flow@contoso.example"),
        ("SVC.FLOW@CONTOSO.EXAMPLE", "Svc.Flow@contoso.example"),
    ],
)
def test_an_address_in_other_capitals_is_refused_with_the_right_spelling(fake, email, says):
    tried = Try(fake, email=email)
    assert (tried.outcome, tried.failed) == ("error", [ids.EMAIL])
    assert says in tried.checks[ids.EMAIL].detail
    assert "capitals" in tried.checks[ids.EMAIL].detail
    assert says in tried.checks[ids.EMAIL].remedy


def test_an_address_of_somebody_else_is_refused(fake):
    tried = Try(fake, email="flow.reader@contoso.example")
    assert (tried.outcome, tried.failed) == ("error", [ids.EMAIL])


def test_the_mail_address_of_the_directory_is_as_good_as_the_account(fake):
    owner = fake.organization("contoso").identities[named_tokens(fake.organization("contoso"))["reader"].identity_id]
    before, owner.mail = owner.mail, "Flow.Reader@mail.example"
    try:
        assert Try(fake, "reader", email="Flow.Reader@mail.example").outcome == "connected"
    finally:
        owner.mail = before


@pytest.mark.parametrize("base_url", ["contoso", "http://dev.azure.com/contoso", "https://contoso.visualstudio.com"])
def test_another_spelling_of_the_base_url_is_refused_with_the_right_one(fake, base_url):
    fake.clear_requests()
    tried = Try(fake, base_url=base_url)
    assert (tried.outcome, tried.failed, tried.answer.organization) == ("error", [ids.BASE_URL], None)
    assert BASE_URL in tried.checks[ids.BASE_URL].remedy
    assert fake.requests()["total"] == 0


def test_an_unknown_organization_is_an_error_and_no_denial(fake):
    tried = Try(fake, base_url="https://dev.azure.com/nowhere")
    assert (tried.outcome, tried.failed) == ("error", [ids.ORGANIZATION])


@pytest.mark.parametrize(
    ("days", "status"), [(None, "skipped"), (365, "passed"), (31, "passed"), (30, "warning"), (1, "warning"),
                         (0, "warning"), (-3, "warning")],
)  # fmt: skip
def test_an_expiry_that_is_known_is_looked_at(fake, days, status):
    tried = Try(fake, expires_on=None if days is None else TODAY + timedelta(days=days))
    assert (tried.outcome, tried.checks[ids.TOKEN_EXPIRY].status) == ("connected", status)


@pytest.fixture
def own_fake():
    """A fake that a test may change."""
    with start_fake(["contoso"]) as running:
        yield running


def test_an_account_that_reads_no_project_is_told_to_become_a_reader(own_fake):
    own_fake.organization("contoso").projects.clear()
    tried = Try(own_fake)
    assert (tried.outcome, tried.failed) == ("authorization_denied", [ids.PROJECT_READER])
    assert "Readers" in tried.checks[ids.PROJECT_READER].remedy


def test_a_project_with_tfvc_alone_is_named_in_a_warning(own_fake):
    organization = own_fake.organization("contoso")
    tfvc, git = list(organization.projects.values())[:2]
    tfvc.git_enabled, tfvc.tfvc_enabled = False, True
    for repository in list(organization.repositories.values()):
        if repository.project_id == tfvc.id:
            del organization.repositories[repository.id]
    tried = Try(own_fake)
    assert (tried.outcome, tried.checks[ids.GIT_REPOS].status) == ("connected", "warning")
    assert tfvc.name in tried.checks[ids.GIT_REPOS].detail
    assert git.name not in tried.checks[ids.GIT_REPOS].detail


def test_urls_are_looked_at_without_a_credential(fake):
    connect = connecting(Hosts(fake.hosts()))
    assert look_at(connect, BASE_URL).outcome == "ok"
    nowhere = look_at(connect, "https://dev.azure.com/nowhere")
    assert (nowhere.outcome, nowhere.organization, nowhere.suggested_base_url) == ("error", "nowhere", None)
    other = look_at(connect, "https://contoso.visualstudio.com/Project/_git/repo")
    assert (other.outcome, other.suggested_base_url) == ("error", BASE_URL)


def test_an_answer_in_an_organization_open_to_everybody_is_no_proof_of_a_token(own_fake):
    organization = own_fake.organization("contoso")
    organization.public_access = True
    for project in organization.projects.values():
        project.visibility = "public"
    tried = Try(own_fake, "a-made-up-token")
    assert (tried.outcome, tried.failed) == ("authorization_denied", [ids.CREDENTIALS])
