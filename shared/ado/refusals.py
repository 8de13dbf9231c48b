"""What a refusal of Azure DevOps means: read from codes and type keys, said in plain words.

Azure DevOps tells its refusals apart badly: a sign-in page may be a 200, a missing scope looks like a bad token, and
the wrong tenant like throttling. Where one reply cannot decide, the client asks a second question
(``shared.ado.client``). Error bodies: ``message`` begins with a code (TF400813, VS403463), ``typeKey`` is the class.
Sources: https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits and the official clients'
error handling (https://github.com/microsoft/azure-devops-python-api, ``client.py``)
"""

from __future__ import annotations

from typing import Final

from shared.ado import remedies
from shared.ado.endpoint import Endpoint
from shared.ado.refusal import Refusal
from shared.errors import ConnectorError, ContractError, CredentialError, TransientError, UnavailableError

DEFAULT_PAUSE_SECONDS: Final = 60.0
"""How long to wait after a 429 that does not say."""

ANONYMOUS: Final = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"
"""The identity of a caller whom Azure DevOps does not know."""

PROJECT_GONE: Final = frozenset({"TF200016", "VS800075"})
PROJECT_GONE_TYPES: Final = "ProjectDoesNotExist"
REPOSITORY_GONE: Final = frozenset({"TF401019"})
VERSION_TYPES: Final = frozenset(
    {"VssVersionOutOfRangeException", "VssInvalidPreviewVersionException", "VssVersionNotSpecifiedException"}
)


def error_of(endpoint: Endpoint, refusal: Refusal, *, bearer: bool = False, accepted: bool = False) -> ConnectorError:
    """The error that says what happens next.

    ``bearer``: the credential is an Entra token. ``accepted``: Azure DevOps has accepted it before. A CredentialError
    made of a 401, a sign-in page, a redirect or a 404 is only a suspicion: ``Refusal.is_suspicion``.
    """
    error = _error_of(endpoint, refusal, bearer=bearer, accepted=accepted)
    error.facts = refusal
    return error


def _error_of(endpoint: Endpoint, refusal: Refusal, *, bearer: bool, accepted: bool) -> ConnectorError:
    status = refusal.status
    if status == 429 or (status >= 400 and refusal.code == "TF400733"):
        if bearer and not accepted and refusal.looks_like_wrong_tenant:
            return _credential("wrong_tenant")
        return throttled(endpoint, refusal.retry_after or DEFAULT_PAUSE_SECONDS)
    if status >= 500 or status == 408:
        return TransientError(
            f"Azure DevOps had trouble with {endpoint.route} (status {status})",
            code="server.trouble",
            retry_after=refusal.retry_after,
        )
    if refusal.code == "VS403463":
        return _credential("conditional_access")
    if refusal.type_key in VERSION_TYPES:
        return ContractError(
            f"Azure DevOps does not know version {endpoint.api_version} of {endpoint.route}", code="api_version"
        )
    if status == 401 or refusal.is_sign_in_page:
        return _for_sign_in(_unauthorized(endpoint, refusal), refusal) if bearer else _unauthorized(endpoint, refusal)
    return _denied(endpoint, refusal)


def throttled(endpoint: Endpoint, seconds: float) -> TransientError:
    """Azure DevOps asked us to wait ``seconds``."""
    return TransientError(
        f"Azure DevOps asked us to wait {seconds:.0f} s before {endpoint.route}",
        code="throttled",
        retry_after=seconds,
        throttled=True,
        remedy=remedies.REMEDIES["throttled"],
    )


def scope_missing(endpoint: Endpoint, refusal: Refusal) -> CredentialError:
    """The token works, but not for this operation."""
    name = remedies.SCOPE_NAMES.get(endpoint.scope or "", "")
    message = f"the token lacks the scope {name} ({endpoint.scope})" if name else "the token lacks a scope"
    error = CredentialError(message, code="scope.missing", remedy=remedies.REMEDIES["scope.missing"])
    error.facts = refusal
    return error


def refusal_of(error: BaseException) -> Refusal | None:
    """What Azure DevOps said, if ``error`` comes from a reply of it."""
    facts = getattr(error, "facts", None)
    return facts if isinstance(facts, Refusal) else None


def _unauthorized(endpoint: Endpoint, refusal: Refusal) -> ConnectorError:
    if endpoint.anonymous:
        return ContractError(f"{endpoint.route} asked for a credential", code="reply.sign_in")
    if refusal.retry_after is not None:
        # Throttled callers have been told 401; a token is never judged by such an answer.
        return throttled(endpoint, refusal.retry_after)
    if refusal.says_expired:
        return _credential("credentials.expired")
    if refusal.says_global_token_blocked:
        return _credential("policy.global_pat")
    if refusal.code == "VS30063" or (refusal.code == "TF400813" and refusal.names_a_user):
        return _credential("credentials.foreign")
    if refusal.known_caller and endpoint.scope:
        return scope_missing(endpoint, refusal)
    return _credential("credentials.rejected")


def _for_sign_in(error: ConnectorError, refusal: Refusal) -> ConnectorError:
    """A sign-in's refusal in words that fit it: nobody has copied a token."""
    if not isinstance(error, CredentialError):
        return error
    if refusal.wants_claims:
        return _credential("oauth.reconnect_needed")
    remedy = remedies.SIGN_IN_REMEDIES.get(error.code, error.remedy)
    return CredentialError(str(error), code=error.code, remedy=remedy)


def _denied(endpoint: Endpoint, refusal: Refusal) -> ConnectorError:
    code, status = refusal.code or "", refusal.status
    if code in PROJECT_GONE or refusal.type_key.startswith(PROJECT_GONE_TYPES):
        return _unavailable("project.unavailable")
    if code in REPOSITORY_GONE or refusal.type_key == "GitRepositoryNotFoundException":
        return _unavailable("repository.unavailable")
    if status == 403 or refusal.type_key == "AccessCheckException":
        return _forbidden(endpoint, refusal)
    if status == 404:
        return _missing(endpoint, refusal)
    if 300 <= status < 400:
        return _credential("organization.moved")
    return ContractError(
        f"Azure DevOps refused {endpoint.route}: status {status}, {refusal.summary}", code="request.refused"
    )


def _forbidden(endpoint: Endpoint, refusal: Refusal) -> ConnectorError:
    license_ = refusal.type_key == "MissingLicenseException" or refusal.code == "TF400409"
    name = "license.missing" if license_ else "permission.missing"
    return _unavailable(name) if endpoint.about_one_project else _credential(name)


def _missing(endpoint: Endpoint, refusal: Refusal) -> ConnectorError:
    if endpoint.about_one_project:
        return _unavailable("project.unavailable")
    if refusal.type_key or endpoint.anonymous:
        return _unavailable("not_found")
    return _credential("organization.not_found")


def _credential(code: str) -> CredentialError:
    return CredentialError(remedies.MESSAGES[code], code=code, remedy=remedies.REMEDIES[code])


def _unavailable(code: str) -> UnavailableError:
    return UnavailableError(remedies.MESSAGES[code], code=code, remedy=remedies.REMEDIES[code])
