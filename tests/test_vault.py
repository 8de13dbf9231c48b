import pickle
from datetime import UTC, datetime

import pytest

from local.vault.server import VaultServer
from shared.errors import CredentialError, TransientError
from shared.vault import DevelopmentCredential, Secret, Vault, new_secret_name

NAME = "ado-7f3c-1"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with VaultServer(tmp_path_factory.mktemp("vault"), in_memory=True) as server:
        yield server


class Monotonic:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def seconds():
    return Monotonic()


@pytest.fixture
def vault(server, seconds):
    vault = connect(server, seconds)
    yield vault
    server.throttle(0)


def connect(server, seconds):
    vault = Vault.connect(server.url, DevelopmentCredential(), str(server.ca_file))
    vault._monotonic = seconds
    return vault


@pytest.fixture
def name():
    return new_secret_name("7f3c")


def test_a_secret_comes_back(vault, server, seconds, name):
    vault.put(name, Secret("t0p"), expires_on=datetime(2027, 1, 1, tzinfo=UTC))
    assert vault.get(name).reveal() == "t0p"
    assert connect(server, seconds).get(name) == Secret("t0p")


def test_a_new_version_replaces_what_is_remembered(vault, name):
    vault.put(name, Secret("one"))
    vault.put(name, Secret("two"))
    assert vault.get(name) == Secret("two")


def test_it_is_read_again_after_five_minutes(vault, server, seconds, name):
    vault.put(name, Secret("one"))
    connect(server, seconds).put(name, Secret("two"))
    seconds.now += 299
    assert vault.get(name) == Secret("one")
    seconds.now += 1
    assert vault.get(name) == Secret("two")


def test_a_secret_that_nobody_asks_for_any_more_leaves_the_memory(vault, seconds, name):
    vault.put(name, Secret("old"))
    vault.put("other", Secret("x"))
    seconds.now += 300
    vault.get("other")
    assert set(vault._kept) == {"other"}
    seconds.now += 300
    vault.put(name, Secret("new"))
    assert set(vault._kept) == {name}


def test_it_is_read_again_when_it_was_refused(vault, server, seconds, name):
    vault.put(name, Secret("one"))
    connect(server, seconds).put(name, Secret("two"))
    vault.forget(name)
    assert vault.get(name) == Secret("two")


def test_what_is_deleted_is_gone_at_once(vault, server, seconds, name):
    vault.put(name, Secret("one"))
    vault.delete(name)
    vault.delete(name)
    for each in (vault, connect(server, seconds)):
        with pytest.raises(CredentialError) as error:
            each.get(name)
        assert error.value.code == "credential.missing"
        assert error.value.remedy
        assert name not in str(error.value)


def test_a_vault_that_throttles_is_trouble_that_passes(vault, server, seconds, name):
    vault.put(name, Secret("one"))
    server.throttle(20, retry_after=0)
    with pytest.raises(TransientError) as error:
        connect(server, seconds).get(name)
    assert error.value.code == "vault.unavailable"
    assert not error.value.throttled


def test_a_vault_that_is_not_there():
    vault = Vault.connect("https://127.0.0.1:1", DevelopmentCredential())
    with pytest.raises(TransientError):
        vault.ping()


def test_ping(vault):
    vault.ping()


@pytest.mark.parametrize("show", [str, repr, "{}".format, "{!r:>5}".format, lambda s: f"{[s]}"])
def test_a_secret_does_not_show_itself(show):
    assert "t0p" not in show(Secret("t0p"))
    assert "***" in show(Secret("t0p"))


def test_a_secret_is_not_written_anywhere():
    with pytest.raises(TypeError):
        pickle.dumps(Secret("t0p"))
    with pytest.raises(TypeError):
        hash(Secret("t0p"))
    assert not hasattr(Secret("t0p"), "__dict__")


def test_secrets_compare_by_value():
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"


def test_names_are_fresh_and_allowed():
    names = {new_secret_name("0c3f2b8e-6f5e-4f0e-9a39-3d3f6f6a7a10") for _ in range(50)}
    assert len(names) == 50
    assert all(len(name) <= 127 and name.replace("-", "").isalnum() for name in names)
