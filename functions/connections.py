"""HTTP: test a base URL, test credentials."""

from __future__ import annotations

from functions.http import blueprint, serves
from shared import routes
from shared.http import Answer, Call
from shared.requests import ConnectionTest, UrlTest
from shared.services import services

bp = blueprint()


@serves(bp, routes.TEST_URL)
def look_at_url(_call: Call, body: UrlTest) -> Answer:
    """Whether a base URL has the right form and its organisation exists."""
    from shared.credentials import test_url

    return Answer(200, test_url(services(), body.base_url))


@serves(bp, routes.TEST_CONNECTION)
def try_connection(call: Call, body: ConnectionTest) -> Answer:
    """What works with these credentials, check by check; nothing is stored."""
    from shared.credentials import test_given

    return Answer(200, test_given(services(), call.workspace, body.base_url, body.auth, None).answer)
