"""The function app: looks at the settings, registers the triggers of each family, and nothing else."""

from __future__ import annotations

import azure.functions as func

from functions import code, connections, entities, ingest, integrations, oauth, service, sync, tickets, webhooks
from shared.config import Settings

# With a wrong setting no function starts: messages wait in their queues, where each would have failed into poison.
Settings.from_env()

app = func.FunctionApp()
for family in (connections, oauth, integrations, entities, tickets, code, webhooks, service, sync, ingest):
    app.register_functions(family.bp)
