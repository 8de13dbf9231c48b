"""Route templates against the paths that ASP.NET Core documents for them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.host.routes import Router, parse_template, split_path

GUID = "c3a1c9b0-7d3e-4f55-9a55-0a1b2c3d4e5f"


def match(template: str, path: str) -> dict[str, str] | None:
    return parse_template(template).match(split_path(path))


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("", "/", {}),
        ("api/items", "/api/items", {}),
        ("api/items", "/API/Items/", {}),
        ("api/items", "/api/items/7", None),
        ("api/items", "/api//items", None),
        ("items/{id}", "/items/a%20b", {"id": "a b"}),
        ("items/{id}", "/items/a%2Fb", {"id": "a%2Fb"}),
        ("items/{id}", "/items/a+b", {"id": "a+b"}),
        ("items/{id}", "/items", None),
        ("items/{id?}", "/items", {}),
        ("items/{id?}", "/items/7", {"id": "7"}),
        ("items/{id=5}", "/items", {"id": "5"}),
        ("items/{id:int=5}", "/items/6", {"id": "6"}),
        ("items/{id:int?}", "/items", {}),
        ("items/{id:int?}", "/items/x", None),
        ("items/{*rest}", "/items", {}),
        ("items/{*rest}", "/items/a/b", {"rest": "a/b"}),
        ("items/{**rest}", "/items/a/b", {"rest": "a/b"}),
        ("{*path=index.html}", "/", {"path": "index.html"}),
        ("{a}/{b}", "/x/y", {"a": "x", "b": "y"}),
        ("v{version}/{name}.{kind}", "/v2/a.b.csv", {"version": "2", "name": "a.b", "kind": "csv"}),
        ("v{version}/x", "/2/x", None),
        ("{Id:int}", "/7", {"Id": "7"}),
        ("{code:regex(^\\d{{2}}-[a-f]+$)}", "/12-AB", {"code": "12-AB"}),
        ("{code:regex(^\\d{{2}}-[a-f]+$)}", "/123-ab", None),
        ("{n:int:min(1)}", "/0", None),
        ("{n:int:min(1)}", "/1", {"n": "1"}),
    ],
)
def test_a_template_matches_as_aspnet_does(template, path, values):
    assert match(template, path) == values


@pytest.mark.parametrize(
    ("constraint", "accepted", "refused"),
    [
        ("int", ["0", "-7", "2147483647"], ["", "x", "1.0", "2147483648", "9" * 5000]),
        ("long", ["9223372036854775807"], ["9223372036854775808", "1e3"]),
        ("bool", ["true", "FALSE"], ["1", "yes"]),
        ("guid", [GUID, GUID.upper(), GUID.replace("-", ""), f"{{{GUID}}}"], [GUID[:-1], f"{GUID}0", "x"]),
        ("alpha", ["abc", "ABC"], ["a1", "ä", "a-b"]),
        ("decimal", ["1.5", "-2"], ["1e3", "x"]),
        ("double", ["1e3", ".5"], ["x", "1,5"]),
        ("float", ["1.5"], ["one"]),
        ("datetime", ["2016-12-31", "2016-12-31 7:32:00", "2016-12-31T07:32:00Z"], ["2016-13-01", "soon"]),
        ("length(3)", ["abc"], ["ab", "abcd"]),
        ("length(2,3)", ["ab", "abc"], ["a", "abcd"]),
        ("minlength(2)", ["ab"], ["a"]),
        ("maxlength(2)", ["ab"], ["abc"]),
        ("min(18)", ["18"], ["17", "x"]),
        ("max(120)", ["-5", "120"], ["121"]),
        ("range(18,120)", ["18", "120"], ["17", "121"]),
        ("required", ["x"], []),
    ],
)
def test_a_constraint_decides(constraint, accepted, refused):
    template = parse_template(f"{{value:{constraint}}}")
    assert [value for value in accepted if template.match([value]) is None] == []
    assert [value for value in refused if template.match([value]) is not None] == []


@pytest.mark.parametrize(
    "template",
    [
        "a//b",
        "{id",
        "id}",
        "{}",
        "{id}/{ID}",
        "{*rest}/a",
        "{id?}/a",
        "{id:nosuch}",
        "{id:length()}",
        "a.{ext?}",
        "{a}}",
    ],
)
def test_a_template_that_cannot_be_served_is_refused(template):
    with pytest.raises(ValueError, match=r"route|brace|parameter"):
        parse_template(template)


def test_the_more_exact_route_wins_whatever_their_order():
    templates = ["a/{*rest}", "a/{id}", "a/{id:int}", "a/b", "a/{*n:int}", "a/x{id}"]
    wins = {
        "/a/b": "a/b",
        "/a/7": "a/{id:int}",
        "/a/z": "a/{id}",
        "/a/xy": "a/x{id}",
        "/a/b/c": "a/{*rest}",
        "/a": "a/{*n:int}",
    }
    for order in (templates, templates[::-1]):
        router = Router([(template, frozenset[str](), template) for template in order])
        assert {path: (router.find("GET", path) or [None])[0] for path in wins} == wins


def test_a_wrong_method_is_no_match_and_another_function_may_have_it():
    router = Router([("x", frozenset({"GET"}), "get"), ("x", frozenset({"POST"}), "post")])
    assert [router.find(method, "/x") for method in ("GET", "POST", "PUT")] == [("get", {}), ("post", {}), None]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="/"), min_size=1), min_size=1, max_size=4))
def test_any_segments_come_back_through_parameters(parts):
    template = parse_template("/".join(f"{{p{index}}}" for index in range(len(parts))))
    assert template.match(parts) == {f"p{index}": part for index, part in enumerate(parts)}
