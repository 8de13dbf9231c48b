"""Who is meant by ``Name <account>``: the text form of people in the reporting feeds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from shared.flow.users import UserAlias
from shared.mapping.text import split_account


@dataclass(frozen=True, slots=True)
class Person:
    """``id``: the user alias, None where the text does not tell exactly one. ``name``: the display name in the text;
    the whole text where nobody was found, as its account is all there is to find them by."""

    id: str | None
    name: str


class People:
    """The stored user aliases, to be found by account, whatever its case.

    An account that two aliases share means the active one; if that leaves more than one, nobody.
    """

    def __init__(self, users: Iterable[UserAlias]) -> None:
        self._by_username: defaultdict[str, list[UserAlias]] = defaultdict(list)
        self._by_email: defaultdict[str, list[UserAlias]] = defaultdict(list)
        self._known: dict[str, str] = {}
        for user in users:
            if user.username:
                self._by_username[user.username.lower()].append(user)
            if user.email:
                self._by_email[user.email.lower()].append(user)

    def know(self, account: str, alias_id: str) -> None:
        """Take ``account`` for the alias ``alias_id`` from now on, where it means nobody yet."""
        self._known.setdefault(account.lower(), alias_id)

    def named(self, text: str | None) -> Person | None:
        """The person of an identity field; None for an empty field."""
        if not text:
            return None
        name, account = split_account(text)
        found = self._find(account.lower()) if account else None
        return Person(found, name if found else text)

    def _find(self, account: str) -> str | None:
        # Service accounts are "Build\{guid}" in the feeds and only the second part in Graph.
        for key in (account, account.rpartition("\\")[2]):
            for index in (self._by_username, self._by_email):
                if found := _the_one(index.get(key, [])):
                    return found
        return self._known.get(account)


def _the_one(users: list[UserAlias]) -> str | None:
    if len(users) > 1:
        users = [user for user in users if user.is_active]
    return users[0].id if len(users) == 1 else None
