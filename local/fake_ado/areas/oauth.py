"""The endpoints of Microsoft Entra ID that a sign-in for Azure DevOps uses. The person behind it consents at once.

Source: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode

from local.fake_ado.answers import Answer, empty, page, plain
from local.fake_ado.context import Call
from local.fake_ado.entra import ISSUER, RESOURCE, EntraError, Grant, is_redirect
from local.fake_ado.refusals import OtherAnswer
from local.fake_ado.routing import LOGIN_HOST, route

_OAUTH = "/{tenant}/oauth2/v2.0"
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@route("GET", LOGIN_HOST, "/{tenant}/v2.0/.well-known/openid-configuration", version=None, is_anonymous=True)
def metadata(call: Call) -> Answer:
    """Where the endpoints are, at their real address."""
    tenant = call.parameters["tenant"]
    shown = "{tenantid}" if tenant in ("organizations", "common") else tenant
    return plain(
        {
            "authorization_endpoint": f"{ISSUER}/{tenant}/oauth2/v2.0/authorize",
            "token_endpoint": f"{ISSUER}/{tenant}/oauth2/v2.0/token",
            "issuer": f"{ISSUER}/{shown}/v2.0",
            "jwks_uri": f"{ISSUER}/{tenant}/discovery/v2.0/keys",
            "response_types_supported": ["code"],
            "response_modes_supported": ["query", "fragment", "form_post"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
        }
    )


@route("GET", LOGIN_HOST, "/{tenant}/discovery/instance", version=None, is_anonymous=True)
def instances(_call: Call) -> Answer:
    """The names of the public cloud."""
    aliases = ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"]
    entry = {"preferred_network": aliases[0], "preferred_cache": aliases[1], "aliases": aliases}
    where = f"{ISSUER}/common/v2.0/.well-known/openid-configuration"
    return plain({"tenant_discovery_endpoint": where, "api-version": "1.1", "metadata": [entry]})


@route("GET", LOGIN_HOST, _OAUTH + "/authorize", version=None, is_anonymous=True)
def authorize(call: Call) -> Answer:
    """Send the browser back with a code, or with the error that is set. A bad redirect address stays here."""
    query, settings = call.query, call.fake.settings
    back, client_id = query.one("redirect_uri"), query.one("client_id")
    if not is_redirect(back) or not client_id:
        text = "AADSTS50011: The redirect URI specified in the request does not match the configured ones."
        raise OtherAnswer(page("Sign in to your account", text, status=400))
    if settings.entra_error:
        error, _, description = settings.entra_error.partition("|")
        return _send_back(back, {"error": error, "error_description": description, "state": query.one("state")})
    if query.one("response_type") != "code" or query.one("code_challenge_method", "S256") != "S256":
        return _send_back(back, {"error": "invalid_request", "state": query.one("state")})
    home, identity = call.fake.entra.person(call.fake, settings.entra_account or query.one("login_hint"))
    scope, challenge = query.one("scope"), query.one("code_challenge")
    grant = Grant(home, identity, client_id, scope, back, challenge, query.one("nonce"))
    answer = {"code": call.fake.entra.consent(grant), "session_state": home.id}
    return _send_back(back, {**answer, **({"state": query.one("state")} if query.one("state") else {})})


def _send_back(address: str, values: dict[str, str]) -> Answer:
    joint = "&" if "?" in address else "?"
    return empty(302, {"Location": address + joint + urlencode(values)})


@route("POST", LOGIN_HOST, _OAUTH + "/token", version=None, is_anonymous=True)
def token(call: Call) -> Answer:
    """Tokens for a code, for a refresh token, or for the application itself."""
    form = {name: values[0] for name, values in parse_qs(call.content.decode(errors="replace")).items()}
    try:
        _check_orders(call)
        _check_client(call, form)
        return plain(_granted(call, form), headers={"Cache-Control": "no-store"})
    except EntraError as error:
        return plain(_error(error), status=error.status)


def _check_orders(call: Call) -> None:
    """Refuse with what was ordered."""
    if call.fake.settings.entra_token_error:
        word, number, sentence = call.fake.settings.entra_token_error.split("|", 2)
        raise EntraError(word, int(number), sentence, status=401 if word == "invalid_client" else 400)


def _check_client(call: Call, form: dict[str, str]) -> None:
    if form.get("client_assertion_type") == _ASSERTION and form.get("client_assertion", "").count(".") == 2:
        return
    if form.get("client_secret") != call.fake.settings.entra_secret:
        raise EntraError("invalid_client", 7000215, "Invalid client secret provided.", status=401)


def _granted(call: Call, form: dict[str, str]) -> dict[str, Any]:
    entra, settings = call.fake.entra, call.fake.settings
    kind = form.get("grant_type")
    if kind == "authorization_code":
        return entra.tokens(entra.redeem(form), settings.entra_token_seconds)
    if kind == "refresh_token":
        grant = entra.refresh(form, is_dead=settings.entra_refresh_is_dead)
        return entra.tokens(grant, settings.entra_token_seconds)
    if kind == "client_credentials" and form.get("scope") == f"{RESOURCE}/.default":
        home, identity = entra.person(call.fake, settings.entra_account)
        grant = Grant(home, identity, form.get("client_id", ""), form["scope"], "", "", "")
        return entra.tokens(grant, settings.entra_token_seconds)
    raise EntraError("unsupported_grant_type", 70003, f"The app requested an unsupported grant type '{kind}'.")


def _error(error: EntraError) -> dict[str, Any]:
    identifier = "00000000-0000-4000-8000-000000000000"
    return {
        "error": error.word,
        "error_description": f"{error} Trace ID: {identifier} Correlation ID: {identifier}",
        "error_codes": [error.number],
        "trace_id": identifier,
        "correlation_id": identifier,
        "error_uri": f"https://login.microsoftonline.com/error?code={error.number}",
    }
