"""What Microsoft Entra ID says when it refuses, in plain words and with what a person can do about it.

Programs are to act on the OAuth word (``invalid_grant``); the AADSTS numbers may change and serve for the wording.
Source: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from shared.errors import ConnectorError, CredentialError, TransientError

MAX_SAID: Final = 500
"""Characters of Microsoft's own sentence that are kept."""
RECONNECT: Final = "oauth.reconnect_needed"

_BEGIN_AGAIN: Final = "Begin the sign-in again."
_OPERATOR: Final = "Nothing can be done by the person who signs in: the operator of this app has to"

_NUMBER = re.compile(r"AADSTS(\d{4,8})")
_LONG_RUN = re.compile(r"[A-Za-z0-9+/_=.-]{40,}")
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a refusal means. ``whose``: who can mend it; ``later``: it mends itself."""

    code: str
    message: str
    remedy: str
    whose: Literal["person", "operator", "later"] = "person"


_DECLINED: Final = Meaning(
    "oauth.denied", "the sign-in was cancelled, or consent was declined", f"{_BEGIN_AGAIN} Accept the permissions."
)
_CONSENT: Final = Meaning(
    "oauth.consent_needed",
    "nobody has consented to this app yet",
    "Begin the sign-in again and accept the permissions, or let an administrator consent at {admin_consent}.",
)
_ADMIN_CONSENT: Final = Meaning(
    "oauth.admin_consent_needed",
    "in this directory an administrator has to consent: users may not consent to apps, or not to one whose publisher "
    "is not verified",
    "Ask an administrator of the directory to consent once at {admin_consent}, then begin the sign-in again.",
)
_NOT_IN_TENANT: Final = Meaning(
    "oauth.app_not_in_tenant",
    "this app or Azure DevOps is not known in the directory",
    "Use Azure DevOps once with an account of the directory, let an administrator consent at {admin_consent}, then "
    "begin the sign-in again.",
)
_WRONG_TENANT: Final = Meaning(
    "oauth.wrong_tenant",
    "the account belongs to a directory that this app does not accept, or is a personal Microsoft account",
    "Sign in with a work or school account of the directory that the Azure DevOps organization is connected to; for "
    "personal Microsoft accounts use an access token.",
)
_NOT_ASSIGNED: Final = Meaning(
    "oauth.not_assigned",
    "the account is not assigned to this app in its directory",
    "Ask an administrator to assign the account to the enterprise application, then begin the sign-in again.",
)
_MFA: Final = Meaning(
    "oauth.mfa_needed",
    "multi-factor authentication is needed",
    f"{_BEGIN_AGAIN} Complete the second factor; it may have to be set up first.",
)
_DEVICE: Final = Meaning(
    "oauth.device_policy",
    "a policy asks for a device that is registered, joined or compliant",
    "Sign in from a managed device, or ask an administrator to exempt the service account.",
)
_CONDITIONAL_ACCESS: Final = Meaning(
    "oauth.conditional_access",
    "a conditional access policy blocks the sign-in",
    "Ask an administrator to let the service account use this app from where it runs, then sign in again.",
)
_CODE_OVER: Final = Meaning("oauth.code_invalid", "the sign-in took too long, or was used before", _BEGIN_AGAIN)
GRANT_OVER: Final = Meaning(
    RECONNECT,
    "the sign-in has ended: it was revoked, its password was changed, or it was not used for too long",
    "Sign in with Microsoft again.",
)
_ACCOUNT: Final = Meaning(
    "oauth.account_unavailable",
    "the account is disabled or not found in its directory",
    "Ask an administrator to enable the account, or sign in with another one.",
)
APP_CREDENTIAL: Final = Meaning(
    "oauth.app_credential",
    "this app's own credential is wrong or has expired",
    f"{_OPERATOR} renew the client secret or the federated credential.",
    "operator",
)
_MISCONFIGURED: Final = Meaning(
    "oauth.misconfigured",
    "this app is not registered with Microsoft Entra ID as it should be",
    f"{_OPERATOR} compare redirect URI, permissions and account types of the registration with the documentation.",
    "operator",
)
_LATER: Final = Meaning(
    "oauth.entra_unavailable", "Microsoft Entra ID has trouble at the moment", "Try again in a few minutes.", "later"
)
_OTHER: Final = Meaning("oauth.refused", "Microsoft Entra ID has refused the sign-in", _BEGIN_AGAIN)

_NUMBERS: Final[Mapping[Meaning, tuple[int, ...]]] = {
    _DECLINED: (65004,),
    _CONSENT: (65001,),
    _ADMIN_CONSENT: (90093, 90094, 90095, 900941),
    _NOT_IN_TENANT: (500011, 650051, 650052, 700016),
    _WRONG_TENANT: (50020, 90002, 900023, 500208),
    _NOT_ASSIGNED: (50105,),
    _MFA: (50072, 50074, 50076, 50078, 50079, 50158),
    _DEVICE: (50097, 53000, 53001, 530002, 530003),
    _CONDITIONAL_ACCESS: (53002, 53003, 53004),
    _CODE_OVER: (54005, 501481, 500112, 9002313),
    GRANT_OVER: (50173, 70008, 70043, 700082, 700084, 70000, 700081),
    _ACCOUNT: (50034, 50053, 50055, 50057),
    APP_CREDENTIAL: (7000215, 7000222, 700021, 700024, 700027, 70021, 700211, 700213, 7000218),
    _MISCONFIGURED: (50011, 50194, 650056, 70001, 70003, 70011, 90008, 90100, 900144, 9002325),
    _LATER: (50196, 90033),
}
MEANINGS: Final[Mapping[int, Meaning]] = {
    number: meaning for meaning, numbers in _NUMBERS.items() for number in numbers
}
"""AADSTS number -> what it means."""

WORDS: Final[Mapping[str, Meaning]] = {
    "access_denied": _DECLINED,
    "consent_required": _CONSENT,
    "interaction_required": _MFA,
    "login_required": GRANT_OVER,
    "invalid_grant": GRANT_OVER,
    "invalid_client": APP_CREDENTIAL,
    "unauthorized_client": _MISCONFIGURED,
    "invalid_request": _MISCONFIGURED,
    "invalid_scope": _MISCONFIGURED,
    "invalid_resource": _NOT_IN_TENANT,
    "unsupported_grant_type": _MISCONFIGURED,
    "unsupported_response_type": _MISCONFIGURED,
    "server_error": _LATER,
    "temporarily_unavailable": _LATER,
}
"""OAuth ``error`` -> what it means where no number says more."""


class NotConfiguredError(TransientError):
    """Signing in is not set up: until the operator does it, messages wait."""

    def __init__(self) -> None:
        super().__init__(
            "signing in with Microsoft Entra ID is not set up",
            code="oauth_not_configured",
            remedy="Use an access token, or ask the operator to set OAUTH_CLIENT_ID and PUBLIC_BASE_URL.",
        )


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal of Entra: its meaning, and its own sentence as harmless text."""

    meaning: Meaning
    said: str | None
    remedy: str

    @property
    def error(self) -> ConnectorError:
        """As an error: the person's to mend, or trouble that may pass."""
        kind = CredentialError if self.meaning.whose == "person" else TransientError
        error = kind(self.meaning.message, code=self.meaning.code, remedy=self.remedy)
        error.facts = self
        return error


