"""The fake as a whole: its organisations and what was set about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.fake_ado.entra import Entra
from local.fake_ado.faults import Faults
from local.fake_ado.hooks.delivery import Hub
from local.fake_ado.model import Identity, Organization, Token
from local.fake_ado.requestlog import RequestLog
from local.fake_ado.settings import FakeSettings
from local.fake_ado.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import Iterable


class Fake:
    """Everything that one server plays."""

    def __init__(self, organizations: Iterable[Organization] = (), settings: FakeSettings | None = None) -> None:
        self.organizations: dict[str, Organization] = {}
        self.settings = settings or FakeSettings()
        self.faults = Faults()
        self.throttle = Throttle()
        self.requests = RequestLog()
        self.hub = Hub(self)
        self.entra = Entra()
        for organization in organizations:
            self.add(organization)

    def add(self, organization: Organization) -> None:
        """Play this organisation too."""
        self.organizations[organization.name.lower()] = organization
        # A function, not the bound method: copying an organisation must not copy the running hub.
        hub = self.hub
        organization.on_event = lambda event: hub.accept(event)

    def rename(self, old: str, new: str) -> None:
        """Give an organisation another name: its id stays, all addresses change, the old name is nobody's."""
        organization = self.organizations.pop(old.lower())
        organization.name = new
        self.organizations[new.lower()] = organization

    def find_organization(self, name: str) -> Organization | None:
        """By name, in any case."""
        return self.organizations.get(name.lower())

    def find_token(self, value: str) -> tuple[Organization, Token] | None:
        """A token, with the organisation it was made in."""
        for organization in self.organizations.values():
            token = organization.tokens.get(value)
            if token is not None:
                return organization, token
        return None

    def find_identity(self, identity_id: str) -> Identity | None:
        """Somebody of any organisation."""
        for organization in self.organizations.values():
            if identity_id in organization.identities:
                return organization.identities[identity_id]
        return None
