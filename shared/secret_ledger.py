"""Secrets of integrations: each under a name of its own, which is written down before the secret is.

Key Vault can be listed only with a permission that the app does not need otherwise, so a name that nobody remembers
would stay forever. A worker that dies between two steps leaves a row here, and the timer deletes what it names.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from shared.errors import TransientError
from shared.storage import SECRETS
from shared.tables import Condition
from shared.vault import Secret, new_secret_name

if TYPE_CHECKING:
    from shared.integration_store import IntegrationStore
    from shared.tables import Row, Tables
    from shared.vault import Vault

GRACE: Final = timedelta(minutes=10)
"""Longer than any request may take: after that nobody is about to use a secret that no integration names."""

log = logging.getLogger(__name__)


class SecretLedger:
    """Table ``secrets``: PartitionKey integration id, RowKey the secret's name.

    Raises TransientError while tables or vault do not answer.
    """

    def __init__(
        self, tables: Tables, vault: Callable[[], Vault], integrations: IntegrationStore, clock: Callable[[], datetime]
    ) -> None:
        self._tables = tables
        self._vault = vault
        self._integrations = integrations
        self._clock = clock

    def keep(self, workspace: str, integration_id: str, value: Secret, expires_on: datetime | None = None) -> str:
        """Store a secret under a fresh name, and give the name."""
        name = new_secret_name(integration_id)
        row: Row = {"PartitionKey": integration_id, "RowKey": name, "workspace": workspace, "kept_at": self._clock()}
        self._tables.create(SECRETS, row)
        self._vault().put(name, value, expires_on)
        return name

    def delete(self, integration_id: str, name: str) -> None:
        """Delete a secret, then forget its name; one that is gone is fine."""
        self._vault().delete(name)
        self._tables.delete(SECRETS, [(integration_id, name)])

    def let_go(self, integration_id: str, name: str) -> None:
        """Delete a secret that is not needed any more; while the vault does not answer that is left to the timer."""
        try:
            self.delete(integration_id, name)
        except TransientError as e:
            log.warning("secret.left", extra={"integration_id": integration_id, "code": e.code})

    def sweep(self) -> None:
        """Delete the secrets that no integration uses, because whoever kept them did not come to an end."""
        old = {"kept_at": Condition("lt", self._clock() - GRACE)}
        for stored in self._tables.query(SECRETS, where=old):
            integration_id, name = str(stored.row["PartitionKey"]), str(stored.row["RowKey"])
            found = self._integrations.get(str(stored.row["workspace"]), integration_id)
            if found is None or found.secret_name != name:
                self.let_go(integration_id, name)
