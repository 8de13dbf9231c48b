"""The page that a sign-in ends on."""

from __future__ import annotations

import pytest

from shared.oauth.answers import AuthorizationError
from shared.oauth.page import page
from shared.oauth.sign_in import Ending

DONE = Ending("id-1", completion_code="the-code")
FAILED = Ending("id-1", error=AuthorizationError("oauth.denied", "it was declined", "Begin again.", "AADSTS1: <b>"))
UNKNOWN = Ending(None, error=AuthorizationError("oauth.state_invalid", "not known", "Begin again.", None))


@pytest.mark.parametrize("origin", ["https://portal.example", "http://127.0.0.1:7071", "http://[::1]:8080"])
def test_the_code_is_posted_to_an_exact_origin(origin):
    assert f'data-origin="{origin}"' in page(DONE, origin).decode()


@pytest.mark.parametrize(
    "origin",
    [None, "", "*", "null", "https://a.example/", "https://a.example/b", "https://u@a.example", "javascript:alert(1)",
     'https://a.example"', "https://a.example https://b.example", "//a.example", "https://*.example", "https://a:port"],
)  # fmt: skip
def test_what_is_no_exact_origin_gets_nothing(origin):
    shown = page(DONE, origin).decode()
    assert 'data-origin=""' in shown
    assert "the-code" in shown


def test_a_failure_is_told_with_its_remedy_and_microsofts_sentence():
    shown = page(FAILED, "https://portal.example").decode()
    assert "It was declined." in shown
    assert "Begin again." in shown
    assert "AADSTS1: &lt;b&gt;" in shown
    assert 'data-status="denied"' in shown


def test_about_what_is_not_known_nothing_is_posted():
    shown = page(UNKNOWN, "https://portal.example").decode()
    assert 'data-origin=""' in shown
    assert 'data-authorization=""' in shown


def test_an_ending_does_not_show_its_code():
    assert "the-code" not in repr(DONE)
