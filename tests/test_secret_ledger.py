"""Secrets that a worker has left behind when it died are found and deleted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from local.vault.server import VaultServer
from shared.errors import CredentialError
from shared.secret_ledger import GRACE
from shared.storage import SECRETS
from shared.vault import DevelopmentCredential, Secret, Vault


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with VaultServer(tmp_path_factory.mktemp("vault"), in_memory=True) as server:
        yield server


@pytest.fixture
def parts(engine, server):
    engine.services.__dict__["vault"] = Vault.connect(server.url, DevelopmentCredential(), str(server.ca_file))
    yield engine.services
    server.throttle(0)


@pytest.fixture
def using(parts, integration):
    """An integration with its secret in the vault."""
    name = parts.secrets.keep(integration.workspace, integration.id, Secret("current"))
    return parts.integrations.replace(replace(integration, secret_name=name))


def names(parts):
    return {str(stored.row["RowKey"]) for stored in parts.tables.query(SECRETS)}


def gone(parts, name):
    parts.vault.forget(name)
    try:
        parts.vault.get(name)
    except CredentialError:
        return True
    return False


def test_every_secret_has_a_name_of_its_own_that_is_written_down(parts, integration):
    kept = {parts.secrets.keep("acme", integration.id, Secret(str(n))) for n in range(3)}
    assert names(parts) == kept
    assert len(kept) == 3
    assert all(name.startswith(f"ado-{integration.id}-") for name in kept)


def test_a_name_is_written_down_before_the_secret_is_stored(parts, integration, server):
    server.throttle(1000)
    with pytest.raises(Exception, match="cannot store"):
        parts.secrets.keep("acme", integration.id, Secret("x"))
    assert len(names(parts)) == 1


def test_what_an_integration_uses_stays(parts, using, engine):
    engine.clock.pass_(days=400)
    parts.secrets.sweep()
    assert names(parts) == {using.secret_name}
    assert parts.vault.get(using.secret_name).reveal() == "current"


def test_what_was_kept_for_a_replacement_that_never_came_is_deleted(parts, using, engine):
    orphan = parts.secrets.keep("acme", using.id, Secret("orphan"))
    parts.secrets.sweep()
    assert not gone(parts, orphan), "it may still be on its way"
    engine.clock.pass_(seconds=GRACE.total_seconds() + 1)
    parts.secrets.sweep()
    assert gone(parts, orphan)
    assert names(parts) == {using.secret_name}


def test_an_old_secret_whose_deletion_broke_off_is_deleted(parts, using, engine):
    new = parts.secrets.keep("acme", using.id, Secret("new"))
    parts.integrations.replace(replace(using, secret_name=new))
    engine.clock.pass_(seconds=GRACE.total_seconds() + 1)
    parts.secrets.sweep()
    assert gone(parts, using.secret_name)
    assert names(parts) == {new}


def test_a_secret_of_an_integration_that_never_came_to_be_is_deleted(parts, engine):
    orphan = parts.secrets.keep("acme", "never-stored", Secret("orphan"))
    engine.clock.pass_(seconds=GRACE.total_seconds() + 1)
    engine.services.tick(past_due=False)
    assert gone(parts, orphan)
    assert names(parts) == set()


def test_while_the_vault_does_not_answer_nothing_is_forgotten(parts, using, server, engine):
    orphan = parts.secrets.keep("acme", using.id, Secret("orphan"))
    engine.clock.pass_(seconds=GRACE.total_seconds() + 1)
    server.throttle(1000)
    parts.secrets.sweep()
    assert orphan in names(parts)
    server.throttle(0)
    parts.secrets.sweep()
    assert names(parts) == {using.secret_name}


def test_a_removed_integration_leaves_neither_secret_nor_name(parts, using, engine):
    parts.integrations.begin_removal(using)
    engine.services.tick(past_due=False)
    engine.drain()
    assert gone(parts, using.secret_name)
    assert names(parts) == set()
