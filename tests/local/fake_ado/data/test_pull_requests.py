"""Pull requests over REST."""

from __future__ import annotations

from datetime import datetime

import pytest

from local.fake_ado.git_rows import precise


@pytest.fixture(scope="module")
def shown(made):
    """Those in repositories that answer, newest first."""
    answering = {one.id for one in made.repositories.values() if not one.is_disabled and one.deleted_at is None}
    return [one for one in reversed(made.pull_requests.values()) if one.repository_id in answering]


def _numbers(answer):
    return [row["pullRequestId"] for row in answer.values()]


def _page(reader, scope, query):
    return _numbers(reader.get(f"{scope}_apis/git/pullrequests?{query}"))


@pytest.mark.parametrize("top", [1, 7, 40])
def test_pages_give_every_one_once_and_newest_first(made, reader, shown, top):
    for project in made.projects.values():
        if project.state != "wellFormed":
            continue
        found: list[int] = []
        while True:
            page = _page(reader, f"{project.id}/", f"searchCriteria.status=all&$top={top}&$skip={len(found)}")
            if not page:
                break
            found += page
        ids = {one.id for one in made.repositories.values() if one.project_id == project.id}
        assert found == [one.id for one in shown if one.repository_id in ids]


def test_a_page_has_101_unless_told_and_never_more_than_1000(made, reader, shown):
    assert len(shown) > 101
    assert _page(reader, "", "searchCriteria.status=all") == [one.id for one in shown][:101]
    assert len(_page(reader, "", "searchCriteria.status=all&$top=5000")) == len(shown)


@pytest.mark.parametrize("status", ["", "active", "completed", "abandoned"])
def test_a_status_selects_and_active_is_the_default(reader, shown, status):
    query = f"searchCriteria.status={status}&$top=1000" if status else "$top=1000"
    assert _page(reader, "", query) == [one.id for one in shown if one.status == (status or "active")]


