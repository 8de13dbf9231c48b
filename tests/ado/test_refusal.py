"""The facts that are read from a refusal, and what is never kept of it."""

from __future__ import annotations

from urllib.parse import quote

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ado.endpoints import core
from shared.ado.refusal import Refusal, is_refusal, read_refusal, retry_after
from shared.ado.refusals import error_of
from shared.ado.wire import Reply


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, {"content-type": "application/json"}, b"{}"),
        Reply(200, {"content-type": "application/json; charset=utf-8; api-version=7.1"}, b"[]"),
        Reply(204, {}, b""),
        Reply(200, {}, b"{}"),
    ],
)
def test_an_answer_is_no_refusal(reply):
    assert not is_refusal(reply)


def test_the_facts_of_a_refusal():
    headers = {
        "content-type": "application/json",
        "x-vss-userdata": "x:y",
        "activityid": "5f6a1c3e-0000-0000-0000-000000000001",
        "x-tfs-serviceerror": "Some+thing%20else",
        "x-ratelimit-remaining": "7",
        "retry-after": "3",
        "set-cookie": "VstsSession=secret",
    }
    body = orjson.dumps(
        {
            "message": "TF401019: The Git repository\r\n with name x",
            "typeKey": "GitRepositoryNotFoundException",
        }
    )
    assert read_refusal(Reply(404, headers, body)) == Refusal(
        status=404,
        type_key="GitRepositoryNotFoundException",
        code="TF401019",
        text="TF401019: The Git repository with name x",
        service_error="Some thing else",
        known_caller=True,
        is_sign_in_page=False,
        retry_after=3.0,
        activity_id="5f6a1c3e-0000-0000-0000-000000000001",
        limits={"x-ratelimit-remaining": "7"},
    )


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"count": 1, "value": {"Message": "The argument is wrong."}}, "The argument is wrong."),
        ({"ClassName": "System.Exception", "Message": "VS1234567890 no code"}, "VS1234567890 no code"),
        ({"message": ["not", "text"]}, ""),
        ({"message": None, "typeKey": None}, ""),
        ([1, 2], ""),
    ],
)
def test_every_shape_of_an_error_body_is_read(body, text):
    refusal = read_refusal(Reply(400, {"content-type": "application/json"}, orjson.dumps(body)))
    assert (refusal.text, refusal.type_key, refusal.code) == (text, "", None)


@pytest.mark.parametrize("secret", ["q" * 52, "AZDO" + "x1" * 40, "eyJhbGciOi.eyJzdWIiOiIx.c2lnbmF0dXJlLi4uLi4uLi4"])
@pytest.mark.parametrize("place", ["message", "typeKey", "title", "header", "activity", "text"])
def test_nothing_like_a_token_is_kept(secret, place):
    headers = {"content-type": {"title": "text/html", "text": "text/plain"}.get(place, "application/json")}
    body = orjson.dumps({place: f"bad {secret}" if place == "message" else secret})
    if place == "title":
        body = f"<title>{secret}</title>".encode()
    elif place == "text":
        body = secret.encode()
    elif place in ("header", "activity"):
        headers["x-tfs-serviceerror" if place == "header" else "activityid"] = quote(secret)
    refusal = read_refusal(Reply(400, headers, body))
    error = error_of(core.PROJECTS, refusal)
    assert secret[:20] not in f"{refusal!r} {error} {error.remedy}"


@given(value=st.text(max_size=40))
def test_retry_after_is_seconds_within_an_hour_or_nothing(value):
    seconds = retry_after({"retry-after": value})
    assert seconds is None or 0 <= seconds <= 3600
