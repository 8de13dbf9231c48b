"""The function app: registers the triggers of each family and nothing else."""

from __future__ import annotations

import azure.functions as func

from functions import code, connections, entities, ingest, integrations, oauth, service, sync, tickets, webhooks

app = func.FunctionApp()
for family in (connections, oauth, integrations, entities, tickets, code, webhooks, service, sync, ingest):
    app.register_functions(family.bp)
