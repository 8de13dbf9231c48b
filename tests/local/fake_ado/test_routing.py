"""The table of operations: how a path finds its handler."""

from __future__ import annotations

import pytest

from local.fake_ado import areas, routing
from local.fake_ado.answers import empty
from local.fake_ado.server import read_target

HOST = "routing.example"


@pytest.fixture(scope="module", autouse=True)
def table():
    kept = list(routing.ROUTES)
    for method, template in (
        ("GET", "/{organization}/_apis/things"),
        ("GET", "/{organization}/_apis/things/{id}"),
        ("GET", "/{organization}/_apis/things/special"),
        ("POST", "/{organization}/_apis/things"),
        ("GET", "/{organization}/{project}/_apis/things"),
        ("GET", "/{organization}/{project}/{team}/_apis/things"),
        ("GET", "/{organization}/_apis/nodes/{path*}"),
        ("HEAD", "/{organization}/_apis/things/{id}"),
    ):
        routing.route(method, HOST, template, version="7.1")(lambda _call: empty())
    yield
    routing.ROUTES[:] = kept


def _find(path, method="GET"):
    found = routing.find(method, HOST, path.split("/"))
    return found and (found.route.template, found.parameters)


@pytest.mark.parametrize(
    ("path", "template", "parameters"),
    [
        ("o/_apis/things", "/{organization}/_apis/things", {"organization": "o"}),
        ("o/_APIS/Things", "/{organization}/_apis/things", {"organization": "o"}),
        ("o/_apis/things/5", "/{organization}/_apis/things/{id}", {"organization": "o", "id": "5"}),
        ("o/_apis/things/special", "/{organization}/_apis/things/special", {"organization": "o"}),
        ("o/p%20q/_apis/things", "/{organization}/{project}/_apis/things", {"organization": "o", "project": "p q"}),
        ("o/p%2Fq/_apis/things", "/{organization}/{project}/_apis/things", {"organization": "o", "project": "p/q"}),
        (
            "o/p/t/_apis/things",
            "/{organization}/{project}/{team}/_apis/things",
            {"organization": "o", "project": "p", "team": "t"},
        ),
        ("o/_apis/nodes", "/{organization}/_apis/nodes/{path*}", {"organization": "o", "path": ""}),
        ("o/_apis/nodes/a/b%20c", "/{organization}/_apis/nodes/{path*}", {"organization": "o", "path": "a/b c"}),
    ],
)
def test_a_path_finds_its_operation(path, template, parameters):
    assert _find(path) == (template, parameters)


@pytest.mark.parametrize("path", ["o", "o/_apis", "o/_apis/things/5/6", "o//_apis/things", "/_apis/things", ""])
def test_a_path_finds_none(path):
    assert _find(path) is None


def test_methods_have_their_own_operations():
    assert _find("o/_apis/things", "POST") is not None
    assert _find("o/_apis/things/5", "POST") is None
    assert _find("o/_apis/things", "HEAD") == _find("o/_apis/things")
    own = routing.find("HEAD", HOST, ["o", "_apis", "things", "5"])
    assert own is not None
    assert own.route.method == "HEAD"
    assert routing.find("GET", "nowhere.example", ["o"]) is None


@pytest.mark.parametrize(
    ("path", "host", "segments"),
    [
        ("/dev.azure.com/o/_apis/x", "dev.azure.com", ["o", "_apis", "x"]),
        ("/DEV.azure.com/o/_apis/x/", "dev.azure.com", ["o", "_apis", "x"]),
        ("/o.visualstudio.com/_apis/x", "dev.azure.com", ["o", "_apis", "x"]),
        ("/o.visualstudio.com/DefaultCollection/p/_apis/x", "dev.azure.com", ["o", "p", "_apis", "x"]),
        ("/o.vssps.visualstudio.com/_apis/x", "vssps.dev.azure.com", ["o", "_apis", "x"]),
        ("/app.vssps.visualstudio.com/_apis/x", "app.vssps.visualstudio.com", ["_apis", "x"]),
    ],
)
def test_a_host_is_the_first_segment(path, host, segments):
    target = read_target(path)
    assert (target.host, target.segments) == (host, segments)


def test_no_two_routes_answer_the_same():
    areas.load()
    keys = [(one.host, one.method, one.template.lower()) for one in routing.ROUTES]
    assert len(keys) == len(set(keys))
