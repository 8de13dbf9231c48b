"""Faults on demand, as a client meets them."""

from __future__ import annotations

import gzip
import zlib

import pytest
import requests

from local.fake_ado.faults import from_json


@pytest.mark.parametrize(
    ("fault", "statuses"),
    [
        ({"status": 503}, [503, 200, 200, 200, 200, 200]),
        ({"status": 503, "times": 2}, [503, 503, 200, 200, 200, 200]),
        ({"status": 503, "nth": 3}, [200, 200, 503, 200, 200, 200]),
        ({"status": 503, "every": 2, "times": None}, [503, 200, 503, 200, 503, 200]),
        ({"status": 503, "nth": 2, "every": 3, "times": 2}, [200, 503, 200, 200, 503, 200]),
    ],
)
def test_when_it_strikes(client, fake, fault, statuses):
    fake.set_fault("projects", **fault)
    assert [client.get("_apis/projects").status for _ in statuses] == statuses


def test_path_and_method_choose(client, fake):
    fake.set_fault(r"/_apis/projects\?\$top=1&", method="GET", status=500, times=None)
    assert client.get("_apis/projects?$top=1").status == 500
    assert client.get("_apis/projects?$top=10").status == 200
    fake.clear_faults()
    fake.set_fault("projects", method="POST", status=500)
    assert client.get("_apis/projects").status == 200


def test_status_headers_and_body_are_as_told(client, fake):
    fake.set_fault(status=502, body="<html>no</html>", headers={"Content-Type": "text/html", "X-Odd": "1"})
    reply = client.get("_apis/projects")
    assert (reply.status, reply.content, reply.headers["x-odd"]) == (502, b"<html>no</html>", "1")


def test_a_sign_in_page_and_garbage(client, fake):
    fake.set_fault(html=True)
    reply = client.get("_apis/projects")
    assert (reply.status, reply.headers["content-type"]) == (203, "text/html; charset=utf-8")
    fake.clear_faults()
    fake.set_fault(garbage=True)
    reply = client.get("_apis/projects")
    assert reply.status == 200
    with pytest.raises(ValueError, match=r"."):
        reply.json()


def test_headers_may_be_added_to_a_good_answer(client, fake):
    fake.set_fault(headers={"Retry-After": "3"})
    reply = client.get("_apis/projects")
    assert (reply.status, reply.headers["retry-after"]) == (200, "3")
    assert reply.values()


def test_a_connection_breaks_in_mid_body(client, fake):
    fake.set_fault(reset=True)
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError)):
        client.get("_apis/projects")
    assert client.get("_apis/projects").status == 200


def test_a_reset_without_a_body_comes_at_once(client, fake):
    fake.set_fault(reset=True, status=200, body="")
    with pytest.raises(requests.exceptions.ConnectionError):
        client.get("_apis/projects")


def test_gzip_is_cut(client, fake):
    fake.set_fault(cut_gzip=True)
    url = f"{fake.url}/dev.azure.com/demo/_apis/projects?api-version=7.1"
    headers = {"Accept-Encoding": "gzip", "Authorization": f"Bearer {fake.token('bearer')}"}
    with requests.get(url, headers=headers, stream=True, timeout=10) as answer:
        content = answer.raw.read(decode_content=False)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert int(answer.headers["Content-Length"]) == len(content)
    with pytest.raises((EOFError, zlib.error)):
        gzip.decompress(content)


def test_no_answer_ever(client, fake):
    fake.set_fault(hang=True)
    url = f"{fake.url}/dev.azure.com/demo/_apis/projects"
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.get(url, timeout=0.2)
    assert client.get("_apis/projects").status == 200


def test_a_slow_one_does_not_hold_up_others(client, fake):
    import threading

    fake.set_fault("slow", delay=30.0)
    url = f"{fake.url}/dev.azure.com/demo/_apis/projects?slow"

    def ask():
        with pytest.raises(requests.exceptions.ReadTimeout):
            requests.get(url, timeout=1.0)

    thread = threading.Thread(target=ask)
    thread.start()
    assert client.get("_apis/projects").status == 200
    assert thread.is_alive()
    thread.join()


@pytest.mark.parametrize(
    "row",
    [{"statsu": 500}, {"match": {"host": "x"}}, {"match": {"path": "("}}, {"every": 0}, {"nth": 0}],
)
def test_a_fault_with_a_slip_is_refused(row):
    with pytest.raises(ValueError, match=r"."):
        from_json(row)
