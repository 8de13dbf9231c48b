"""The browser of somebody who signs in: follows the one redirect of the fake sign-in page, keeps no cookies."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import requests

_CODE = re.compile(r'<code id="completion-code">([^<]+)</code>')


def sent_back(url: str) -> dict[str, str]:
    """Sign in at ``url``: the parameters that the browser is sent back with."""
    answer = requests.get(url, allow_redirects=False, timeout=10)
    assert answer.status_code == 302, answer.text
    return parameters(answer.headers["Location"])


def parameters(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def completion_code(page: bytes) -> str:
    """The code that a page shows."""
    found = _CODE.search(page.decode())
    assert found, page.decode()
    return unescape(found[1])
