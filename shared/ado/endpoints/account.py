"""The signed-in user and the organisations they belong to. Bearer tokens and global access tokens only."""

from __future__ import annotations

from typing import Final

from shared.ado.endpoint import APP_VSSPS, LEARN, Endpoint

PROFILE: Final = Endpoint(
    host=APP_VSSPS,
    path="_apis/profile/profiles/{id}",
    items=None,
    scope="vso.profile",
    in_organization=False,
    docs=LEARN + "profile/profiles/get",
)
"""``id`` = ``me``: ``publicAlias``, ``emailAddress``, ``displayName``."""

ACCOUNTS: Final = Endpoint(
    host=APP_VSSPS,
    path="_apis/accounts",
    scope="vso.profile",
    in_organization=False,
    docs=LEARN + "account/accounts/list",
)
"""By ``memberId`` = ``publicAlias`` of the profile: ``accountName``, ``accountStatus``."""
