"""User aliases: Graph's users, each with the identity that has its storage key; the whole list, compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from shared.ado.endpoints import graph, ims
from shared.flow.merging import merged
from shared.flow.users import UserAlias
from shared.mapping.users import to_user_alias
from shared.streams.base import Batch, Skip, Slice
from shared.streams.whole_lists import batches_of, changed, lots

LOT: Final = 50
"""Descriptors in a request: about 70 characters each, in a URL that should stay below 4,000."""


def read_users(slice_: Slice) -> Iterator[Batch]:
    """Pages of Graph users, and one request for the identities of each ``LOT`` of them.

    Who is listed no more is kept, as inactive: old pull requests and tickets still name them. A user without an
    identity has no id that anything could refer to, and is skipped.
    """
    stored = {user.id: user for user in slice_.stored.all(UserAlias)}
    users = [item for page in slice_.client.pages(graph.USERS) for item in page.items]
    identities = _identities(slice_, [str(user.get("descriptor")) for user in users])
    listed: dict[str, UserAlias] = {}
    skips: list[Skip] = []
    for user in users:
        descriptor = str(user.get("descriptor"))
        if descriptor not in identities:
            skips.append(Skip("users", descriptor, "not_found", "no identity has this descriptor"))
            continue
        alias = to_user_alias(user, identities[descriptor], integration_id=slice_.integration_id)
        listed[alias.id] = _as_merged(alias, stored.get(alias.id))
    left = [replace(user, is_active=False) for user in stored.values() if user.id not in listed]
    rows = changed(merged([*listed.values(), *left]), stored)
    for batch in batches_of(slice_, rows, read=len(users)):
        yield replace(batch, skips=tuple(skips))
        skips = []


def _identities(slice_: Slice, descriptors: list[str]) -> dict[str, dict[str, Any]]:
    """Identities by subject descriptor; those that are unknown are not among them."""

    def ask(lot: list[str]) -> list[dict[str, Any]]:
        pages = slice_.client.pages(ims.IDENTITIES, query={"subjectDescriptors": ",".join(lot)})
        return [item for page in pages for item in page.items if item]

    found = (identity for lot in slice_.map(ask, lots(descriptors, LOT)) for identity in lot)
    return {str(identity.get("subjectDescriptor")): identity for identity in found}


def _as_merged(alias: UserAlias, stored: UserAlias | None) -> UserAlias:
    """``alias`` under the person it has been merged with, which the source knows nothing about."""
    return replace(alias, apex_user_id=stored.apex_user_id) if stored else alias
