"""Mutations: each kind does what it says, at a later time, and tells the service hooks."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest

from local.fake_ado.generate import make_organization
from local.fake_ado.hooks import Event
from local.fake_ado.mutate import KINDS, mutate
from local.fake_ado.truth import truth
from tests.local.fake_ado.data.conftest import NOW

EVENTS = {
    "ticket_created": {"workitem.created"},
    "ticket_changed": {"workitem.updated"},
    "ticket_state": {"workitem.updated"},
    "ticket_assigned": {"workitem.updated"},
    "ticket_commented": {"workitem.commented", "workitem.updated"},
    "ticket_moved": {"workitem.updated"},
    "ticket_retyped": {"workitem.updated"},
    "ticket_deleted": {"workitem.deleted"},
    "ticket_restored": {"workitem.restored"},
    "ticket_reparented": {"workitem.updated"},
    "ticket_reparented_silently": {"workitem.updated"},
    "pull_request_created": {"git.push", "git.pullrequest.created"},
    "pull_request_commented": {"ms.vss-code.git-pullrequest-comment-event"},
    "pull_request_comment_edited": {"ms.vss-code.git-pullrequest-comment-event"},
    "pull_request_comment_deleted": {"ms.vss-code.git-pullrequest-comment-event"},
    "pull_request_voted": {"git.pullrequest.updated"},
    "pull_request_pushed": {"git.push", "git.pullrequest.updated"},
    "pull_request_completed": {"git.pullrequest.updated", "git.pullrequest.merged"},
    "pull_request_abandoned": {"git.pullrequest.updated"},
    "pull_request_reactivated": {"git.pullrequest.updated"},
    "pull_request_published": {"git.pullrequest.updated"},
    "pull_request_reviewer_added": {"git.pullrequest.updated"},
    "pull_request_reviewer_removed": {"git.pullrequest.updated"},
    "pull_request_retargeted": {"git.pullrequest.updated"},
    "pull_request_votes_reset": {"git.pullrequest.updated"},
    "repository_created": {"git.repo.created"},
    "repository_renamed": {"git.repo.renamed"},
    "repository_disabled": {"git.repo.statuschanged"},
    "repository_deleted": {"git.repo.deleted"},
    "repository_restored": {"git.repo.undeleted"},
    "commit_pushed": {"git.push"},
    "build_finished": {"build.complete"},
    "build_canceled": {"build.complete"},
    "build_retried": {"build.complete"},
    "tagged": {"git.push"},
}


@pytest.fixture
def small():
    return make_organization("demo", 2, "small", NOW)


def _picture(organization):
    nodes = [(one.name, one.start_date, one.deleted_at) for one in organization.nodes.values()]
    links = [(one.watermark, one.is_active) for one in organization.links]
    shas = [history.refs for history in organization.histories.values()]
    builds = [(one.id, one.status) for one in organization.builds.values()]
    people = [(one.id, one.is_active, one.listed) for one in organization.identities.values()]
    seen = [(one.id, sorted(one.hidden_from), one.state) for one in organization.projects.values()]
    return orjson.dumps([truth(organization, NOW), nodes, links, shas, builds, people, seen], default=str)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_kind_changes_something_later_and_tells_it(small, kind):
    if kind == "project_shown":
        mutate(small, 1, 1, ["project_hidden"])
    before, then = _picture(small), small.now
    heard: list[Event] = []
    small.on_event = heard.append
    assert mutate(small, 5, 1, [kind]) == {kind: 1}
    assert _picture(small) != before
    assert small.now > then
    assert {event.event_type for event in heard} == EVENTS.get(kind, set())
    for event in heard:
        assert event.project_id in small.projects
        assert orjson.loads(orjson.dumps(event.resource))


def test_times_only_grow_and_rows_do_too(small):
    for seed in range(5):
        then, feed = small.now, len(small.feed)
        done = mutate(small, seed, 40)
        assert sum(done.values()) == 40
        assert small.now > then
        later = small.feed_times[feed:]
        assert all(first < second for first, second in zip([then, *later], later, strict=False))
    assert small.feed_times == sorted(small.feed_times)


def test_by_default_only_named_kinds_are_left_out(small):
    done: dict[str, int] = {}
    for seed in range(12):
        for kind, count in mutate(small, seed, 60).items():
            done[kind] = done.get(kind, 0) + count
    assert "ticket_reparented_silently" not in done
    assert len(done) > 30


def test_with_the_machines_clock_nothing_is_dated_later_than_now():
    organization = make_organization("demo", 2, "tiny")
    assert organization.follows_wall_clock
    made_at = organization.now
    mutate(organization, 1, 60)
    assert made_at < organization.now <= datetime.now(UTC)
    assert organization.feed_times[-1] <= organization.now
    newest = [thread.updated for one in organization.pull_requests.values() for thread in one.threads]
    assert max(newest) <= organization.now


def test_the_same_seed_does_the_same():
    pictures = []
    for _ in range(2):
        organization = make_organization("demo", 9, "tiny", NOW)
        mutate(organization, 4, 50)
        pictures.append(_picture(organization))
    assert pictures[0] == pictures[1]


def test_kinds_come_in_turn_and_unknown_ones_are_refused(small):
    assert mutate(small, 1, 5, ["ticket_created", "ticket_state"]) == {"ticket_created": 3, "ticket_state": 2}
    with pytest.raises(ValueError, match="ticket_exploded"):
        mutate(small, 1, 1, ["ticket_exploded"])


def test_what_cannot_be_done_is_left_out(tiny):
    assert mutate(tiny, 1, 3, ["project_deleted"]) == {}


def test_a_destroyed_item_leaves_no_trace(small):
    gone = set(small.destroyed)
    mutate(small, 1, 2, ["ticket_destroyed"])
    numbers = set(small.destroyed) - gone
    assert len(numbers) == 2
    assert not numbers & {number for number, _ in small.feed}
    assert not numbers & {end for link in small.links for end in (link.source, link.target)}
    assert not numbers & {row["number"] for row in truth(small, NOW)["tickets"]}


def test_a_deleted_sprint_hands_its_items_to_the_node_above(small):
    mutate(small, 1, 4, ["sprint_deleted"])
    gone = {one.id for one in small.nodes.values() if one.deleted_at}
    assert gone
    assert not gone & {one.revisions[-1].fields["System.IterationId"] for one in small.work_items.values()}
    sprints = truth(small, NOW)["sprints"]
    assert not gone & {row["node_id"] for row in sprints}


def test_deleting_an_item_takes_its_links_and_restoring_brings_them_back(small):
    from local.fake_ado.work_item_actions import delete, restore
    from local.fake_ado.work_item_links import deactivate_all, links_of, reactivate_all

    item = next(one for one in small.work_items.values() if len(links_of(small, one)) > 1 and not one.is_deleted)
    by = item.revisions[0].fields["System.CreatedBy"]
    before = {(one.rel, one.source, one.target) for one in links_of(small, item)}
    delete(small, item, NOW, by)
    deactivate_all(small, item, NOW, by)
    assert links_of(small, item) == []
    restore(small, item, NOW, by)
    reactivate_all(small, item, NOW, by)
    assert {(one.rel, one.source, one.target) for one in links_of(small, item)} == before
