"""Requests are built from parts that stay where they belong; replies are read or refused by name."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ado.endpoint import Endpoint
from shared.ado.endpoints import account, core, git, hooks, location, security, wit
from shared.ado.wire import MAX_URL, Reply, build_request, read_page, to_query
from shared.errors import ContractError, TransientError

BASE = "https://dev.azure.com"


def _url(endpoint: Endpoint, path: dict[str, str] | None = None, query: dict[str, str] | None = None) -> str:
    return build_request(endpoint, BASE, "contoso", path=path, query=query).url


def _reply(body: object, status: int = 200) -> Reply:
    return Reply(status, {"content-type": "application/json"}, body if isinstance(body, bytes) else orjson.dumps(body))


def test_a_url_is_made_of_its_parts():
    url = _url(git.PULL_REQUESTS, {"project": "Größe 1"}, {"searchCriteria.status": "all", "$top": "5"})
    assert url == (
        "https://dev.azure.com/contoso/Gr%C3%B6%C3%9Fe%201/_apis/git/pullrequests"
        "?searchCriteria.status=all&$top=5&api-version=7.1"
    )


def test_an_operation_outside_the_organization_does_not_name_it():
    url = _url(location.ORGANIZATION_LOCATION, {"areaId": location.CORE_AREA}, {"accountName": "contoso"})
    assert urlsplit(url).path == f"/_apis/resourceAreas/{location.CORE_AREA}"


@given(value=st.text(min_size=1, max_size=60))
def test_a_value_never_leaves_its_segment(value):
    try:
        url = _url(git.PULL_REQUEST_BY_ID, {"project": "p", "pullRequestId": value})
    except ContractError:
        return
    parts = urlsplit(url)
    segments = parts.path.split("/")
    assert segments[:-1] == ["", "contoso", "p", "_apis", "git", "pullrequests"]
    assert unquote(segments[-1]) == value
    assert (parts.query, parts.fragment, parts.netloc) == ("api-version=7.1", "", "dev.azure.com")


@pytest.mark.parametrize(
    "value", ["", ".", "..", "a/b", "/", "..\\x", "a\r\nHost: evil", "a\nb", "a\0", "\x7f", "\ud800", "x" * 401]
)
def test_a_value_that_is_no_segment_is_refused(value):
    with pytest.raises(ContractError) as e:
        _url(core.PROJECT, {"projectId": value})
    assert e.value.code == "request.path"


@pytest.mark.parametrize("value", ["a?b", "a#b", "a%2fb", "a;b", "a&b", "...", "a:b@c"])
def test_signs_with_a_meaning_in_urls_are_encoded(value):
    parts = urlsplit(_url(core.PROJECT, {"projectId": value}))
    assert parts.path.startswith("/contoso/_apis/projects/")
    assert unquote(parts.path.rpartition("/")[2]) == value


@pytest.mark.parametrize("path", [None, {}, {"projectid": "x"}])
def test_a_missing_segment_is_refused(path):
    with pytest.raises(ContractError):
        _url(core.PROJECT, path)


def test_a_segment_that_the_operation_does_not_have_is_refused():
    with pytest.raises(ContractError):
        _url(core.PROJECTS, {"project": "x"})


@given(query=st.dictionaries(st.text(min_size=1, max_size=20), st.text(max_size=40), max_size=5))
def test_a_query_arrives_as_it_was_meant(query):
    try:
        url = _url(core.PROJECTS, None, query)
    except ContractError:
        return
    read = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    assert read == {**query, "api-version": "7.1"}


def test_a_query_cannot_choose_the_version():
    assert _url(core.PROJECTS, None, {"api-version": "1.0"}).endswith("?api-version=7.1")


def test_a_url_has_a_bound():
    with pytest.raises(ContractError) as e:
        _url(core.PROJECTS, None, {"x": "y" * MAX_URL})
    assert e.value.code == "request.too_long"


def test_a_body_has_a_bound():
    with pytest.raises(ContractError) as e:
        build_request(wit.ARTIFACT_URI_QUERY, BASE, "contoso", body={"artifactUris": ["x" * (1 << 20)]})
    assert e.value.code == "request.too_long"


def test_a_body_is_json():
    request = build_request(wit.ARTIFACT_URI_QUERY, BASE, "contoso", body={"artifactUris": ["ü"]})
    assert request.body == '{"artifactUris":["ü"]}'.encode()
    assert request.headers["Content-Type"] == "application/json"


def test_a_request_says_what_it_accepts():
    headers = build_request(core.PROJECTS, BASE, "contoso").headers
    assert headers == {
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        "Accept-Language": "en-US",
        "X-TFS-FedAuthRedirect": "Suppress",
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (7, "7"),
        ("x", "x"),
        (["a", "b"], "a,b"),
        (datetime(2026, 1, 31, 12, tzinfo=UTC), "2026-01-31T12:00:00Z"),
        (datetime(2026, 1, 31, 12, 0, 0, 500_000, tzinfo=UTC), "2026-01-31T12:00:00.500000Z"),
        (datetime(2026, 1, 31, 12, tzinfo=timezone(timedelta(hours=2))), "2026-01-31T10:00:00Z"),
    ],
)
def test_a_query_value_becomes_ados_text(value, text):
    assert to_query(core.PROJECTS, {"x": value}) == {"x": text}


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ContractError):
        to_query(core.PROJECTS, {"x": datetime(2026, 1, 31)})  # noqa: DTZ001 - the case


def test_a_caller_wins_over_the_operations_own_query():
    assert to_query(wit.WORK_ITEM_REVISIONS, {}) == {"$maxPageSize": "1000"}
    assert to_query(wit.WORK_ITEM_REVISIONS, {"$maxPageSize": 5}) == {"$maxPageSize": "5"}


def test_nulls_in_a_list_are_what_ado_does_not_know():
    assert read_page(core.PROJECTS, _reply({"value": [{"id": 1}, None]})).items == [{"id": 1}]


def test_a_permission_reply_is_no_list_of_things():
    assert read_page(security.PERMISSIONS, _reply({"count": 1, "value": [True]})).body["value"] == [True]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<x>", "reply.not_json"),
        (b'{"value": [}', "reply.not_json"),
        (b"7", "reply.shape"),
        (b"null", "reply.shape"),
        (b"{}", "reply.shape"),
        (b'{"value": {}}', "reply.shape"),
        (b'{"value": [7]}', "reply.shape"),
        (b'{"value": "\xff"}', "reply.not_json"),
    ],
)
def test_another_shape_is_refused(body, code):
    with pytest.raises(ContractError) as e:
        read_page(core.PROJECTS, _reply(body))
    assert e.value.code == code
    assert core.PROJECTS.route in str(e.value)


@pytest.mark.parametrize("body", [b"", b'{"value": [{"id"', b'{"value": [{"id": 1}'])
def test_a_cut_reply_is_never_a_short_list(body):
    with pytest.raises(TransientError) as e:
        read_page(core.PROJECTS, _reply(body))
    assert e.value.code == "reply.cut"


def test_no_content_is_an_empty_answer():
    page = read_page(git.PULL_REQUEST_THREADS, Reply(204, {}, b""))
    assert (page.items, page.body, page.last) == ([], {}, True)
    assert read_page(hooks.DELETE_SUBSCRIPTION, Reply(200, {}, b"")).body == {}


def test_a_bare_list_is_a_list():
    assert read_page(account.ACCOUNTS, _reply([{"accountName": "contoso"}])).items == [{"accountName": "contoso"}]


@given(body=st.binary(max_size=80))
def test_any_body_is_read_or_refused(body):
    with contextlib.suppress(ContractError, TransientError):
        read_page(core.PROJECTS, _reply(body))
