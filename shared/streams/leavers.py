"""People whom revisions name and Graph lists no more: found among the identities by their account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from shared.ado.endpoints import ims
from shared.flow.merging import merged
from shared.flow.users import UserAlias
from shared.mapping.people import People
from shared.mapping.text import split_account
from shared.mapping.tickets import PEOPLE_FIELDS
from shared.mapping.users import accounts_of, identity_to_user_alias
from shared.streams.base import Slice

MOST_SEARCHES: Final = 200
"""In one slice; who is not found by then stays a text until the next."""


class Leavers:
    """Looks each unknown account up once in a slice."""

    def __init__(self, slice_: Slice, people: People) -> None:
        self._slice = slice_
        self._people = people
        self._tried: set[str] = set()

    def found(self, items: Iterable[dict[str, Any]]) -> Iterator[UserAlias]:
        """New aliases for people of these revisions; afterwards ``people`` knows them.

        Only an identity with exactly that account or address is meant, and only if there is just one. Where that is one
        whose alias is stored under a newer account, nothing is new.
        """
        for item in items:
            fields = item.get("fields") or {}
            for text in {str(fields[name]) for name in PEOPLE_FIELDS if fields.get(name)}:
                account = split_account(text)[1]
                person = self._people.named(text)
                if account is None or person is None or person.id is not None or account.casefold() in self._tried:
                    continue
                if len(self._tried) >= MOST_SEARCHES:
                    return
                self._tried.add(account.casefold())
                yield from self._search(account)

    def _search(self, account: str) -> Iterator[UserAlias]:
        """Source: https://learn.microsoft.com/rest/api/azure/devops/ims/identities/read-identities"""
        query = {"searchFilter": "AccountName", "filterValue": account}
        rows = [item for page in self._slice.client.pages(ims.IDENTITIES, query=query) for item in page.items if item]
        fits = [item for item in rows if account.casefold() in accounts_of(item)]
        if len(fits) != 1:
            return
        alias = identity_to_user_alias(fits[0], integration_id=self._slice.integration_id)
        stored = list(self._slice.stored.all(UserAlias))
        self._people.know(account, alias.id)
        if alias.id not in {one.id for one in stored}:
            apexes = {one.id: one.apex_user_id for one in merged([*stored, alias])}
            yield replace(alias, apex_user_id=apexes[alias.id])