@pytest.mark.parametrize("kind", ["created", "closed"])
def test_times_are_of_creation_or_closing(reader, shown, kind):
    moments = sorted(one.created if kind == "created" else one.closed for one in shown if one.closed)
    since, until = moments[len(moments) // 3], moments[-len(moments) // 3]
    query = f"searchCriteria.status=all&$top=1000&searchCriteria.queryTimeRangeType={kind}"
    query += f"&searchCriteria.minTime={_text(since)}&searchCriteria.maxTime={_text(until)}"
    found = [
        one.id for one in shown if (at := one.created if kind == "created" else one.closed) and since <= at <= until
    ]
    assert found
    assert _page(reader, "", query) == found


def _text(moment):
    return moment.isoformat().replace("+00:00", "Z")


def test_people_and_branches_select(reader, shown):
    one = next(one for one in shown if one.reviewers)
    everything = "searchCriteria.status=all&$top=1000"
    for name, value, test in (
        ("creatorId", one.creator_id, lambda row: row.creator_id == one.creator_id),
        ("reviewerId", one.reviewers[0].identity_id, lambda row: one.reviewers[0].identity_id in _reviewers(row)),
        ("sourceRefName", one.source_ref, lambda row: row.source_ref == one.source_ref),
        ("targetRefName", "refs/heads/release/1.0", lambda row: row.target_ref == "refs/heads/release/1.0"),
        ("repositoryId", one.repository_id, lambda row: row.repository_id == one.repository_id),
    ):
        found = _page(reader, "", f"{everything}&searchCriteria.{name}={value}")
        assert found == [row.id for row in shown if test(row)], name
    assert reader.get("_apis/git/pullrequests?searchCriteria.status=odd").status == 400
    assert reader.get("_apis/git/pullrequests?searchCriteria.queryTimeRangeType=updated").status == 400
    assert reader.get("_apis/git/pullrequests?searchCriteria.minTime=soon").status == 400


def _reviewers(row):
    return [one.identity_id for one in row.reviewers]


def test_lists_cut_and_leave_out_what_the_single_read_has(made, reader, shown):
    rows = {
        row["pullRequestId"]: row
        for row in reader.get("_apis/git/pullrequests?searchCriteria.status=all&$top=1000").values()
    }
    one = next(one for one in shown if len(one.description) > 400 and one.status == "completed")
    listed = rows[one.id]
    assert listed["description"] == one.description[:400]
    missing = {"closedBy", "completionOptions", "workItemRefs", "commits", "autoCompleteSetBy"}
    assert not missing & set(listed)
    assert listed["closedDate"] == precise(one.closed)
    single = reader.get(f"_apis/git/pullrequests/{one.id}?includeWorkItemRefs=true").json()
    assert single["description"] == one.description
    assert single["closedBy"]["id"] == one.closed_by
    assert single["completionOptions"]["mergeStrategy"] == one.merge_strategy
    assert "workItemRefs" in single
    assert all(("description" in rows[row.id]) == bool(row.description) for row in shown)
    labelled = next(row for row in shown if row.labels)
    assert [label["name"] for label in rows[labelled.id]["labels"]] == labelled.labels


def test_times_have_up_to_seven_digits_and_lose_nothing_when_cut(shown, reader):
    rows = {
        row["pullRequestId"]: row
        for row in reader.get("_apis/git/pullrequests?searchCriteria.status=all&$top=1000").values()
    }
    digits = {len(row["creationDate"].partition(".")[2]) - 1 for row in rows.values()}
    assert 7 in digits
    for one in shown:
        assert datetime.fromisoformat(rows[one.id]["creationDate"]) == one.created


def test_threads_tell_what_happened_in_one_of_two_spellings(made, reader, shown):
    spellings = set()
    for one in shown[:40]:
        rows = reader.get(f"_apis/git/repositories/{one.repository_id}/pullRequests/{one.id}/threads").values()
        assert [row["id"] for row in rows] == sorted(thread.id for thread in one.threads)
        threads = {thread.id: thread for thread in one.threads}
        for row in rows:
            thread = threads[row["id"]]
            properties = {name: held["$value"] for name, held in row["properties"].items()}
            if thread.event is None:
                assert "CodeReviewThreadType" not in properties
                assert row["status"] == thread.status
                continue
            assert "status" not in row
            if thread.event.kind == "vote":
                spellings.add(_check_vote(row, properties, thread))
    assert spellings == {"new", "old"}


def _check_vote(row, properties, thread):
    assert properties["CodeReviewVoteResult"] == thread.event.value
    if "CodeReviewVotedByIdentity" in properties:
        assert row["identities"][properties["CodeReviewVotedByIdentity"]]["id"] == thread.event.actor_id
        return "new"
    assert row["identities"] is None
    assert properties["CodeReviewVotedByTfId"] == thread.event.actor_id
    return "old"


def test_a_deleted_comment_has_no_text(reader, shown):
    one, thread = next(
        (one, thread) for one in shown for thread in one.threads if any(row.is_deleted for row in thread.comments)
    )
    path = f"_apis/git/repositories/{one.repository_id}/pullRequests/{one.id}/threads/{thread.id}"
    row = reader.get(path).json()
    for shown_comment, held in zip(row["comments"], thread.comments, strict=True):
        assert ("content" in shown_comment) != held.is_deleted
        assert bool(shown_comment.get("isDeleted")) == held.is_deleted
    assert row["isDeleted"] == all(held.is_deleted for held in thread.comments)


def test_iterations_and_commits_name_real_commits(made, reader, shown):
    one = max(shown, key=lambda row: len(row.iterations))
    path = f"_apis/git/repositories/{one.repository_id}/pullRequests/{one.id}"
    rows = reader.get(f"{path}/iterations?includeCommits=true").values()
    assert [row["reason"] for row in rows] == [held.reason for held in one.iterations]
    assert [[c["commitId"] for c in row["commits"]] for row in rows] == [held.commit_ids for held in one.iterations]
    first = reader.get(f"{path}/commits?$top=1")
    assert "x-ms-continuationtoken" in first.headers
    found = [row["commitId"] for row in reader.get(f"{path}/commits").values()]
    last = one.iterations[-1]
    assert found == made.histories[one.repository_id].between(last.common_commit, last.source_commit)


def test_groups_review_but_carry_only_rolled_up_votes(made, reader, shown):
    one = next(row for row in shown if any(made.identities[r.identity_id].kind == "group" for r in row.reviewers))
    rows = reader.get(f"_apis/git/repositories/{one.repository_id}/pullRequests/{one.id}/reviewers").values()
    groups = [row for row in rows if row.get("isContainer")]
    assert groups
    assert groups[0]["uniqueName"].startswith("vstfs:///Classification/TeamProject/")


@pytest.mark.parametrize("flag", ["is_disabled", "deleted_at"])
def test_what_is_in_a_repository_that_does_not_answer_is_not_found(made, reader, flag):
    repository = next(one for one in made.repositories.values() if getattr(one, flag))
    one = next(one for one in made.pull_requests.values() if one.repository_id == repository.id)
    for path in (
        f"_apis/git/repositories/{repository.id}/pullRequests/{one.id}/threads",
        f"_apis/git/repositories/{repository.id}",
    ):
        answer = reader.get(path)
        assert answer.status == 404
        assert "TF401019" in answer.json()["message"]
    assert reader.get(f"_apis/git/pullrequests/{one.id}").status == 404


def test_repositories_list_the_disabled_and_the_bin_the_deleted(made, reader):
    rows = {row["id"]: row for row in reader.get("_apis/git/repositories").values()}
    alive = {one.id for one in made.projects.values() if one.state == "wellFormed"}
    kept = [one for one in made.repositories.values() if one.project_id in alive and one.deleted_at is None]
    assert set(rows) == {one.id for one in kept}
    for one in kept:
        assert rows[one.id]["isDisabled"] == one.is_disabled
        assert ("defaultBranch" in rows[one.id]) == (one.default_branch is not None)
        assert rows[one.id].get("isFork", False) == one.is_fork
    gone = next(one for one in made.repositories.values() if one.deleted_at)
    found = reader.get(f"{gone.project_id}/_apis/git/recycleBin/repositories").values()
    assert [row["id"] for row in found] == [gone.id]
    fork = next(one for one in kept if one.is_fork)
    assert reader.get(f"_apis/git/repositories/{fork.id}").json()["parentRepository"]["id"] == fork.parent_id
