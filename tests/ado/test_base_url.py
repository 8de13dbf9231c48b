"""One spelling of a base URL is accepted; every other is refused, with the right one where it is plain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ado.auth import PatAuth
from shared.ado.base_url import MAX_LENGTH, BaseUrlError, parse_base_url
from shared.connections import Attempt, diagnose, look_at
from tests.connecting import TODAY
from tests.loopback import NETWORK

CONTOSO = "https://dev.azure.com/contoso"


@pytest.mark.parametrize("name", ["contoso", "Contoso-1", "a", "7", "a-b--c", "x" * 50])
def test_the_one_form_is_accepted(name):
    assert parse_base_url(f"https://dev.azure.com/{name}") == name


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"{CONTOSO}/", "trailing_path"),
        (f"{CONTOSO}/Project/_git/repo", "trailing_path"),
        (f"{CONTOSO}/My%20Project", "trailing_path"),
        (f"{CONTOSO}?view=all", "trailing_path"),
        (f"{CONTOSO}#top", "trailing_path"),
        ("http://dev.azure.com/contoso", "scheme"),
        ("http://dev.azure.com/contoso/x", "scheme"),
        ("https://contoso@dev.azure.com/contoso/Project/_git/repo", "user_part"),
        ("dev.azure.com/contoso", "spelling"),
        ("HTTPS://DEV.azure.com/contoso", "spelling"),
        ("https://dev.azure.com:443/contoso", "spelling"),
        (f" {CONTOSO}\n", "spelling"),
        ("contoso", "bare_name"),
        ("https://contoso.visualstudio.com", "legacy_host"),
        ("https://contoso.visualstudio.com/DefaultCollection", "legacy_host"),
        ("http://contoso.visualstudio.com/Project/_workitems", "legacy_host"),
        ("https://contoso.visualstudios.com", "legacy_host"),
        ("contoso.visualstudio.com", "legacy_host"),
        ("https://contoso.VisualStudio.com/", "legacy_host"),
        ("https://contoso@contoso.visualstudio.com/", "legacy_host"),
    ],
)
def test_another_spelling_is_refused_with_the_right_one(text, reason):
    with pytest.raises(BaseUrlError) as e:
        parse_base_url(text)
    assert e.value.code == f"base_url.{reason}"
    assert e.value.suggested_base_url == CONTOSO
    assert CONTOSO in (e.value.remedy or "")


@pytest.mark.parametrize(
    "text",
    [
        "https://tfs.contoso.com:8080/tfs/DefaultCollection",
        "http://server:8080/tfs/DefaultCollection",
        "https://server/tfs",
        "https://devops.contoso.com/DefaultCollection",
        "https://azuredevops.contoso.com/MyCollection/Project",
        "https://server/Collection",
        "server/tfs",
    ],
)
def test_a_server_url_is_told_what_this_is_for(text):
    with pytest.raises(BaseUrlError, match="Azure DevOps Services only") as e:
        parse_base_url(text)
    assert (e.value.code, e.value.suggested_base_url) == ("base_url.server", None)


def test_the_spelling_of_a_name_is_kept():
    with pytest.raises(BaseUrlError) as e:
        parse_base_url("https://ConTOSO.visualstudio.com")
    assert e.value.suggested_base_url == "https://dev.azure.com/ConTOSO"


HOSTILE_HOSTS = [
    "evil.com", "dev.azure.com.evil.com", "evil.com.", "dev.azure.com.", "dev-azure.com", "devazure.com",
    "dev.azure.co", "xdev.azure.com", "evil.dev.azure.com", "vssps.dev.azure.com", "app.vssps.visualstudio.com",
    "contoso.vsrm.visualstudio.com", "visualstudio.com", ".visualstudio.com", "-.visualstudio.com",
    "www.visualstudio.com", "app.visualstudio.com", "evil.com.visualstudio.com.evil.com", "contoso.visualstudio.co",
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "0.0.0.0",  # noqa: S104 - a URL to refuse
    "0",
    "169.254.169.254", "168.63.129.16", "10.0.0.1", "192.168.0.1", "[::1]", "[::]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[fe80::1%25eth0]", "[fd00::1]", "localhost", "localhost.", "metadata.google.internal",
    "dev.azure.com%2eevil.com", "dev%2eazure%2ecom", "dev。azure。com", "ｄｅｖ．ａｚｕｒｅ．ｃｏｍ",
    "dev.azurе.com", "xn--dev-azure-com.evil.com", "dev.azure.com\u200b", "dev.azure\u00ad.com", "ⓓⓔⓥ.azure.com",
    "dev.azure.com:80", "dev.azure.com:8443", "dev.azure.com:0", "dev.azure.com:65536", "dev.azure.com:",
    "dev.azure.com:443:443", "dev.azure.com:4a3", "user:pass@dev.azure.com", "evil@dev.azure.com",
    "dev.azure.com@evil.com", "dev.azure.com:x@evil.com", "dev.azure.com%40evil.com", "@dev.azure.com",
    ":@dev.azure.com",
    "a@b@dev.azure.com", "dev.azure.com\\@evil.com", "dev.azure.com\\.evil.com", "dev.azure.com;evil.com",
    "dev.azure.com,evil.com", "dev.azure.com evil.com", "dev.azure.com\tevil.com", "dev.azure.com\r\nHost:evil.com",
    "dev.azure.com\0.evil.com", "dev_azure_com", "dev..azure.com",
]  # fmt: skip
HOSTILE_PATHS = [
    "", "/", "//", "//contoso", "/../contoso", "/./contoso", "/contoso/..", "/contoso/../evil", "/contoso/%2e%2e/evil",
    "/contoso/..%2fevil", "/contoso%2f..%2fevil", "/%63ontoso", "/contoso%00", "/contoso%0d%0aHost:evil",
    "/contoso\r\nHost: evil.com", "/con toso", "/contoso\tx", "/cont\noso", "/contoso\\evil", "/\\evil.com",
    "/\\/evil.com", "/contoso;x=y", "/contoso:80", "/contoso@evil.com", "/-contoso", "/contoso-", "/con_toso",
    "/con.toso", "/" + "x" * 51, "/contösö", "/сontoso", "/contoso\u202e", "/contoso%252e%252e/evil", "/%2e%2e",
    "/_apis/projects", "/_signin", "/contoso//evil", "/contoso/%5c..", "/contoso/x%0ay", "/contoso/a;b", "/$", "/*",
    "/contoso/%2f%2fevil.com", "?accountName=contoso", "#contoso", "/?contoso", "/#/contoso", "/{organization}",
]  # fmt: skip
HOSTILE_TEXTS = [
    "", " ", "\n", "https", "https:", "https:/", "https://", "https:///", "https:///contoso", "https:/dev.azure.com/c",
    "https:dev.azure.com/contoso", "https:\\\\dev.azure.com\\contoso", "//dev.azure.com/contoso", "///contoso",
    "://dev.azure.com/contoso", "ftp://dev.azure.com/contoso", "file:///etc/passwd", "javascript:alert(1)",
    "data:text/html,x", "gopher://dev.azure.com/contoso", "ssh://git@ssh.dev.azure.com/v3/contoso/p/r",
    "git@ssh.dev.azure.com:v3/contoso/p/r", "ws://dev.azure.com/contoso", "https+x://dev.azure.com/contoso",
    "hhttps://dev.azure.com/contoso", "https://https://dev.azure.com/contoso", "https://dev.azure.com/https://evil.com",
    "https%3a%2f%2fdev.azure.com%2fcontoso", "'https://dev.azure.com/contoso'", '"https://dev.azure.com/contoso"',
    "<https://dev.azure.com/contoso>", "[x](https://dev.azure.com/contoso)", "https://dev.azure.com/contoso\0",
    "\ufeffhttps://dev.azure.com/contoso", "\u00a0https://dev.azure.com/contoso", "https://dev.azure.com/contoso\u2028",
    "https://dev.azure.com/a https://dev.azure.com/b", "https://dev.azure.com/a\nhttps://dev.azure.com/b",
    "${jndi:ldap://evil.com/a}", "{{7*7}}", "' or 1=1 --", "../../etc/passwd", "contoso/..", "con toso", "contoso\0",
    "-contoso", "contoso-", "x" * 51, "127.0.0.1", "2130706433", "0177", "localhost", "evil.com", "contoso.com/org",
    "https://evil.com/?https://dev.azure.com/contoso", "https://evil.com/#https://dev.azure.com/contoso",
    "https://evil.com#@dev.azure.com/contoso", "https://evil.com?@dev.azure.com/contoso",
    "https://evil.com\\@dev.azure.com/contoso", "https://evil.com%23@dev.azure.com/contoso",
    "https://user:pass@contoso.visualstudio.com", "https://evil@contoso.visualstudio.com",
    "https://contoso.visualstudio.com:8443/", "https://contoso.visualstudio.com/..", "https://con.toso.visualstudio.com",
    "x" * (MAX_LENGTH + 1), "https://dev.azure.com/" + "x" * MAX_LENGTH, "a/" * 900, "https://" + "a." * 900,
]  # fmt: skip
HOSTILE = [
    *(f"https://{host}/contoso" for host in HOSTILE_HOSTS),
    *(f"http://{host}/" for host in HOSTILE_HOSTS),
    *(f"https://dev.azure.com{path}" for path in HOSTILE_PATHS),
    *HOSTILE_TEXTS,
]


def test_the_table_of_hostile_urls_is_long_enough():
    assert len(set(HOSTILE)) >= 200


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_url_is_refused_and_nothing_is_guessed(text):
    with pytest.raises(BaseUrlError) as e:
        parse_base_url(text)
    assert e.value.code.startswith("base_url.")
    assert e.value.suggested_base_url is None
    assert e.value.remedy == "Use the form https://dev.azure.com/{organization}."


def _no_client(organization, auth):
    raise AssertionError(f"a client was made for {organization}")


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_url_reaches_no_socket(text):
    before = NETWORK.asked
    attempt = Attempt(
        base_url=text, email="a@example.com", auth=lambda: PatAuth("x" * 52), expires_on=None, today=TODAY
    )
    assert look_at(_no_client, text).outcome == "error"
    assert diagnose(_no_client, attempt).answer.outcome == "error"
    assert NETWORK.asked == before


def _suggestion(text: str) -> str | None:
    try:
        return f"https://dev.azure.com/{parse_base_url(text)}"
    except BaseUrlError as e:
        return e.suggested_base_url


@given(text=st.one_of(st.text(max_size=80), st.text("htps:/devazurcomvisulo.@?#%\\-1", max_size=60)))
def test_a_suggestion_is_always_accepted_and_always_of_the_one_host(text):
    suggestion = _suggestion(text)
    if suggestion:
        organization = parse_base_url(suggestion)
        assert organization in text
        assert suggestion == f"https://dev.azure.com/{organization}"


@given(text=st.text(st.characters(blacklist_categories=["L", "N"]), min_size=3, max_size=30))
def test_a_message_repeats_nothing(text):
    with pytest.raises(BaseUrlError) as e:
        parse_base_url(f"https://evil.example/{text}")
    assert "evil" not in str(e.value)
