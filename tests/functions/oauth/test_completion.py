"""Only who began a sign-in can make it usable, once, in the same workspace."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.functions.oauth.sign_in import BASE_URL, SignIn, completed, new_integration
from tests.oauth.browser import completion_code


def test_a_completion_code_works_once_and_only_for_its_own_sign_in(api, parts):
    mine, other = SignIn(api), SignIn(api)
    my_code, other_code = (completion_code(one.come_back().body) for one in (mine, other))
    for wrong in (other_code, my_code[:-1], my_code.upper(), "x"):
        reply = mine.complete(wrong)
        assert (reply.status, reply.json["field"]) == (422, "completion_code")
    assert mine.status == "consented"
    assert mine.complete(f" {my_code} ").status == 200
    again = mine.complete(my_code)
    assert (again.status, again.json["code"]) == (409, "oauth_completed")


def test_of_two_completions_at_once_one_succeeds(sign_in):
    code = completion_code(sign_in.come_back().body)
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: sign_in.complete(code), range(4)))
    assert sorted(reply.status for reply in replies) == [200, 409, 409, 409]


def test_a_sign_in_that_is_not_completed_is_of_no_use(api, sign_in):
    body = {"base_url": BASE_URL, "auth": sign_in.auth()}
    assert sign_in.complete("x").json["code"] == "oauth_pending"
    assert api.call("test_connection", body=body).json["code"] == "oauth_pending"
    sign_in.come_back()
    assert api.call("test_connection", body=body).json["code"] == "oauth_consented"
    reply = new_integration(sign_in)
    assert (reply.status, reply.json["code"]) == (409, "oauth_consented")


def test_another_workspace_sees_nothing(api, parts, connect):
    mine = SignIn(api)
    code = completion_code(mine.come_back().body)
    missing = api.call("get_authorization", "00000000-0000-4000-8000-000000000000")
    foreign = api.call("get_authorization", mine.id, workspace="other")
    assert (foreign.status, foreign.body) == (404, missing.body)
    assert mine.complete(code, workspace="other").body == missing.body
    assert mine.complete(code).status == 200
    body = {"base_url": BASE_URL, "auth": mine.auth()}
    assert api.call("test_connection", body=body, workspace="other").body == missing.body
    body = {"name": "x", **body}
    assert api.call("create_integration", body=body, workspace="other").body == missing.body
    theirs = connect(workspace="other", name="theirs")
    reply = api.call("change_integration", theirs["id"], body={"auth": mine.auth()}, workspace="other")
    assert reply.body == missing.body


def test_organizations_that_refuse_the_sign_in_are_not_offered(api, fake):
    home, other = fake.organization("contoso"), fake.organization("fabrikam")
    person = next(one for one in home.identities.values() if one.account == "Svc.Flow@contoso.example")
    other.identities[person.id] = person
    try:
        names = [one["name"] for one in completed(api).shown()["organizations"]]
        assert names == ["contoso", "fabrikam"]
        wrong_tenant = {
            "X-RateLimit-Remaining": "0", "X-RateLimit-Limit": "4000", "X-RateLimit-Resource": "DBCPU",
            "Retry-After": "600",
        }  # fmt: skip
        fake.set_fault("fabrikam/_apis/connectionData", status=429, headers=wrong_tenant, times=9)
        assert [one["name"] for one in completed(api).shown()["organizations"]] == ["contoso"]
        fake.set_fault("contoso/_apis/connectionData", status=401, times=9)
        shown = completed(api).shown()
        assert (shown["organizations"], shown["error"]["code"]) == ([], "oauth.other_tenant")
    finally:
        del other.identities[person.id]


def test_while_azure_devops_does_not_answer_the_code_is_not_used_up(api, fake, sign_in):
    code = completion_code(sign_in.come_back().body)
    fake.set_fault("profiles/me", status=503)
    assert sign_in.complete(code).status == 503
    fake.clear_faults()
    assert sign_in.complete(code).status == 200
