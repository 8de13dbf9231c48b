"""Credentials go into one header and nowhere else."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator

import pytest

from shared.ado.auth import BearerAuth, PatAuth
from shared.errors import CredentialError

TOKEN = "q7" * 26


class Secret:
    """A secret that shows itself only when asked."""

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value


@pytest.mark.parametrize("token", [TOKEN, Secret(TOKEN)])
def test_a_personal_access_token_is_basic_without_a_user(token):
    kind, _, value = PatAuth(token).header().partition(" ")
    assert (kind, b64decode(value, validate=True).decode()) == ("Basic", f":{TOKEN}")


def test_a_bearer_token_is_asked_for_each_time():
    tokens: Iterator[str | Secret] = iter(["first", Secret("second")])
    auth = BearerAuth(lambda: next(tokens))
    assert [auth.header(), auth.header()] == ["Bearer first", "Bearer second"]


@pytest.mark.parametrize("auth", [PatAuth(TOKEN), BearerAuth(lambda: TOKEN)])
def test_no_text_form_shows_the_token(auth):
    shown = f"{auth!r} {auth!s} {[auth]}"
    assert TOKEN[:6] not in shown
    assert PatAuth(TOKEN).header()[6:20] not in shown


@pytest.mark.parametrize("token", ["", "a b", "a\r\nX: y", "tök", "a\0", " ", "x" * 20_000])
def test_what_cannot_be_a_token_is_refused_without_being_shown(token):
    for make in (lambda: PatAuth(token).header(), lambda: BearerAuth(lambda: token).header()):
        with pytest.raises(CredentialError) as e:
            make()
        assert e.value.code == "credentials.malformed"
        assert not token.strip() or token.strip() not in f"{e.value} {e.value.remedy}".split()


def test_the_two_kinds_are_told_apart():
    assert not PatAuth(TOKEN).is_bearer
    assert BearerAuth(lambda: TOKEN).is_bearer
