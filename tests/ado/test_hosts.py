"""The set of hosts is fixed."""

from __future__ import annotations

import pytest

from shared.ado.hosts import HOSTS, Hosts
from shared.errors import ContractError


def test_the_real_hosts_are_reached_by_https():
    assert {Hosts().url(host) for host in HOSTS} == {
        "https://dev.azure.com",
        "https://vssps.dev.azure.com",
        "https://app.vssps.visualstudio.com",
        "https://login.microsoftonline.com",
    }


@pytest.mark.parametrize("host", ["", "evil.com", "dev.azure.com.evil.com", "DEV.AZURE.COM", "dev.azure.com:443"])
def test_any_other_host_is_refused(host):
    with pytest.raises(ContractError) as e:
        Hosts().url(host)
    assert e.value.code == "host.unknown"


def test_one_host_can_be_sent_elsewhere():
    hosts = Hosts({"dev.azure.com": "http://127.0.0.1:9000/dev.azure.com/"})
    assert hosts.url("dev.azure.com") == "http://127.0.0.1:9000/dev.azure.com"
    assert hosts.url("vssps.dev.azure.com") == "https://vssps.dev.azure.com"


def test_one_server_can_play_them_all():
    assert Hosts.at("http://127.0.0.1:9000/").url("vssps.dev.azure.com") == "http://127.0.0.1:9000/vssps.dev.azure.com"


def test_an_unknown_host_cannot_be_sent_elsewhere():
    with pytest.raises(ContractError):
        Hosts({"evil.com": "http://127.0.0.1"})


@pytest.mark.parametrize(
    "url",
    ["", "127.0.0.1", "ftp://x", "http://", "http://u@x", "http://x?y", "http://x#y", "http://x:99999", "http://["],
)
def test_a_url_that_is_not_plain_is_refused(url):
    with pytest.raises(ContractError) as e:
        Hosts({"dev.azure.com": url})
    assert e.value.code == "host.url"
