"""A connection test while Azure DevOps has trouble: an error that says so, never a denial."""

from __future__ import annotations

import socket
import threading

import pytest

from local.fake_ado.testing import start_fake
from shared import checks as ids
from shared.ado.auth import PatAuth
from shared.ado.hosts import Hosts
from shared.checks import SCOPES
from shared.connections import Attempt, diagnose, look_at
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


TROUBLE = [
    {"status": 500}, {"status": 503, "headers": {"Retry-After": "30"}}, {"reset": True},
    {"status": 429, "headers": {"Retry-After": "300"}},
]  # fmt: skip


@pytest.mark.parametrize("fault", TROUBLE)
@pytest.mark.parametrize(
    ("path", "check"),
    [
        ("connectionData", ids.CREDENTIALS),
        ("_apis/teams", ids.PROJECT_AND_TEAM),
        ("workitemrelationtypes", ids.WORK_ITEMS),
        ("build/definitions", ids.BUILD),
        ("graph/descriptors", ids.GRAPH),
        ("_apis/identities", ids.IDENTITY),
    ],
)
def test_trouble_is_an_error_and_never_a_denial(fake, path, check, fault):
    fake.set_fault(path, **fault)
    tried = Try(fake)
    assert tried.outcome == "error"
    assert tried.checks[check].status == "skipped"
    assert not set(tried.failed) & {ids.CREDENTIALS, *SCOPES}


def test_a_list_of_repositories_that_does_not_come_is_asked_for_in_one_project(fake):
    fake.set_fault("contoso/_apis/git/repositories", status=500)
    tried = Try(fake)
    assert tried.outcome == "connected"
    assert tried.checks[ids.GIT_REPOS].status == "skipped"


def test_throttling_says_so(fake):
    fake.set_fault("connectionData", status=429, headers={"Retry-After": "300"})
    assert "throttling" in Try(fake).checks[ids.CREDENTIALS].detail


def test_one_check_that_never_comes_back_holds_up_nobody(fake):
    fake.set_fault("_apis/teams", hang=True)
    tried = Try(fake, seconds=2.0)
    assert (tried.outcome, tried.checks[ids.PROJECT_AND_TEAM].status) == ("error", "skipped")
    assert "2 seconds" in tried.checks[ids.PROJECT_AND_TEAM].detail
    assert tried.checks[ids.WORK_ITEMS].status == "passed"


@pytest.mark.parametrize("path", ["git/repositories", "resourceAreas"])
def test_a_slow_question_leaves_time_for_those_after_it(fake, path):
    fake.set_fault(path, hang=True)
    assert Try(fake, seconds=4.0).outcome == "connected"


def test_a_caller_who_is_slow_to_be_known_is_waited_for(fake):
    fake.set_fault("connectionData", delay=2.0)
    assert Try(fake, seconds=4.0).outcome == "connected"


@pytest.fixture
def silent():
    """A server that takes connections and never says a word."""
    server = socket.create_server(("127.0.0.1", 0))
    open_ones = []

    def accept():
        while True:
            try:
                open_ones.append(server.accept()[0])
            except OSError:
                return

    threading.Thread(target=accept, daemon=True).start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}"
    server.close()
    for one in open_ones:
        one.close()


def attempt():
    return Attempt(base_url=BASE_URL, email="a@example.com", auth=lambda: PatAuth("x" * 52), expires_on=None,
                   today=TODAY)  # fmt: skip


def test_a_server_that_never_answers_is_an_error_that_says_so(silent):
    answer = diagnose(connecting(Hosts.at(silent), 0.5), attempt(), 0.5).answer
    assert answer.outcome == "error"
    assert "0.5 seconds" in {check.id: check for check in answer.checks}[ids.ORGANIZATION].detail


def test_a_host_that_cannot_be_reached_is_an_error():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    answer = diagnose(connecting(Hosts.at(f"http://127.0.0.1:{port}")), attempt()).answer
    assert answer.outcome == "error"
    assert [check.id for check in answer.checks if check.status == "failed"] == [ids.ORGANIZATION]


def test_a_look_up_that_gets_no_answer_says_so(silent):
    found = look_at(connecting(Hosts.at(silent), 0.5), BASE_URL, 0.5)
    assert (found.outcome, found.base_url) == ("error", BASE_URL)
    assert "0.5 seconds" in found.message
