"""The vault stand-in, asked by Microsoft's own client and, for what that client hides, by plain HTTPS."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError

from local.vault.store import RETENTION_DAYS
from shared.vault import DevelopmentCredential, Secret, Vault
from tests.local.vault.conftest import ask

VALUE = "a secret value that must not lie about"


def refused(refusal: pytest.ExceptionInfo[HttpResponseError]) -> tuple[int | None, str | None, str | None]:
    """Status, code and inner code of what the client raised."""
    problem = refusal.value.error
    assert problem is not None
    return refusal.value.status_code, problem.code, (problem.innererror or {}).get("code")


def test_a_secret_comes_back_as_it_was_set(client):
    expires = datetime(2031, 2, 3, 4, 5, 6, tzinfo=UTC)
    made = client.set_secret("ado-1", VALUE, expires_on=expires, content_type="text/plain", tags={"kind": "pat"})
    read = client.get_secret("ado-1")
    assert (read.value, read.properties.expires_on) == (VALUE, expires)
    assert (read.properties.content_type, read.properties.tags) == ("text/plain", {"kind": "pat"})
    assert read.properties.version == made.properties.version
    assert read.properties.recovery_level == "Recoverable+Purgeable"


def test_every_version_stays_readable(client):
    first = client.set_secret("rotated", "old").properties.version
    second = client.set_secret("rotated", "new").properties.version
    assert client.get_secret("rotated").value == "new"
    assert client.get_secret("rotated", first).value == "old"
    assert {p.version for p in client.list_properties_of_secret_versions("rotated")} == {first, second}


def test_names_differ_in_more_than_case(client):
    client.set_secret("Ado-Key", "one")
    client.set_secret("ADO-KEY", "two")
    assert client.get_secret("ado-key").value == "two"
    assert [p.name for p in client.list_properties_of_secrets()] == ["Ado-Key"]


@pytest.mark.parametrize("name", ["under_score", "dot.ted", "a" * 128, "umlaut-ü"])
def test_a_wrong_name_is_refused(client, name):
    with pytest.raises(HttpResponseError) as refusal:
        client.set_secret(name, VALUE)
    assert refused(refusal) == (400, "BadParameter", None)


def test_the_longest_name_and_value_fit(client):
    client.set_secret("a" * 127, "v" * 25 * 1024)
    assert len(client.get_secret("a" * 127).value) == 25 * 1024


def test_a_longer_value_is_refused_and_not_repeated(client):
    with pytest.raises(HttpResponseError) as refusal:
        client.set_secret("large", "v" * (25 * 1024 + 1))
    assert refused(refusal) == (400, "BadParameter", None)
    with pytest.raises(ResourceNotFoundError):
        client.get_secret("large")


def test_a_disabled_version_is_not_handed_out(client):
    old = client.set_secret("rotated", "old").properties.version
    client.set_secret("rotated", "new")
    client.update_secret_properties("rotated", old, enabled=False)
    with pytest.raises(HttpResponseError) as refusal:
        client.get_secret("rotated", old)
    assert refused(refusal) == (403, "Forbidden", "SecretDisabled")
    assert client.get_secret("rotated").value == "new"


def test_an_update_changes_only_what_it_names(client):
    client.set_secret("kept", VALUE, content_type="text/plain", tags={"a": "1"})
    client.update_secret_properties("kept", tags={"b": "2"})
    read = client.get_secret("kept")
    assert (read.value, read.properties.content_type, read.properties.tags) == (VALUE, "text/plain", {"b": "2"})


@pytest.mark.parametrize("version", ["", "0" * 32])
def test_what_is_not_there_is_a_404(client, version):
    with pytest.raises(ResourceNotFoundError) as refusal:
        client.get_secret("absent", version)
    assert refused(refusal) == (404, "SecretNotFound", None)


def test_an_unknown_version_is_a_404(client):
    client.set_secret("known", VALUE)
    with pytest.raises(ResourceNotFoundError):
        client.get_secret("known", "0" * 32)


def test_a_deleted_secret_blocks_its_name_until_it_is_purged(client):
    client.set_secret("gone", VALUE)
    deleted = client.begin_delete_secret("gone").result()
    assert deleted.scheduled_purge_date - deleted.deleted_date == timedelta(days=RETENTION_DAYS)
    with pytest.raises(ResourceNotFoundError):
        client.get_secret("gone")
    with pytest.raises(ResourceExistsError) as refusal:
        client.set_secret("GONE", "again")
    assert refused(refusal) == (409, "Conflict", "ObjectIsDeletedButRecoverable")
    client.purge_deleted_secret("gone")
    client.set_secret("gone", "again")
    assert client.get_secret("gone").value == "again"


def test_deleting_twice_is_a_404(client):
    client.set_secret("gone", VALUE)
    client.begin_delete_secret("gone").result()
    with pytest.raises(ResourceNotFoundError):
        client.begin_delete_secret("gone")


def test_a_deleted_secret_is_listed_and_recovered_with_its_versions(client):
    old = client.set_secret("back", "old").properties.version
    client.set_secret("back", "new")
    client.begin_delete_secret("back").result()
    assert [d.name for d in client.list_deleted_secrets()] == ["back"]
    assert list(client.list_properties_of_secrets()) == []
    assert client.get_deleted_secret("back").name == "back"
    client.begin_recover_deleted_secret("back").result()
    assert client.get_secret("back").value == "new"
    assert client.get_secret("back", old).value == "old"


def test_retention_ends_by_itself(vault, clock, client):
    client.set_secret("old", VALUE)
    client.begin_delete_secret("old").result()
    clock.at += RETENTION_DAYS * 86400
    with pytest.raises(ResourceNotFoundError):
        client.get_deleted_secret("old")
    client.set_secret("old", "anew")
    assert client.get_secret("old").value == "anew"


def test_lists_have_pages(client):
    names = {f"secret-{number}" for number in range(27)}
    for name in names:
        client.set_secret(name, VALUE)
    pages = [[p.name for p in page] for page in client.list_properties_of_secrets().by_page()]
    assert [len(page) for page in pages] == [25, 2]
    assert {name for page in pages for name in page} == names
    assert len(list(client.list_properties_of_secrets(max_page_size=5))) == 27


def test_throttling_comes_on_demand_and_ends(vault, client):
    client.set_secret("busy", VALUE)
    vault.throttle(1)
    with pytest.raises(HttpResponseError) as refusal:
        client.get_secret("busy")
    assert refused(refusal) == (429, "Throttled", None)
    assert client.get_secret("busy").value == VALUE


def test_throttling_can_be_asked_for_over_http(vault):
    assert ask(vault, "POST", "/throttle", json={"times": 2, "retry_after": 7}).status_code == 204
    replies = [ask(vault, "GET", "/secrets") for _ in range(3)]
    assert [(reply.status_code, reply.headers.get("Retry-After")) for reply in replies] == [
        (429, "7"),
        (429, "7"),
        (200, None),
    ]


def test_without_the_token_there_is_only_the_challenge(vault):
    reply = ask(vault, "PUT", "/secrets/a", token="other", json={"value": VALUE})
    assert reply.status_code == 401
    assert reply.headers["WWW-Authenticate"].startswith("Bearer authorization=")
    assert ask(vault, "GET", "/secrets/a").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("PUT", "/secrets/a", {"json": {}}, 400),
        ("PUT", "/secrets/a", {"data": b"{"}, 400),
        ("PUT", "/secrets/a", {"json": {"value": 5}}, 400),
        ("PUT", "/secrets/a", {"data": b"x" * 200_000}, 413),
        ("PUT", "/secrets/a", {"json": {"value": "v", "tags": {str(n): "" for n in range(16)}}}, 400),
        ("GET", "/secrets", {"params": {}}, 400),
        ("GET", "/secrets", {"params": {"api-version": "7.6", "maxresults": "26"}}, 400),
        ("GET", "/secrets", {"params": {"api-version": "7.6", "$skiptoken": "-1"}}, 400),
        ("GET", "/keys", {}, 404),
        ("POST", "/deletedsecrets/a/purge", {}, 404),
    ],
)
def test_what_key_vault_refuses_is_refused(vault, method, path, options, status):
    assert ask(vault, method, path, **options).status_code == status


def test_the_apps_own_vault_class_works_on_it(vault):
    app = Vault.connect(vault.url, DevelopmentCredential(), str(vault.ca_file))
    app.ping()
    app.put("ado-1", Secret(VALUE))
    assert app.get("ado-1").reveal() == VALUE
    app.delete("ado-1")
    app.delete("ado-1")
