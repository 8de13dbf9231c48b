"""Effective permissions: what membership and visibility give, what grants add and denials take."""

from __future__ import annotations

import pytest

from local.fake_ado import access
from tests.local.fake_ado.minimal import ALPHA, AREA_ROOT, BETA, HIDDEN, REPOSITORY

PROJECT = access.PROJECT_TOKEN
ALL = ("good", "reader", "stakeholder")

# namespace, token, bits, who of ALL has it
TABLE = [
    (access.COLLECTION, "NAMESPACE", 1, ALL),
    (access.COLLECTION, "NAMESPACE", 2, ("good",)),
    (access.COLLECTION, "NAMESPACE", 3, ("good",)),
    (access.PROJECT, PROJECT + ALPHA, 1, ALL),
    (access.PROJECT, PROJECT + ALPHA, 2, ("good",)),
    (access.PROJECT, PROJECT + HIDDEN, 1, ("good",)),
    (access.GIT, f"repoV2/{ALPHA}/{REPOSITORY}", 2, ("good", "reader")),
    (access.GIT, f"repoV2/{ALPHA}/{REPOSITORY}", 4, ("good",)),
    (access.GIT, f"repoV2/{BETA}/x", 2, ALL),
    (access.AREA, f"vstfs:///Classification/Node/{AREA_ROOT}", 16, ALL),
    (access.AREA, "vstfs:///Classification/Node/none", 16, ("good",)),
    (access.BUILD, ALPHA, 1, ALL),
    (access.BUILD, f"{ALPHA}/1", 1, ALL),
    (access.HOOKS, "PublisherSecurity", 3, ("good",)),
    (access.HOOKS, f"PublisherSecurity/{ALPHA}", 3, ("good",)),
]


def _ask(client, namespace, bits, tokens, who, delimiter=None):
    path = f"_apis/permissions/{namespace}/{bits}?tokens={tokens}&alwaysAllowAdministrators=false"
    return client.get(path + (f"&delimiter={delimiter}" if delimiter else ""), token=who)


@pytest.mark.parametrize(("namespace", "token", "bits", "expected"), TABLE)
def test_who_has_what(client, namespace, token, bits, expected):
    assert tuple(who for who in ALL if _ask(client, namespace, bits, token, who).values() == [True]) == expected


def test_the_limited_account_may_ask_although_it_may_do_nothing_else(client):
    assert _ask(client, access.COLLECTION, 1, "NAMESPACE", "limited").values() == [False]


def test_several_tokens_keep_their_order(client):
    tokens = [PROJECT + HIDDEN, PROJECT + ALPHA, PROJECT + "absent"]
    assert _ask(client, access.PROJECT, 1, ",".join(tokens), "reader").values() == [False, True, False]
    assert _ask(client, access.PROJECT, 1, "|".join(tokens), "reader", "|").values() == [False, True, False]


def test_grants_add_and_denials_take(client, fake):
    organization = fake.organization("demo")
    reader = organization.tokens[fake.token("reader")].identity_id
    organization.grants[reader] = {(access.HOOKS, f"PublisherSecurity/{ALPHA}", bit) for bit in (1, 2)}
    organization.denials[reader] = {(access.BUILD, ALPHA, 1)}
    assert _ask(client, access.HOOKS, 3, f"PublisherSecurity/{ALPHA}", "reader").values() == [True]
    assert _ask(client, access.HOOKS, 4, f"PublisherSecurity/{ALPHA}", "reader").values() == [False]
    assert _ask(client, access.BUILD, 1, ALPHA, "reader").values() == [False]


def test_no_scope_is_needed(client):
    for token in ("no_work", "no_graph", "no_project"):
        assert _ask(client, access.COLLECTION, 1, "NAMESPACE", token).status == 200


def test_an_unknown_namespace_and_bits_that_are_none_are_refused(client):
    assert _ask(client, "00000000-0000-0000-0000-000000000000", 1, "x", "good").status == 404
    assert _ask(client, access.PROJECT, "one", "x", "good").status == 400


def test_a_batch_answers_each_question_in_its_place(client):
    rows = [{"securityNamespaceId": one, "token": token, "permissions": bits} for one, token, bits, _ in TABLE]
    body = {"alwaysAllowAdministrators": False, "evaluations": rows}
    found = client.post("_apis/security/permissionevaluationbatch", body, token="reader").json()["evaluations"]
    assert [row["value"] for row in found] == ["reader" in who for *_, who in TABLE]
    assert [{name: row[name] for name in rows[0]} for row in found] == rows


@pytest.mark.parametrize("body", [{}, {"evaluations": 1}, {"evaluations": [{"securityNamespaceId": access.PROJECT}]}])
def test_a_batch_that_asks_nothing_is_refused(client, body):
    assert client.post("_apis/security/permissionevaluationbatch", body).status == 400
