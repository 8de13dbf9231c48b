"""How the app proves itself to Microsoft: no secret in a setting."""

from __future__ import annotations

import base64
import json

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from shared.errors import TransientError
from shared.oauth.app_credential import ASSERTION_SCOPE, DevelopmentIdentity, IdentityAssertion, VaultSecret
from shared.vault import Secret


def test_a_secret_comes_from_the_vault(parts):
    parts.vault.put("app-1", Secret("s3cret"))
    mark, credential = VaultSecret(parts.vault, "app-1").current()
    assert credential == "s3cret"
    assert "s3cret" not in repr(mark)


def test_a_secret_that_is_not_there_is_the_operators_to_mend(parts):
    with pytest.raises(TransientError) as error:
        VaultSecret(parts.vault, "never-stored").current()
    assert (error.value.code, "operator" in (error.value.remedy or "")) == ("oauth.app_credential", True)


class Identity:
    def __init__(self, error=None):
        self.scopes, self.error = [], error

    def get_token(self, *scopes, **_options):
        self.scopes += scopes
        if self.error:
            raise self.error
        return AccessToken("a.b.c", 0)


def test_an_identity_gives_an_assertion_for_the_exchange():
    identity = Identity()
    _, credential = IdentityAssertion(identity).current()
    assert identity.scopes == []  # only when msal wants one
    assert credential["client_assertion"]() == "a.b.c"
    assert identity.scopes == [ASSERTION_SCOPE]


def test_an_identity_without_a_token_is_trouble_that_passes():
    _, credential = IdentityAssertion(Identity(ClientAuthenticationError("no identity"))).current()
    with pytest.raises(TransientError):
        credential["client_assertion"]()


def test_the_local_stacks_assertion_has_the_form_of_one():
    header, body, signature = DevelopmentIdentity().get_token(ASSERTION_SCOPE).token.split(".")
    assert json.loads(base64.urlsafe_b64decode(header + "==")) == {"alg": "none"}
    assert json.loads(base64.urlsafe_b64decode(body + "=="))["aud"] == "api://AzureADTokenExchange"
    assert signature == ""