def read_refused(answer: Mapping[str, Any], *, client_id: str, tenant: str) -> Refused:
    """Read ``error``, ``error_description`` and ``error_codes``, from a redirect or from the token endpoint."""
    description = str(answer.get("error_description") or "")
    meaning = _meaning(str(answer.get("error") or ""), _numbers(answer.get("error_codes"), description))
    where = f"https://login.microsoftonline.com/{tenant}/adminconsent?client_id={client_id}"
    return Refused(meaning, plain(description) or None, meaning.remedy.replace("{admin_consent}", where))


def reconnect_needed(refused: Refused) -> CredentialError:
    """The end of a grant: only the person can renew it."""
    remedy = refused.remedy
    if refused.meaning is not GRANT_OVER:
        remedy = f"{remedy} Then sign in with Microsoft again and replace the credential."
    return CredentialError(refused.meaning.message, code=RECONNECT, remedy=remedy)


def plain(text: str) -> str:
    """One line of visible characters, cut, without anything that could be a token."""
    printable = "".join(c if c.isprintable() else " " for c in text[: 4 * MAX_SAID])
    # Trace, correlation and time stamp say nothing to a person.
    sentence = re.split(r"\s+Trace ID:", printable, maxsplit=1)[0]
    masked = _LONG_RUN.sub(lambda run: run.group() if _GUID.fullmatch(run.group()) else "***", sentence)
    return " ".join(masked.split())[:MAX_SAID]


def _numbers(codes: Any, description: str) -> list[int]:
    listed = [code for code in codes if isinstance(code, int)] if isinstance(codes, list) else []
    return [*listed, *(int(number) for number in _NUMBER.findall(description[: 4 * MAX_SAID]))]


def _meaning(word: str, numbers: list[int]) -> Meaning:
    known = [MEANINGS[number] for number in numbers if number in MEANINGS]
    return known[0] if known else WORDS.get(word, _OTHER)
