"""What Azure DevOps answered, judged check by check: pure functions from answers to checks with their remedies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

from shared import checks as ids
from shared.checks import SCOPES, Checks
from shared.errors import ConnectorError, CredentialError, TransientError, UnavailableError
from shared.probes import Found

EXPIRES_SOON_DAYS: Final = 30

_VERIFY_TOKEN: Final = "Verify the token, or create a new one in this organization with all six scopes."  # noqa: S105 - a sentence
_TRY_AGAIN: Final = "Try again in a few minutes."
_NO_ACCOUNT: Final = frozenset({"organization.not_found", "organization.moved"})
# The credential has just been accepted: refused now, it is the scope.
_SCOPE_REFUSED: Final = frozenset(
    {"scope.missing", "credentials.rejected", "credentials.expired", "credentials.foreign"}
)
# The scope is looked at before the thing that was asked for.
_SCOPE_PASSED: Final = frozenset({"project.unavailable", "repository.unavailable", "not_found"})


def trouble(error: ConnectorError) -> str:
    """Why a check could not be made, as a sentence that blames no credential."""
    if isinstance(error, TransientError) and error.throttled:
        return "Azure DevOps is slowing this account down (throttling), so this could not be checked. " + _TRY_AGAIN
    if isinstance(error, TransientError) and error.code == "probe.timeout":
        return f"Azure DevOps gave {error}. {_TRY_AGAIN}"
    if error.code.startswith("vault."):
        return f"The stored credential could not be read: {error}. {_TRY_AGAIN}"
    if isinstance(error, TransientError):
        return f"Azure DevOps could not be asked: {error}. {_TRY_AGAIN}"
    return f"Azure DevOps answered in a way that is not understood: {error}."


def judge_organization(checks: Checks, organization: str, location: Found, connection: Found) -> None:
    """Whether the organisation exists; an answered call is better proof than the directory's silence."""
    if not isinstance(connection, ConnectorError):
        checks.passed(ids.ORGANIZATION, f"The organization {organization} exists.")
    elif location is None or location_denies(location) or connection.code in _NO_ACCOUNT:
        checks.failed(
            ids.ORGANIZATION,
            f"There is no Azure DevOps organization {organization}.",
            "Verify the base URL; the organization may have been renamed, moved or deleted.",
        )
    elif isinstance(connection, TransientError) and connection.throttled:
        checks.undecided(ids.ORGANIZATION, trouble(connection))
    elif isinstance(location, ConnectorError) and isinstance(connection, TransientError):
        checks.failed(ids.ORGANIZATION, trouble(connection), "Check that Azure DevOps is up, and try again.")
    elif isinstance(location, ConnectorError):
        checks.passed(ids.ORGANIZATION, f"The organization {organization} answers.")
    else:
        checks.passed(ids.ORGANIZATION, f"The organization {organization} exists.")


def location_denies(location: Found) -> bool:
    """Whether the anonymous look-up says that there is no such organisation."""
    return isinstance(location, ConnectorError) and location.code in {"not_found", *_NO_ACCOUNT}


def judge_credentials(checks: Checks, error: ConnectorError) -> None:
    """Why the token was refused, told apart as finely as Azure DevOps does."""
    if not isinstance(error, CredentialError):
        checks.undecided(ids.CREDENTIALS, trouble(error))
        return
    detail, remedy = _sentence(str(error)), error.remedy or _VERIFY_TOKEN
    if error.code == "conditional_access":
        checks.failed(ids.CONDITIONAL_ACCESS, detail, remedy)
    elif error.code == "permission.missing":
        checks.passed(ids.CREDENTIALS, "Azure DevOps knows the account.")
        checks.failed(ids.VIEW_INSTANCE, "The account may not look into the organization.", _view_remedy())
    elif error.code not in _NO_ACCOUNT:
        checks.failed(ids.CREDENTIALS, detail, remedy)
        if error.code == "credentials.expired":
            checks.failed(ids.TOKEN_EXPIRY, "Azure DevOps says that the token has expired.", remedy)


def judge_email(checks: Checks, typed: str | None, known: Iterable[str], looked_at: Sequence[Found]) -> None:
    """Whether what was typed is exactly one of the account's addresses, capitals included. None: it was signed in."""
    addresses = list(dict.fromkeys(known))
    if typed is None:
        checks.passed(ids.EMAIL, f"The sign-in names the account: {addresses[0] if addresses else 'without address'}.")
        return
    if typed in addresses:
        checks.passed(ids.EMAIL, "This is the account's address, in its exact spelling.")
        return
    if any(isinstance(found, TransientError) for found in looked_at):
        checks.in_trouble(ids.EMAIL, "Not all addresses of the account could be read.", _TRY_AGAIN)
        return
    alike = [address for address in addresses if address.casefold() == typed.casefold()]
    if alike:
        detail = f"The address differs in capitals only: Azure DevOps spells it {alike[0]}."
        checks.failed(ids.EMAIL, detail, f"Verify the email: enter it exactly as {alike[0]}.")
    elif addresses:
        detail = f"The token belongs to another account: {addresses[0]}."
        checks.failed(ids.EMAIL, detail, "Verify the email and the base URL; enter the token owner's own address.")
    else:
        checks.failed(
            ids.EMAIL, "Azure DevOps tells no address of the token's owner.",
            "Use a token of a user account, best a service account with an address of its own.",
        )  # fmt: skip


