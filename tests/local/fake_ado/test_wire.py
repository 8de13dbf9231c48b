"""What every answer has, whatever it is about."""

from __future__ import annotations

import gzip

import requests

from local.fake_ado.model import Project


def _raw(fake, **headers):
    url = f"{fake.url}/dev.azure.com/demo/_apis/projects?api-version=7.1"
    headers["Authorization"] = f"Bearer {fake.token('bearer')}"
    with requests.get(url, headers=headers, stream=True, timeout=10) as answer:
        return answer, answer.raw.read(decode_content=False)


def test_gzip_only_when_asked_and_worth_it(fake):
    organization = fake.organization("demo")
    small, _ = _raw(fake, **{"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in small.headers
    for number in range(50):
        key = f"{number:08d}-0000-4000-8000-000000000000"
        organization.projects[key] = Project(key, f"P{number}")
    plain, content = _raw(fake, **{"Accept-Encoding": "identity"})
    packed, compressed = _raw(fake, **{"Accept-Encoding": "gzip, deflate"})
    assert ("Content-Encoding" in plain.headers, packed.headers["Content-Encoding"]) == (False, "gzip")
    assert gzip.decompress(compressed) == content
    assert len(compressed) < len(content)


def test_names_of_query_parameters_and_routes_are_taken_in_any_case(client):
    assert len(client.get("_APIS/Projects?$TOP=1").values()) == 1


def test_the_legacy_address_answers_too(client, fake):
    headers = {"Authorization": f"Bearer {fake.token('bearer')}"}
    for address in ("demo.visualstudio.com", "demo.visualstudio.com/DefaultCollection", "Demo.VisualStudio.com"):
        answer = requests.get(f"{fake.url}/{address}/_apis/projects?api-version=7.1", headers=headers, timeout=10)
        assert answer.status_code == 200, address
    users = f"{fake.url}/demo.vssps.visualstudio.com/_apis/graph/users?api-version=7.1-preview.1"
    assert requests.get(users, headers=headers, timeout=10).status_code == 200


def test_the_date_is_the_organisations_time(client, fake):
    assert client.get("_apis/projects").headers["date"] == "Sun, 01 Mar 2026 12:00:00 GMT"


def test_what_there_is_not_is_a_page(client):
    for path in ("_apis/nothing", "_apis", "", "_apis/projects/x/y/z"):
        reply = client.get(path)
        assert (reply.status, reply.headers["content-type"]) == (404, "text/html; charset=utf-8"), path
