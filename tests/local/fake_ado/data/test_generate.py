"""Made-up organisations: the same from the same seed, consistent in themselves, and with every awkward case."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import orjson
import pytest

from local.fake_ado import fields
from local.fake_ado.generate import make_organization
from local.fake_ado.processes import types_of
from local.fake_ado.pull_request_plans import months_before
from local.fake_ado.sizes import SIZES
from local.fake_ado.truth import truth
from tests.local.fake_ado.data.conftest import NOW


def _print_of(organization):
    shas = [sorted(history.commits) for history in organization.histories.values()]
    known = [truth(organization, NOW), organization.feed, shas, sorted(organization.tokens)]
    return hashlib.sha256(orjson.dumps(known, default=str)).hexdigest()


def test_the_same_arguments_give_the_same_organization():
    prints = {_print_of(make_organization("demo", 7, "tiny", NOW)) for _ in range(2)}
    assert len(prints) == 1
    for name, seed, size in (("demo", 8, "tiny"), ("other", 7, "tiny"), ("demo", 7, "small")):
        assert _print_of(make_organization(name, seed, size, NOW)) not in prints


@pytest.mark.parametrize("size", ["tiny", "small", "bench"])
def test_counts_are_those_of_the_size(size):
    organization, plan = make_organization("demo", 1, size, NOW), SIZES[size]
    assert len(organization.work_items) + len(organization.destroyed) == plan.tickets
    assert len(organization.feed) == plan.revisions
    assert max(len(item.revisions) for item in organization.work_items.values()) >= plan.longest
    assert len(organization.pull_requests) == plan.pull_requests
    assert len(organization.repositories) == plan.repositories
    commits = sum(len(history.commits) for history in organization.histories.values())
    assert plan.commits * 0.8 < commits < plan.commits * 1.6


def test_watermarks_follow_time_and_point_at_revisions(made):
    assert made.feed_times == sorted(made.feed_times)
    assert len(made.feed_times) == len(made.feed)
    for item in made.work_items.values():
        assert [revision.rev for revision in item.revisions] == list(range(1, len(item.revisions) + 1))
        for revision in item.revisions:
            assert made.feed[revision.watermark - 1] == (item.id, revision.rev)
            assert made.feed_times[revision.watermark - 1] == revision.fields[fields.CHANGED_DATE]


def test_some_revisions_share_a_moment(made):
    assert len(set(made.feed_times)) < len(made.feed_times)


def test_types_and_states_are_those_of_the_process_or_retired(made):
    for item in made.work_items.values():
        for revision in item.revisions:
            project = made.projects[revision.fields[fields.PROJECT]]
            kind = next(one for one in types_of(project) if one.name == revision.fields[fields.TYPE])
            state = revision.fields[fields.STATE]
            assert kind.state(state) or state in kind.retired


def test_nothing_happens_in_the_future_or_before_its_beginning(made):
    for one in made.pull_requests.values():
        moments = [thread.published for thread in one.threads] + [row.created for row in one.iterations]
        assert all(one.created <= moment <= NOW for moment in moments)
        assert one.closed is None or one.created <= one.closed <= NOW
        assert (one.closed is None) == (one.status == "active")
    assert made.feed_times[-1] <= NOW


def test_every_commit_a_pull_request_names_is_there(made):
    for one in made.pull_requests.values():
        history = made.histories[one.repository_id]
        named = {one.last_merge_commit, one.last_merge_source, one.last_merge_target}
        for row in one.iterations:
            named |= {row.source_commit, row.target_commit, row.common_commit, *row.commit_ids}
        assert named <= set(history.commits)
        if one.status == "completed":
            assert one.last_merge_commit in {commit.sha for commit in history.reachable([history.refs[one.target_ref]])}


def test_awkward_projects_and_repositories(made):
    projects = made.projects.values()
    assert {one.process for one in projects} == {"Agile", "Scrum", "CMMI", "Basic"}
    assert [one.name for one in projects if not one.git_enabled] == ["Legacy TFVC"]
    assert any(one.hidden_from for one in projects)
    assert any(one.state == "deleted" for one in projects)
    assert any(one.former_names for one in projects)
    repositories = made.repositories.values()
    for test in ("is_fork", "is_disabled", "deleted_at"):
        assert any(getattr(one, test) for one in repositories), test
    assert any(one.default_branch is None and not made.histories[one.id].refs for one in repositories)


def test_awkward_people(made):
    people = [one for one in made.identities.values() if one.kind == "user"]
    assert any(not one.is_active and one.listed for one in people)
    assert any(not one.listed and one.account for one in people)
    assert any(not one.listed and not one.account for one in people)
    assert any(one.is_guest for one in people)
    assert len({one.display_name for one in people}) < len(people)
    names = "".join(one.display_name for one in people)
    assert all(letter in names for letter in "é李🚀\"'&,")
    accounts = [one.account.lower() for one in people if one.account]
    assert len(set(accounts)) == len(accounts)


def test_awkward_tickets(made):
    items = list(made.work_items.values())
    revisions = [revision for item in items for revision in item.revisions]
    assert any(len({one.fields[fields.PROJECT] for one in item.revisions}) > 1 for item in items)
    assert any(len({one.fields[fields.TYPE] for one in item.revisions}) > 1 for item in items)
    assert any(item.is_deleted for item in items)
    assert any(one.fields.get(fields.IS_DELETED) is False for one in revisions)
    assert any(fields.ASSIGNED_TO not in one.fields for one in revisions)
    parents = [(item, made.work_items.get(item.revisions[-1].fields.get(fields.PARENT, 0))) for item in items]
    assert any(parent and parent.project_id != item.project_id for item, parent in parents)
    assert {"缺陷", "Störung"} <= {one.fields[fields.TYPE] for one in revisions}
    assert any(one.fields[fields.STATE] == "Freigabe" for one in revisions)
    assert made.destroyed


def test_awkward_iterations(made):
    nodes = [one for one in made.nodes.values() if one.structure == "iteration" and one.parent]
    chosen = [one for team in made.teams.values() for one in team.iteration_ids]
    assert any(one.start_date is None for one in nodes)
    assert any(chosen.count(one.identifier) > 1 for one in nodes)
    assert any(one.identifier not in chosen for one in nodes)
    depths = [made.nodes[one.parent].parent for one in nodes]
    assert any(parent and made.nodes[parent].parent for parent in depths)


def test_awkward_pull_requests(made):
    rows = list(made.pull_requests.values())
    comments = [comment for one in rows for thread in one.threads for comment in thread.comments]
    kinds = {thread.properties.get("CodeReviewThreadType") for one in rows for thread in one.threads}
    assert {"VoteUpdate", "RefUpdate", "ReviewersUpdate", "StatusUpdate", "IsDraftUpdate", "MergeAttempt"} <= kinds
    assert {one.status for one in rows} == {"active", "completed", "abandoned"}
    assert {one.merge_strategy for one in rows} == {"noFastForward", "squash", "rebase", "rebaseMerge"}
    assert any(one.is_draft for one in rows)
    assert any(len(one.description) > 400 for one in rows)
    assert any(one.source_repository_id for one in rows)
    assert any(comment.is_deleted for comment in comments)
    assert any(made.identities[row.identity_id].kind == "group" for one in rows for row in one.reviewers)
    votes = [[t.event.actor_id for t in one.threads if t.event and t.event.kind == "vote"] for one in rows]
    assert any(len(set(who)) < len(who) for who in votes)
    assert any(row.reason == "forcePush" for one in rows for row in one.iterations)


def test_pull_requests_lie_on_both_sides_of_the_border(made):
    border = months_before(NOW, 6)

    def newest_thread(one):
        return max((thread.updated for thread in one.threads), default=one.created)

    rows = list(made.pull_requests.values())
    old = [one for one in rows if one.created < border]
    assert any(one.closed and one.closed >= border for one in old)
    closed_before = [one for one in old if one.closed and one.closed < border]
    assert any(newest_thread(one) >= border for one in closed_before)
    assert any(newest_thread(one) < border for one in closed_before)
    still_open = [one for one in old if one.status == "active"]
    assert any(newest_thread(one) < border for one in still_open)
    assert any(newest_thread(one) >= border for one in still_open)
    assert any(border <= one.created < border + timedelta(days=1) for one in rows)


def test_builds_run_and_have_run(made):
    assert {one.status for one in made.builds.values()} == {"completed", "inProgress"}
    assert {"succeeded", "failed", "canceled"} <= {one.result for one in made.builds.values()}
    assert any(one.started is None and one.finished for one in made.builds.values())
