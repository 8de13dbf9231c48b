"""HTTP: begin a sign-in with Microsoft, take the browser back, complete it, say how it went."""

from __future__ import annotations

from functions.http import blueprint, serves
from shared.http import HTML, Answer, Call
from shared.oauth import routes
from shared.oauth.answers import AuthorizationStarted
from shared.oauth.requests import Completion, NewAuthorization
from shared.operations import BASE
from shared.services import services

bp = blueprint()


@serves(bp, routes.BEGIN_AUTHORIZATION)
def begin_authorization(call: Call, _body: NewAuthorization) -> Answer:
    """Begin a sign-in; nothing is granted yet."""
    from shared.oauth.sign_in import begin

    started, url = begin(services(), call.workspace)
    headers = {"Location": f"{BASE}/oauth/authorizations/{started.id}"}
    return Answer(201, AuthorizationStarted(started.id, url, started.until), headers)


@serves(bp, routes.OAUTH_CALLBACK)
def oauth_callback(call: Call) -> Answer:
    """Take the browser that Microsoft sends back. Open to everyone: the state is the key, and good once."""
    from shared.oauth.page import HEADERS, page
    from shared.oauth.sign_in import come_back

    parts = services()
    ending = come_back(parts, call.query)
    status = 200 if ending.error is None else 503 if ending.ours else 400
    return Answer(status, page(ending, parts.settings.portal_origin), HEADERS, HTML)


@serves(bp, routes.COMPLETE_AUTHORIZATION)
def complete_authorization(call: Call, body: Completion) -> Answer:
    """Prove that whoever began the sign-in has finished it; from now on it is usable."""
    from shared.oauth.sign_in import complete, shown

    parts = services()
    completed = complete(parts, call.workspace, call.path["authorization_id"], body.completion_code.strip())
    return Answer(200, shown(completed, parts))


@serves(bp, routes.GET_AUTHORIZATION)
def get_authorization(call: Call) -> Answer:
    """How a sign-in goes."""
    from shared.oauth.sign_in import of_workspace, shown

    parts = services()
    return Answer(200, shown(of_workspace(parts, call.workspace, call.path["authorization_id"]), parts))
