"""A credential is blamed only after a second question, asked without being throttled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.ado.endpoints import build, core, git, location, security
from shared.ado.refusals import ANONYMOUS
from shared.errors import ContractError, CredentialError, TransientError, UnavailableError
from tests.ado.server import Answer, Asked

USER = "5f6a1c3e-7777-4bbb-8ccc-000000000001"
EMPTY_401 = Answer(b"", status=401, content_type=None, headers={"WWW-Authenticate": "Basic"})
EXPIRED = Answer({"message": "Access Denied: The Personal Access Token used has expired."}, status=401)
HTML_404 = Answer(b"<title>The resource cannot be found.</title>", status=404, content_type="text/html")
SIGN_IN = Answer(b"<title>Sign In</title>", status=203, content_type="text/html")


def who(user: str = USER, acting: str | None = None, descriptor: str = "Microsoft.IdentityModel.Claims.x") -> Answer:
    identity: dict[str, Any] = {"id": user, "descriptor": descriptor}
    return Answer({"authenticatedUser": identity, "authorizedUser": {**identity, "id": acting or user}})


def script(data: list[Answer], connection: Answer) -> Callable[[Asked], Answer]:
    """``connectionData`` gets ``connection``; all else the next of ``data``, the last one for ever."""

    def answer(asked: Asked) -> Answer:
        if asked.path.endswith("/connectionData"):
            return connection
        return data.pop(0) if len(data) > 1 else data[0]

    return answer


def asked_of(server: Any) -> list[str]:
    return [asked.path.rpartition("/")[2] for asked in server.asked]


@pytest.mark.parametrize("first", [EMPTY_401, SIGN_IN])
def test_a_401_that_the_second_question_confirms(server, client, first):
    server.script = script([first], EMPTY_401)
    with pytest.raises(CredentialError) as e:
        client.one(core.PROJECTS)
    assert e.value.code == "credentials.rejected"
    assert asked_of(server) == ["projects", "connectionData"]


@pytest.mark.parametrize("connection", [EMPTY_401, who(ANONYMOUS), HTML_404])
def test_a_credential_is_not_sent_again_after_its_refusal_was_confirmed(server, client, connection):
    server.script = script([EMPTY_401], connection)
    with pytest.raises(CredentialError) as first:
        client.one(core.PROJECTS)
    for _ in range(3):
        with pytest.raises(CredentialError) as later:
            client.one(core.TEAMS)
        assert (later.value.code, later.value.remedy) == (first.value.code, first.value.remedy)
    assert asked_of(server) == ["projects", "connectionData"]


def test_what_needs_no_credential_is_still_asked(server, client):
    server.script = script([EMPTY_401], EMPTY_401)
    with pytest.raises(CredentialError):
        client.one(core.PROJECTS)
    server.script = script([Answer({"locationUrl": "x"})], EMPTY_401)
    path = {"areaId": location.CORE_AREA}
    assert client.one(location.ORGANIZATION_LOCATION, path=path) == {"locationUrl": "x"}


@pytest.mark.parametrize(("first", "second"), [(EMPTY_401, EXPIRED), (EXPIRED, EMPTY_401)])
def test_the_finer_of_two_reasons_is_told(server, client, first, second):
    server.script = script([first], second)
    with pytest.raises(CredentialError) as e:
        client.one(core.PROJECTS)
    assert e.value.code == "credentials.expired"


def test_a_good_token_that_is_refused_twice_lacks_the_scope(server, client):
    server.script = script([EMPTY_401], who())
    with pytest.raises(CredentialError) as e:
        client.one(build.BUILDS, path={"project": "p"})
    assert e.value.code == "scope.missing"
    assert "Build (Read)" in str(e.value)
    assert asked_of(server) == ["builds", "connectionData", "builds"]


def test_an_operation_without_a_scope_of_its_own(server, client):
    server.script = script([EMPTY_401], who())
    with pytest.raises(CredentialError) as e:
        client.one(security.PERMISSIONS, path={"securityNamespaceId": "n", "permissions": "1"})
    assert (e.value.code, str(e.value)) == ("scope.missing", "the token lacks a scope")


def test_a_401_that_was_a_hiccup_does_no_harm(server, client):
    server.script = script([EMPTY_401, Answer({"value": [{"id": "1"}]})], who())
    assert client.one(core.PROJECTS) == {"value": [{"id": "1"}]}


@pytest.mark.parametrize(
    "second",
    [Answer(status=429, headers={"Retry-After": "20"}), Answer(b"", status=401, headers={"Retry-After": "20"})],
)
def test_a_throttled_second_question_confirms_nothing(server, client, second):
    server.script = script([EMPTY_401], second)
    with pytest.raises(TransientError) as e:
        client.one(core.PROJECTS)
    assert (e.value.throttled, e.value.retry_after) == (True, 20)


def test_trouble_with_the_second_question_confirms_nothing(server, client):
    server.script = script([EMPTY_401], Answer(status=503))
    with pytest.raises(TransientError) as e:
        client.one(core.PROJECTS)
    assert e.value.code == "server.trouble"


@pytest.mark.parametrize(
    "connection", [who(ANONYMOUS), who(descriptor=f"System:PublicAccess;{ANONYMOUS}"), who(ANONYMOUS.upper())]
)
def test_an_organization_that_answers_anybody_confirms_nothing_good(server, client, connection):
    server.script = script([EMPTY_401], connection)
    with pytest.raises(CredentialError) as e:
        client.one(core.PROJECTS)
    assert e.value.code == "credentials.rejected"


@pytest.mark.parametrize("connection", [who(acting="other"), Answer({}), Answer({"authenticatedUser": None})])
def test_a_second_answer_of_another_shape_is_refused(server, client, connection):
    server.script = script([EMPTY_401], connection)
    with pytest.raises(ContractError) as e:
        client.one(core.PROJECTS)
    assert e.value.code.startswith("caller.")


def test_an_organization_that_is_gone(server, client):
    server.script = script([HTML_404], HTML_404)
    with pytest.raises(CredentialError) as e:
        client.one(core.PROJECTS)
    assert e.value.code == "organization.not_found"


def test_an_organization_that_refuses_the_token_is_there(server, client):
    server.script = script([HTML_404], EMPTY_401)
    with pytest.raises(CredentialError) as e:
        client.one(core.PROJECTS)
    assert e.value.code == "credentials.rejected"


def test_a_404_of_an_organization_that_is_there_is_our_mistake(server, client):
    server.script = script([HTML_404], who())
    with pytest.raises(ContractError) as e:
        client.one(core.PROJECTS)
    assert e.value.code == "api_version"


def test_a_hidden_project_needs_no_second_question(server, client):
    server.answers(Answer({"message": "TF200016: x", "typeKey": "ProjectDoesNotExistWithNameException"}, status=404))
    with pytest.raises(UnavailableError):
        client.one(git.PULL_REQUESTS, path={"project": "p"})
    assert len(server.asked) == 1


def test_a_403_needs_no_second_question(server, client):
    server.answers(Answer({"message": "VS403463: x"}, status=403))
    with pytest.raises(CredentialError) as e:
        client.one(core.PROJECTS)
    assert (e.value.code, len(server.asked)) == ("conditional_access", 1)


def test_who_asks_the_second_question_itself_gets_the_suspicion(server, client):
    server.answers(EMPTY_401)
    with pytest.raises(CredentialError) as e:
        client.one(core.PROJECTS, confirm=False)
    assert (e.value.code, len(server.asked)) == ("credentials.rejected", 1)


def test_the_second_question_is_not_asked_about_itself(server, client):
    server.answers(EMPTY_401)
    with pytest.raises(CredentialError):
        client.one(location.CONNECTION_DATA)
    assert len(server.asked) == 1


def test_a_list_is_read_to_its_end_though_a_page_was_refused_once(server, client):
    pages = [
        Answer({"value": [{"id": "1"}]}, headers={"X-MS-ContinuationToken": "2"}),
        EMPTY_401,
        Answer({"value": [{"id": "2"}]}),
    ]
    server.script = script(pages, who())
    assert [item["id"] for page in client.pages(core.PROJECTS) for item in page.items] == ["1", "2"]
