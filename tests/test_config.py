import pytest

from shared.config import SETTING_NAMES, Settings, SettingsError

NEEDED = {
    "AzureWebJobsStorage__accountName": "flowstore",
    "KEY_VAULT_URL": "https://flow.vault.azure.net/",
    "SYNC_SCHEDULE": "0 */15 * * * *",
}
DEVELOPMENT = {
    "AZURE_FUNCTIONS_ENVIRONMENT": "Development",
    "ADO_HOSTS": '{"dev.azure.com": "http://127.0.0.1:9/dev.azure.com/"}',
    "LOCAL_VAULT_CA": "/tmp/ca.pem",  # noqa: S108 - only a text here
}


def test_what_is_needed_is_enough():
    settings = Settings.from_env(NEEDED)
    assert settings.storage_account == "flowstore"
    assert settings.storage_connection is None
    assert settings.key_vault_url == "https://flow.vault.azure.net"
    assert (settings.workspace_claim, settings.rework_days, settings.auth_enabled) == ("tid", 30, False)
    assert (settings.development, settings.ado_hosts, settings.local_vault_ca) == (False, {}, None)


def test_every_setting_is_read():
    given = {
        **NEEDED,
        **DEVELOPMENT,
        "AzureWebJobsStorage": "UseDevelopmentStorage=true",
        "PUBLIC_BASE_URL": "https://flow.example/",
        "OAUTH_CLIENT_ID": "client",
        "OAUTH_TENANT": "tenant",
        "OAUTH_SECRET_NAME": "name",
        "AZURE_CLIENT_ID": "identity",
        "PORTAL_ORIGIN": "https://portal.example",
        "WORKSPACE_CLAIM": "org",
        "REWORK_DAYS": "21",
        "WEBSITE_AUTH_ENABLED": "True",
    }
    assert given.keys() == set(SETTING_NAMES)
    settings = Settings.from_env(given)
    assert settings.storage_connection == "UseDevelopmentStorage=true"
    assert settings.public_base_url == "https://flow.example"
    assert (settings.oauth_client_id, settings.oauth_tenant, settings.oauth_secret_name) == ("client", "tenant", "name")
    assert (settings.azure_client_id, settings.portal_origin) == ("identity", "https://portal.example")
    assert (settings.workspace_claim, settings.rework_days, settings.auth_enabled) == ("org", 21, True)
    assert settings.ado_hosts == {"dev.azure.com": "http://127.0.0.1:9/dev.azure.com"}
    assert settings.local_vault_ca == DEVELOPMENT["LOCAL_VAULT_CA"]


@pytest.mark.parametrize("missing", NEEDED)
@pytest.mark.parametrize("how", ["absent", "empty", "blank"])
def test_a_missing_setting_is_named_in_one_line(missing, how):
    given = {**NEEDED, missing: {"absent": None, "empty": "", "blank": "  "}[how]}
    with pytest.raises(SettingsError) as error:
        Settings.from_env({name: value for name, value in given.items() if value is not None})
    assert missing in str(error.value)
    assert "\n" not in str(error.value)
    assert error.value.code == "settings.missing"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KEY_VAULT_URL", "http://flow.vault.azure.net"),
        ("KEY_VAULT_URL", "flow.vault.azure.net"),
        ("REWORK_DAYS", "0"),
        ("REWORK_DAYS", "-3"),
        ("REWORK_DAYS", "thirty"),
        ("REWORK_DAYS", "366"),
        ("REWORK_DAYS", "³"),
        ("ADO_HOSTS", "{"),
        ("ADO_HOSTS", "[]"),
        ("ADO_HOSTS", '{"dev.azure.com": 7}'),
        ("ADO_HOSTS", '{"dev.azure.com": ""}'),
    ],
)
def test_a_wrong_setting_is_named(name, value):
    with pytest.raises(SettingsError) as error:
        Settings.from_env({**NEEDED, **DEVELOPMENT, name: value})
    assert name in str(error.value)
    assert error.value.code == "settings.wrong"


@pytest.mark.parametrize("name", ["ADO_HOSTS", "LOCAL_VAULT_CA"])
@pytest.mark.parametrize("environment", [None, "", "Production", "development"])
def test_development_settings_are_refused_elsewhere(name, environment):
    given = {**NEEDED, name: DEVELOPMENT[name]}
    if environment is not None:
        given["AZURE_FUNCTIONS_ENVIRONMENT"] = environment
    with pytest.raises(SettingsError) as error:
        Settings.from_env(given)
    assert name in str(error.value)
    assert error.value.code == "settings.development_only"


def test_the_connection_string_is_not_shown():
    settings = Settings.from_env({**NEEDED, "AzureWebJobsStorage": "AccountKey=abc"})
    assert "abc" not in repr(settings)
