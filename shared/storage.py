"""Every table and queue by name, once. In Azure the template makes them; locally and in tests ``create_all`` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from shared.flow.catalog import ENTITIES
from shared.messages import QUEUES

if TYPE_CHECKING:
    from shared.queues import Queues
    from shared.tables import Tables

INTEGRATIONS: Final = "integrations"
"""PartitionKey: workspace. Integrations and their names."""
INTEGRATION_INDEX: Final = "integrationindex"
"""PartitionKey: integration id. Where an integration lives or lived, and how far its deletion is."""
WATERMARKS: Final = "watermarks"
"""PartitionKey: integration id. How far each stream is complete, who writes it, what failed; the sync's own state."""
RUNS: Final = "runs"
"""PartitionKey: integration id."""
RUN_STREAMS: Final = "runstreams"
"""PartitionKey: ``{integration}|{run}``."""
COVERAGE: Final = "coverage"
"""PartitionKey: ``{integration}|{kind}``. What was seen and not stored."""
PAUSES: Final = "pauses"
"""PartitionKey: a hash of organisation and token owner."""
API_REQUESTS: Final = "apirequests"
"""PartitionKey: workspace. Answers kept for repeated requests (``Idempotency-Key``), and counted connection tests."""
OAUTH_AUTHORIZATIONS: Final = "oauthauthorizations"
"""PartitionKey: authorization id. Sign-ins on their way to an integration."""
OAUTH_TOKENS: Final = "oauthtokens"
"""PartitionKey: integration id (an authorization's before it has one). Whose turn it is to renew a token set."""

SECRETS: Final = "secrets"
"""PartitionKey: integration id. Names of secrets in the vault; the timer clears what an integration has left."""
WEBHOOKS: Final = "webhooks"
"""PartitionKey: integration id. Subscriptions' secrets by name, events that were taken, what they ask to be read."""

OWNED_BY_INTEGRATION: Final = (
    *sorted({entity.TABLE for entity in ENTITIES}), COVERAGE, OAUTH_TOKENS, RUN_STREAMS, RUNS, WATERMARKS,
    WEBHOOKS,
)  # fmt: skip
"""Tables whose every PartitionKey begins with an integration id: what its deletion clears."""

TABLES: Final = (
    *OWNED_BY_INTEGRATION,
    INTEGRATIONS,
    INTEGRATION_INDEX,
    PAUSES,
    API_REQUESTS,
    OAUTH_AUTHORIZATIONS,
    SECRETS,
)


def create_all(tables: Tables | None = None, queues: Queues | None = None) -> None:
    """Make every table and every queue with its poison twin; those that exist are fine."""
    if tables:
        for table in TABLES:
            tables.create_table(table)
    if queues:
        for queue in QUEUES:
            queues.create_queue(queue)
            queues.create_queue(f"{queue}-poison")
