"""What the vault stand-in leaves on disk, and finds there again."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local.processes import StackError
from local.vault.certificate import ensure_certificate
from local.vault.server import VaultServer
from tests.local.vault.conftest import ask, connect

VALUE = "a secret value that must not lie about"


def test_a_restart_finds_everything(tmp_path):
    folder = tmp_path / "vault"
    with VaultServer(folder) as server, connect(server) as client:
        old = client.set_secret("kept", "old").properties.version
        client.set_secret("kept", "new", tags={"a": "1"})
        client.set_secret("gone", VALUE)
        client.begin_delete_secret("gone").result()
        certificate = server.ca_file.read_bytes()
    with VaultServer(folder) as server, connect(server) as client:
        assert client.get_secret("kept").value == "new"
        assert client.get_secret("kept", old).value == "old"
        assert [d.name for d in client.list_deleted_secrets()] == ["gone"]
        assert server.ca_file.read_bytes() == certificate


def test_nothing_on_disk_is_readable(tmp_path):
    folder = tmp_path / "vault"
    with VaultServer(folder) as server, connect(server) as client:
        client.set_secret("kept", VALUE)
    files = [path for path in folder.iterdir() if path.is_file()]
    assert {"key", "kept.secret", "cert.pem", "cert.key"} == {path.name for path in files}
    assert all(VALUE.encode() not in path.read_bytes() for path in files)
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_in_memory_leaves_only_the_certificate(tmp_path):
    with VaultServer(tmp_path, in_memory=True) as server, connect(server) as client:
        client.set_secret("kept", VALUE)
        assert client.get_secret("kept").value == VALUE
    assert {path.name for path in tmp_path.iterdir()} == {"cert.pem", "cert.key"}


@pytest.mark.parametrize("spoil", [lambda key: key.unlink(), lambda key: key.write_bytes(b"A" * 43 + b"=")])
def test_a_lost_key_is_said_in_one_line(tmp_path, spoil):
    with VaultServer(tmp_path) as server, connect(server) as client:
        client.set_secret("kept", VALUE)
    spoil(tmp_path / "key")
    with pytest.raises(StackError, match="key"):
        VaultServer(tmp_path)


def test_a_certificate_is_kept_until_it_is_about_to_expire(tmp_path):
    now = datetime.now(UTC)
    made = ensure_certificate(tmp_path, now)[0].read_bytes()
    assert ensure_certificate(tmp_path, now + timedelta(days=3600))[0].read_bytes() == made
    assert ensure_certificate(tmp_path, now + timedelta(days=3640))[0].read_bytes() != made


def test_a_failed_write_changes_nothing(tmp_path, vault, client):
    client.set_secret("kept", "old")
    blocker = tmp_path / "vault" / "kept.secret~"
    blocker.mkdir()
    assert ask(vault, "PUT", "/secrets/kept", json={"value": "new"}).status_code == 500
    blocker.rmdir()
    assert client.get_secret("kept").value == "old"
    assert Path(tmp_path / "vault" / "kept.secret").is_file()
