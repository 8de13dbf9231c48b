"""The guard that keeps every test on this machine."""

from __future__ import annotations

import socket

import pytest

from tests.loopback import NETWORK, is_here


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost", "LOCALHOST", b"localhost", "", None])
def test_this_machine_is_here(host):
    assert is_here(host)


@pytest.mark.parametrize(
    "host", ["dev.azure.com", "10.0.0.1", "169.254.169.254", "8.8.8.8", "::ffff:8.8.8.8", "fe80::1%eth0", "localhost.x",
             "2130706433", "0x7f.1", b"evil.com"],
)  # fmt: skip
def test_anything_else_is_not(host):
    assert not is_here(host)


def lookup():
    socket.getaddrinfo("dev.azure.com", 443)


def by_name():
    socket.gethostbyname("dev.azure.com")


def connection():
    with socket.socket() as s:
        s.connect(("192.0.2.1", 443))


def quiet_connection():
    with socket.socket() as s:
        s.connect_ex(("192.0.2.1", 443))


def datagram():
    with socket.socket(type=socket.SOCK_DGRAM) as s:
        s.sendto(b"x", ("192.0.2.1", 53))


@pytest.mark.parametrize("reach", [lookup, by_name, connection, quiet_connection, datagram])
def test_what_leads_elsewhere_is_stopped_and_noted(reach):
    before = len(NETWORK.refused)
    with pytest.raises(PermissionError):
        reach()
    assert len(NETWORK.refused) == before + 1
    del NETWORK.refused[before:]
