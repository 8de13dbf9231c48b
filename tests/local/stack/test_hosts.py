"""A stack that plays against a fake knows no other way to Azure DevOps and Entra."""

from __future__ import annotations

import json

from local.stack import StackOptions, app_settings
from local.vault.server import VaultServer
from shared.ado.hosts import HOSTS

URL = "http://127.0.0.1:9000"


def test_every_host_leads_to_the_url_that_plays_it(tmp_path):
    with VaultServer(tmp_path, in_memory=True) as vault:
        settings = app_settings(StackOptions(ado_url=URL), "storage", vault)
    assert json.loads(settings["ADO_HOSTS"]) == {host: f"{URL}/{host}" for host in HOSTS}
