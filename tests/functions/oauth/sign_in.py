"""One authorization on its way, as its caller and a browser see it."""

from __future__ import annotations

from typing import Any

import pytest

from shared.errors import CredentialError
from tests.functions.api import Api, Reply
from tests.oauth.browser import completion_code, parameters, sent_back

CLIENT = "11111111-2222-4333-8444-555555555555"
BASE_URL = "https://dev.azure.com/contoso"
PORTAL = "https://portal.example"
SECRET_NAME = "flow-app"


class SignIn:
    """Begun at once."""

    def __init__(self, api: Api, workspace: str | None = None) -> None:
        self.api, self.workspace = api, workspace
        self.started = api.call("begin_authorization", body={}, workspace=workspace)
        self.id = self.started.json["authorization_id"]
        self.url = self.started.json["authorization_url"]
        self.state = parameters(self.url)["state"]

    def come_back(self, **changes: str | None) -> Reply:
        """The browser at our callback; ``changes`` to what Microsoft sent (None: left out)."""
        sent = {**sent_back(self.url), **changes}
        return self.at_callback(**{name: value for name, value in sent.items() if value is not None})

    def at_callback(self, **query: str) -> Reply:
        # No workspace, no key, no cookie: it is anybody's browser.
        return self.api.call("oauth_callback", query=query, headers={})

    def complete(self, code: str, workspace: str | None = None) -> Reply:
        body = {"completion_code": code}
        return self.api.call("complete_authorization", self.id, body=body, workspace=workspace or self.workspace)

    def shown(self) -> Any:
        return self.api.call("get_authorization", self.id, workspace=self.workspace).json

    @property
    def status(self) -> Any:
        return self.shown()["status"]

    def auth(self) -> dict[str, str]:
        return {"type": "oauth", "authorization_id": self.id}


def completed(api: Api, workspace: str | None = None) -> SignIn:
    one = SignIn(api, workspace)
    reply = one.complete(completion_code(one.come_back().body))
    assert reply.status == 200, reply.json
    return one


def new_integration(sign_in: SignIn, name: str = "Signed in", **other: Any) -> Reply:
    body = {"name": name, "base_url": BASE_URL, "auth": sign_in.auth(), **other}
    return sign_in.api.call("create_integration", body=body, workspace=sign_in.workspace)


def secret_of(parts: Any, sign_in: SignIn) -> str:
    return str(parts.authorizations.get(sign_in.id).secret_name)


def nothing_is_stored(parts: Any, sign_in: SignIn) -> bool:
    with pytest.raises(CredentialError):
        parts.vault.read(secret_of(parts, sign_in))
    return True


def completion_is_absent(reply: Reply) -> bool:
    return b'id="completion-code"' not in reply.body
