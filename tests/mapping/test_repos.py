from datetime import UTC, datetime

import pytest

from shared.flow.repos import Repo
from shared.mapping.repos import deleted_repository, to_repo
from tests.mapping.examples import body

RECORDED = body("git/GET_repositories.json")["value"]


def _map(item):
    return to_repo(item, integration_id="i", organization="fabrikam", is_imported=True)


def test_a_recorded_repository_becomes_a_repo():
    page = "https://dev.azure.com/fabrikam/Fabrikam-Fiber-Git/_git/Fabrikam-Fiber-Git"
    assert _map(RECORDED[1]) == Repo(
        integration_id="i",
        id="278d5cd2-584d-4b63-824a-2ba458937249",
        url=page,
        name="Fabrikam-Fiber-Git",
        project_id="6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c",
        project_name="Fabrikam-Fiber-Git",
        clean_url="https://dev.azure.com/fabrikam/_git/Fabrikam-Fiber-Git",
        commit_url=page + "/commit/{sha}",
        default_branch="refs/heads/master",
    )


def test_an_empty_repository_has_no_default_branch():
    assert _map(RECORDED[0]).default_branch is None


def test_the_address_is_the_one_given_and_the_clone_url_loses_its_user():
    repo = _map(RECORDED[1] | {"webUrl": "https://x/_git/r", "remoteUrl": "https://fabrikam@dev.azure.com/a/_git/r"})
    assert (repo.url, repo.commit_url) == ("https://x/_git/r", "https://x/_git/r/commit/{sha}")
    assert repo.clean_url == "https://dev.azure.com/a/_git/r"


@pytest.mark.parametrize(
    ("ado", "field", "value"),
    [
        ({"isDisabled": True}, "is_disabled", True),
        ({"isDisabled": True}, "blocked", True),
        ({"isInMaintenance": True}, "is_in_maintenance", True),
        ({"isInMaintenance": True}, "blocked", False),
        ({"isFork": True}, "is_fork", True),
        ({"size": 2**40}, "size_bytes", 2**40),
        ({"project": RECORDED[1]["project"] | {"visibility": "public"}}, "is_private", False),
        ({"project": RECORDED[1]["project"] | {"visibility": "private"}}, "is_private", True),
    ],
)
def test_facts_of_a_repository(ado, field, value):
    assert getattr(_map(RECORDED[1] | ado), field) == value


def test_the_recycle_bin_tells_when():
    gone = {"id": RECORDED[0]["id"].upper(), "deletedDate": "2026-02-03T04:05:06.7Z"}
    assert deleted_repository(gone) == (RECORDED[0]["id"], datetime(2026, 2, 3, 4, 5, 6, 700000, tzinfo=UTC))
