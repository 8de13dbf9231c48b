"""The page that a sign-in ends on, as a browser reads it."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from shared.oauth.page import SCRIPT, STYLE
from tests.functions.oauth.sign_in import PORTAL, SignIn

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</blockquote></main><iframe src=//evil.example>",
    "' autofocus onfocus='alert(1)",
    "&lt;script&gt;",
    "\u202e\u2066<svg/onload=alert(1)>\x00\r\nSet-Cookie: a=b",
]


class Tags(HTMLParser):
    """What a browser makes of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.text, self.scripts = [], [], "", []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data):
        if self.lasttag in ("script", "style") and data.strip():
            self.scripts.append(data)
        else:
            self.text += data


@pytest.mark.parametrize("description", HOSTILE)
def test_a_hostile_description_is_text(api, fake, sign_in, description):
    usual = Tags(SignIn(api).come_back(error="access_denied", error_description="Plain.", code=None).body.decode())
    reply = sign_in.come_back(error="access_denied", error_description=description, code=None)
    page = Tags(reply.body.decode())
    assert reply.status == 400
    assert (page.tags, page.attributes, page.scripts) == (usual.tags, usual.attributes, usual.scripts)
    assert all(part in page.text for part in re.findall(r"[a-z/=.]{5,}", description))
    assert "set-cookie" not in reply.headers
    assert sign_in.shown()["error"]["detail"]


def test_what_a_stranger_writes_is_not_shown_without_a_sign_in_of_ours(api):
    query = {"error": "access_denied", "error_description": "Call 0800 12345", "state": "made-up"}
    assert b"0800" not in api.call("oauth_callback", query=query, headers={}).body


def test_the_page_allows_its_own_script_and_style_and_nothing_else(sign_in):
    reply = sign_in.come_back()
    policy = reply.headers["content-security-policy"]
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (SCRIPT, STYLE)]
    for directive in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"):
        assert directive in policy
    assert re.findall(r"'sha256-([^']+)'", policy) == hashes
    assert "unsafe" not in policy
    page = Tags(reply.body.decode())
    assert page.scripts == [STYLE, SCRIPT]
    assert not [name for name in page.attributes if name.startswith("on") or name in ("src", "href", "style")]
    assert (reply.headers["cache-control"], reply.headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["content-type"].startswith("text/html")


def test_the_code_goes_to_the_portals_origin_alone(sign_in):
    page = sign_in.come_back().body.decode()
    assert f'data-origin="{PORTAL}"' in page
    assert "postMessage(message, found.origin)" in page
    assert '"*"' not in page
