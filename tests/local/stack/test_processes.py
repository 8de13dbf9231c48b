from __future__ import annotations

import os
import socket
import subprocess
import sys

from local.processes import FileLock, free_port, port_is_free


def test_a_port_is_free_until_somebody_listens():
    port = free_port()
    assert port_is_free(port)
    with socket.create_server(("127.0.0.1", port)):
        assert not port_is_free(port)


def test_a_lock_is_ours_alone_until_it_is_closed(tmp_path):
    with FileLock(tmp_path / "lock") as one:
        assert one.acquire()
        one.write_owner(os.getpid())
        other = FileLock(tmp_path / "lock")
        assert not other.acquire()
        assert other.owner() == str(os.getpid())
    with FileLock(tmp_path / "lock") as three:
        assert three.acquire()


def test_a_child_that_inherits_a_lock_holds_it_on(tmp_path):
    with FileLock(tmp_path / "lock") as lock:
        assert lock.acquire()
        child = subprocess.Popen(
            [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, pass_fds=[lock.fd]
        )
    other = FileLock(tmp_path / "lock")
    assert not other.acquire()
    child.communicate(b"\n")
    assert other.acquire()
    other.close()


def test_the_owner_of_a_lock_that_never_was_is_unknown(tmp_path):
    (tmp_path / "lock").touch()
    assert FileLock(tmp_path / "lock").owner() == "unknown"
