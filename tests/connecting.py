"""Trying connections on a fake Azure DevOps."""

from __future__ import annotations

from datetime import date
from typing import Any

from local.fake_ado.named_tokens import named_tokens
from shared.ado.auth import BearerAuth, PatAuth
from shared.ado.client import AdoClient
from shared.ado.hosts import Hosts
from shared.ado.transport import Timeouts
from shared.connections import Attempt, diagnose
from shared.credentials import NoCredential

TODAY = date(2026, 11, 24)
BASE_URL = "https://dev.azure.com/contoso"


def connecting(hosts, seconds=8.0):
    """How a client is made: no exchange takes longer than ``seconds``, none is repeated."""
    limits = Timeouts(seconds, seconds, seconds)

    def connect(organization, auth):
        return AdoClient(organization, auth or NoCredential(), hosts=hosts, timeouts=limits, retry_waits=())

    return connect


class Try:
    """A test with a named token of the fake, its owner's address unless told otherwise."""

    def __init__(
        self, fake, token="good", *, email=None, base_url=BASE_URL, expires_on=None, seconds=8.0, secret=None,
        bearer=False,
    ):  # fmt: skip
        organization = fake.organization("contoso")
        known = named_tokens(organization).get(token)
        owner = organization.identities.get(known.identity_id) if known else None
        value = secret or (known.value if known else token)
        attempt = Attempt(
            base_url=base_url,
            email=email or (owner.account if owner else "nobody@example.com"),
            auth=lambda: BearerAuth(lambda: value) if bearer else PatAuth(value),
            expires_on=expires_on,
            today=TODAY,
        )
        self.diagnosis = diagnose(connecting(Hosts(fake.hosts()), seconds), attempt, seconds)
        self.answer: Any = self.diagnosis.answer
        self.checks: dict[str, Any] = {check.id: check for check in self.answer.checks}

    @property
    def outcome(self):
        return self.answer.outcome

    def with_status(self, status):
        return [check.id for check in self.answer.checks if check.status == status]

    @property
    def failed(self):
        return self.with_status("failed")