def judge_scope(checks: Checks, scope: str, found: Found) -> None:
    """Whether the token has a scope, by a request that needs exactly that one."""
    name = SCOPES[scope]
    code = found.code if isinstance(found, ConnectorError) else None
    # A project's own 403 comes after the scope has been looked at.
    in_project = code == "permission.missing" and isinstance(found, UnavailableError)
    if code is None or code in _SCOPE_PASSED or in_project:
        checks.passed(scope, f"The token has {name}.")
    elif code in _SCOPE_REFUSED:
        checks.failed(
            scope, f"The token lacks the scope {name}.",
            f"Review the token's scopes in Azure DevOps: select {name}, save, and test again.",
        )  # fmt: skip
    elif code == "conditional_access":
        checks.failed(ids.CONDITIONAL_ACCESS, _sentence(str(found)), found.remedy or _TRY_AGAIN)
    elif code in ("permission.missing", "license.missing"):
        if checks.status(ids.VIEW_INSTANCE) != "failed":  # else that is why, and says so
            detail = f"The scope {name} could not be used: {found}."
            checks.failed(scope, detail, found.remedy or "Review the account's permissions.")
    else:
        checks.undecided(scope, trouble(found))


def judge_permissions(checks: Checks, view: Found, administrator: Found) -> None:
    """Whether the account may see the organisation, and whether it may make service hooks everywhere."""
    if administrator is True:
        checks.passed(ids.ADMINISTRATOR, "The account is a Project Collection Administrator.")
    elif _is_no(administrator):
        checks.warned(
            ids.ADMINISTRATOR,
            "The account is no Project Collection Administrator. Webhooks are not available; data is read on a"
            " schedule.",
            "For webhooks, make the account a Project Collection Administrator.",
        )
    else:
        detail = trouble(administrator)
        checks.skipped(ids.ADMINISTRATOR, f"{detail} Webhooks are not available until this has been checked.")
    if view is True or administrator is True:
        checks.passed(ids.VIEW_INSTANCE, "The account may view instance-level information.")
    elif _is_no(view):
        checks.failed(ids.VIEW_INSTANCE, "The account may not view instance-level information.", _view_remedy())
    elif isinstance(view, TransientError):
        checks.undecided(ids.VIEW_INSTANCE, trouble(view))
    else:
        checks.skipped(ids.VIEW_INSTANCE, trouble(view))


def _is_no(permission: Found) -> bool:
    """Whether the account certainly lacks it. A 401 says nothing: no scope is documented for such questions."""
    return permission is False or (isinstance(permission, CredentialError) and permission.code == "permission.missing")


def _view_remedy() -> str:
    return (
        "In the organization's settings, under Permissions, allow the account View instance-level information, or make"
        " it a Project Collection Administrator."
    )


def judge_expiry(checks: Checks, expires_on: date | None, today: date) -> None:
    """What is known of the token's end: only what the customer said."""
    if expires_on is None:
        checks.skipped(ids.TOKEN_EXPIRY, "A token cannot tell when it expires; give expires_on to be reminded.")
        return
    days = (expires_on - today).days
    left = f"The token expires in {days} {'day' if days == 1 else 'days'}, on {expires_on.isoformat()}."
    if days > EXPIRES_SOON_DAYS:
        checks.passed(ids.TOKEN_EXPIRY, left)
    elif days > 0:
        checks.warned(ids.TOKEN_EXPIRY, left, "Create a new token in good time and replace this one.")
    else:
        checks.warned(
            ids.TOKEN_EXPIRY,
            f"By the date given the token expired on {expires_on.isoformat()}, yet Azure DevOps accepts it.",
            "Verify the date; create a new token in good time and replace this one.",
        )


def judge_date(checks: Checks, expires_on: date | None, today: date) -> None:
    """Whether a token that was refused has expired by the date that the customer gave."""
    if expires_on is not None and expires_on <= today and checks.status(ids.CREDENTIALS) == "failed":
        checks.failed(
            ids.TOKEN_EXPIRY,
            f"By the date given the token expired on {expires_on.isoformat()}.",
            "Create a new token in Azure DevOps and enter it here.",
        )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def first_id(items: Any, *path: str) -> str | None:
    """The id of the first item of a list that came; ``path`` leads to the object that has it."""
    for item in items if isinstance(items, list) else ():
        for step in path:
            item = item.get(step) if isinstance(item, dict) else None
        if isinstance(item, dict) and isinstance(item.get("id"), str):
            return str(item["id"])
    return None
