"""A connection test's words where a person has signed in: there is no token to copy and no address to type."""

from __future__ import annotations

from dataclasses import replace

from msgspec import structs

from shared.checks import SCOPES, TOKEN_EXPIRY
from shared.connection_answers import CheckAnswer
from shared.connections import Diagnosis


def for_sign_in(diagnosis: Diagnosis) -> Diagnosis:
    """The same diagnosis, said to somebody who has signed in."""
    checks = [_worded(check) for check in diagnosis.answer.checks]
    return replace(diagnosis, answer=structs.replace(diagnosis.answer, checks=checks))


def _worded(check: CheckAnswer) -> CheckAnswer:
    if check.id == TOKEN_EXPIRY and check.status == "skipped" and check.remedy is None:
        return CheckAnswer(check.id, check.status, "A sign-in has no date of expiry: it renews itself.")
    if check.id in SCOPES and check.status == "failed":
        name = SCOPES[check.id]
        return CheckAnswer(
            check.id, check.status, f"The sign-in lacks the permission {name}.",
            "Sign in with Microsoft again and accept every permission; an administrator may have to consent.",
        )  # fmt: skip
    return check
