"""The password that Azure DevOps sends with each event: one for each integration, changed without a gap.

A new one is written down and accepted first, and used once every worker knows it; the one before is accepted until no
event with it can be on its way. Its name is stored before it is, so that a deletion finds it.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from shared.errors import CredentialError
from shared.vault import Secret, new_secret_name

if TYPE_CHECKING:
    from shared.services import Services
    from shared.webhooks.state import HookState

GOOD_FOR: Final = timedelta(days=90)
KNOWN_AFTER: Final = timedelta(minutes=11)
"""Workers keep names for five minutes, and what the vault said for five."""
ON_THEIR_WAY: Final = timedelta(hours=48)
"""Azure DevOps repeats an event for up to 36 hours."""


def user_name(secret_name: str) -> str:
    """The subscription's user name: it shows which secret a subscription uses, as the password is masked."""
    return f"flow-{hashlib.sha256(secret_name.encode()).hexdigest()[:12]}"


def turn(services: Services, state: HookState, *, now: datetime) -> HookState:
    """One step further with an integration's secrets; afterwards ``secret_name`` is in the vault. Stores the state."""
    if not state.secret_name:
        state = _put(services, replace(state, secret_name=new_secret_name(state.integration_id), secret_at=now))
    elif state.next_name and state.next_at and now - state.next_at >= KNOWN_AFTER:
        state = _put(services, _swapped(state, now))
    elif not state.next_name and not state.former_name and state.secret_at and now - state.secret_at >= GOOD_FOR:
        state = _put(services, replace(state, next_name=new_secret_name(state.integration_id), next_at=now))
    elif state.former_name and state.former_at and now - state.former_at >= ON_THEIR_WAY:
        services.vault.delete(state.former_name)
        state = _put(services, replace(state, former_name="", former_at=None))
    for name in (state.secret_name, state.next_name):
        _make_sure(services, name)
    return state


def _swapped(state: HookState, now: datetime) -> HookState:
    return replace(
        state,
        secret_name=state.next_name,
        secret_at=now,
        next_name="",
        next_at=None,
        former_name=state.secret_name,
        former_at=now,
    )


def _put(services: Services, state: HookState) -> HookState:
    services.hooks.put(state)
    return state


def _make_sure(services: Services, name: str) -> None:
    if not name:
        return
    try:
        services.vault.get(name)
    except CredentialError:
        services.vault.put(name, Secret(secrets.token_urlsafe(32)))


def delete(services: Services, state: HookState) -> None:
    """Delete all of an integration's; those that are gone are fine."""
    for name in state.secret_names:
        services.vault.delete(name)
