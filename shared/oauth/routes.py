"""The operations of signing in; see ``shared.routes``."""

from __future__ import annotations

from typing import Final

from shared.http import HTML
from shared.oauth.answers import AuthorizationAnswer, AuthorizationStarted
from shared.oauth.requests import CallbackQuery, Completion, NewAuthorization
from shared.operations import Operation
from shared.principals import Level

BEGIN_AUTHORIZATION: Final = Operation(
    name="begin_authorization", method="POST", path="oauth/authorizations", tag="connecting", level=Level.MANAGE,
    summary="Begin a sign-in with Microsoft Entra ID; send the person's browser to the URL that comes back.",
    body=NewAuthorization, body_required=False, answer=AuthorizationStarted, status=201,
    answer_headers=("Location",), problems=(409,),
)  # fmt: skip
OAUTH_CALLBACK: Final = Operation(
    name="oauth_callback", method="GET", path="oauth/callback", tag="connecting", level=None,
    summary="Where Microsoft sends the browser back to: a page with the completion code, or with what went wrong.",
    query=CallbackQuery, answer=str, also={400: str, 503: str}, content_type=HTML,
)  # fmt: skip
COMPLETE_AUTHORIZATION: Final = Operation(
    name="complete_authorization", method="POST", path="oauth/authorizations/{authorization_id}/complete",
    tag="connecting", level=Level.MANAGE,
    summary="Show the completion code, which makes the sign-in usable; learn its account and organizations.",
    body=Completion, answer=AuthorizationAnswer, problems=(409, 422),
)  # fmt: skip
GET_AUTHORIZATION: Final = Operation(
    name="get_authorization", method="GET", path="oauth/authorizations/{authorization_id}", tag="connecting",
    level=Level.VIEW, summary="Say how a sign-in goes.", answer=AuthorizationAnswer,
)  # fmt: skip

OAUTH_OPERATIONS: Final = (BEGIN_AUTHORIZATION, OAUTH_CALLBACK, COMPLETE_AUTHORIZATION, GET_AUTHORIZATION)
