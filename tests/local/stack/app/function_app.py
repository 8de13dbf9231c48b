"""The smallest app that the stack can be tested with: health, and one thing kept in the vault and in a table."""

import os
import time

import azure.functions as func
from azure.core.credentials import AccessToken
from azure.data.tables import TableClient, TableServiceClient
from azure.keyvault.secrets import SecretClient

app = func.FunctionApp()
STORAGE = "AzureWebJobsStorage"


class Credential:
    def get_token(self, *scopes, **options):
        return AccessToken("development", int(time.time()) + 3600)


def _table() -> TableClient:
    return TableServiceClient.from_connection_string(os.environ[STORAGE]).create_table_if_not_exists("kept")


def _vault() -> SecretClient:
    options = {"verify_challenge_resource": False, "connection_verify": os.environ["LOCAL_VAULT_CA"]}
    return SecretClient(os.environ["KEY_VAULT_URL"], Credential(), **options)


@app.route("v1/health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def health(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("{}", status_code=200)


@app.route("v1/kept/{name}", methods=["PUT"], auth_level=func.AuthLevel.FUNCTION)
def keep(req: func.HttpRequest) -> func.HttpResponse:
    name, text = req.route_params["name"], req.get_body().decode()
    _vault().set_secret(name, text)
    _table().upsert_entity({"PartitionKey": "kept", "RowKey": name, "text": text})
    return func.HttpResponse(status_code=204)


@app.route("v1/kept/{name}", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
def kept(req: func.HttpRequest) -> func.HttpResponse:
    name = req.route_params["name"]
    row = _table().get_entity("kept", name)
    return func.HttpResponse(f"{_vault().get_secret(name).value} {row['text']}")
