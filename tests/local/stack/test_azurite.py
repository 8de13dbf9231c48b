"""Azurite as the stack starts it: what was acknowledged is on disk, however its parent ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from azure.data.tables import TableClient

from local import azurite
from local.azurite import Azurite
from local.processes import StackError

ROOT = Path(__file__).parents[3]

# Threads matter: Linux sends the parent-death signal anew for each thread that inherits the child.
PARENT = """
import sys, threading, time
from pathlib import Path
from azure.data.tables import TableClient
from local.azurite import Azurite

for _ in range(8):
    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
one = Azurite.start(Path(sys.argv[1]))
table = TableClient.from_connection_string(one.connection_string, "kept")
if sys.argv[2] == "0":
    table.create_table()
table.create_entity({"PartitionKey": "kept", "RowKey": sys.argv[2]})
print("stored", flush=True)
time.sleep(600)
"""


def kept(one: Azurite) -> list[str]:
    return [row["RowKey"] for row in TableClient.from_connection_string(one.connection_string, "kept").list_entities()]


def test_rows_survive_every_kill_of_the_parent(tmp_path):
    for number in range(6):
        command = [sys.executable, "-c", PARENT, str(tmp_path / "azurite"), str(number)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as parent:
            assert parent.stdout is not None
            assert parent.stdout.readline() == b"stored\n"
            parent.kill()
    with Azurite.start(tmp_path / "azurite") as one:
        assert kept(one) == ["0", "1", "2", "3", "4", "5"]


def test_rows_survive_a_stop(tmp_path):
    with Azurite.start(tmp_path / "azurite") as one:
        table = TableClient.from_connection_string(one.connection_string, "kept")
        table.create_table()
        table.create_entity({"PartitionKey": "kept", "RowKey": "a"})
        assert one.stop() is True
    with Azurite.start(tmp_path / "azurite") as one:
        assert kept(one) == ["a"]


def test_without_a_location_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Azurite.start() as one:
        TableClient.from_connection_string(one.connection_string, "kept").create_table()
    assert list(tmp_path.iterdir()) == []


def test_a_location_in_use_is_refused_after_the_wait(tmp_path, monkeypatch):
    monkeypatch.setattr(azurite, "STOP_SECONDS", 1.5)
    waits: list[str] = []
    with Azurite.start(tmp_path / "azurite") as one:
        with pytest.raises(StackError, match=f"process {one.process.pid}"):
            Azurite.start(tmp_path / "azurite", on_wait=lambda: waits.append("waited"))
        assert waits == ["waited"]


def test_what_azurite_says_when_it_cannot_start_is_handed_on(tmp_path):
    (tmp_path / "azurite").write_text("not a folder")
    with pytest.raises(StackError, match=r"Azurite did not start: .*EEXIST"):
        Azurite.start(tmp_path / "azurite")


def test_not_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(azurite, "MAIN", tmp_path / "azurite.js")
    with pytest.raises(StackError, match="make install"):
        Azurite.start()
