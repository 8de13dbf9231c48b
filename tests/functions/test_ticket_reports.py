"""Sprint ledgers and ticket metrics over the API, from rows in a real table store."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.functions.entities import OTHER_PROJECT, PERSON, PROJECT, SPRINT, T0, project, revision, sprint, ticket
from tests.functions.test_status_mapping import _type

HOUR = 3600


def _history(integration, number, states, **other):
    """A ticket, and a revision for each ``(hour, state)`` or ``(hour, state, changes)``."""
    rows = []
    for rev, (hour, state, *changes) in enumerate(states, 1):
        at = T0 + timedelta(hours=hour)
        rows.append(revision(integration, number, rev, state=state, changed_at=at, **(changes[0] if changes else {})))
    last = rows[-1]
    changed = {"state": last.state, "updated_at": last.changed_at, "rev": last.rev, "story_points": last.story_points}
    return ticket(integration, number, **{**changed, **other}), *rows


@pytest.fixture
def worked(stored, store):
    """Done after 8 active hours, done after 2 with a step back, still active, canceled... and a review, not counted."""
    store(
        project(stored), _type(stored), _type(stored, "Review", category="hidden"),
        *_history(stored, 1, [(0, "New"), (2, "Doing"), (10, "Done")], assignee=PERSON),
        *_history(stored, 17, [(0, "Doing"), (1, "New"), (2, "Done", {"story_points": 5.0})], sprint_id=SPRINT),
        *_history(stored, 3, [(0, "New"), (2, "Doing")]),
        *_history(stored, 4, [(0, "New"), (900, "Done")]),
        *_history(stored, 5, [(0, "Doing"), (3, "Done")], type="Review"),
        *_history(stored, 6, [(0, "Doing"), (3, "Done")], is_deleted=True),
    )  # fmt: skip
    return stored


PERIOD = {"from": "2026-03-02T00:00:00Z", "to": "2026-03-16T00:00:00Z"}


def test_metrics_of_a_period(api, worked):
    got = api.get("get_ticket_metrics", worked.id, **PERIOD)
    assert got == {
        "definition_version": "tickets/1", **PERIOD, "group_by": None,
        "results": [{
            "group": None, "tickets_completed": 2, "tickets_completed_per_week": 1.0, "story_points_completed": 5.0,
            "cycle_seconds": {"count": 2, "mean": 5 * HOUR, "median": 5 * HOUR, "p85": 8 * HOUR},
            "queue_seconds": {"count": 2, "mean": 0, "median": 0, "p85": 0},
            "transitions": 4, "lane_transitions": 4, "backflow_transitions": 1, "backflow_rate": 0.25,
        }],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("group_by", "expected"),
    [
        ("assignee", {PERSON: 1, None: 1}), ("sprint_id", {SPRINT: 1, None: 1}), ("type", {"Bug": 2}),
        ("project_id", {PROJECT: 2}), ("week", {"2026-W10": 2}), ("month", {"2026-03": 2}),
    ],
)  # fmt: skip
def test_metrics_by_group(api, worked, group_by, expected):
    got = api.get("get_ticket_metrics", worked.id, **PERIOD, group_by=group_by)
    assert {one["group"]: one["tickets_completed"] for one in got["results"]} == expected


def test_a_changed_mapping_changes_metrics_without_a_new_import(api, worked):
    body = {"statuses": [{"type": "Bug", "status": "Doing", "stage": "active", "is_waiting": True},
                         {"type": "Bug", "status": "New", "stage": "active"}]}  # fmt: skip
    assert api.call("put_status_mapping", worked.id, PROJECT, body=body).status == 200
    (result,) = api.get("get_ticket_metrics", worked.id, **PERIOD)["results"]
    assert result["queue_seconds"] == {"count": 2, "mean": 4.5 * HOUR, "median": 4.5 * HOUR, "p85": 8 * HOUR}
    assert result["cycle_seconds"]["p85"] == 10 * HOUR
    assert result["backflow_transitions"] == 0
    got = api.get("get_ticket", worked.id, "1")
    assert (got["stage"], got["cycle_seconds"], got["queue_seconds"]) == ("done", 10 * HOUR, 8 * HOUR)


def test_a_period_without_work_and_another_project(api, worked):
    empty = {"from": "2025-03-02T00:00:00Z", "to": "2025-03-16T00:00:00Z"}
    (result,) = api.get("get_ticket_metrics", worked.id, **empty)["results"]
    assert (result["tickets_completed"], result["cycle_seconds"], result["backflow_rate"]) == (0, None, None)
    got = api.get("get_ticket_metrics", worked.id, **PERIOD, project_id=OTHER_PROJECT)
    assert got["results"][0]["tickets_completed"] == 0


@pytest.mark.parametrize(
    "query",
    [{"from": "2026-03-02"}, {"to": "2026-03-02T10:00:00"}, {"group_by": "colour"}, {"project_id": "a'b"}, {"x": "1"}],
)
def test_a_query_that_makes_no_sense_is_refused_by_name(api, worked, query):
    reply = api.call("get_ticket_metrics", worked.id, query=query)
    assert (reply.status, reply.json["field"]) == (400, *query)


def test_a_period_that_ends_before_it_starts_is_refused(api, worked):
    reply = api.call("get_ticket_metrics", worked.id, query={"from": PERIOD["to"], "to": PERIOD["from"]})
    assert (reply.status, reply.json["field"]) == (400, "to")


def test_a_ticket_says_what_its_history_says(api, worked):
    got = api.get("get_ticket", worked.id, "17")
    assert {name: got[name] for name in ("stage", "is_waiting", "transitions", "backflow_transitions")} == {
        "stage": "done", "is_waiting": False, "transitions": 2, "backflow_transitions": 1,
    }  # fmt: skip
    assert (got["first_active_at"], got["done_at"], got["cycle_seconds"]) == (
        "2026-03-02T10:00:00Z", "2026-03-02T12:00:00Z", 2 * HOUR,
    )  # fmt: skip


def test_states_of_a_former_project_mean_what_they_meant_there(api, worked, store):
    other = _type(worked, "Bug", (("Begun", "InProgress"),), id="x", project_id=OTHER_PROJECT)
    moved = [(0, "Begun", {"project_name": "Other"}), (4, "Doing"), (6, "Done")]
    store(project(worked, id=OTHER_PROJECT, name="Other"), other, *_history(worked, 7, moved))
    assert api.get("get_ticket", worked.id, "7")["cycle_seconds"] == 6 * HOUR


def test_a_change_of_type_is_no_step_back(api, worked, store):
    retyped = [(0, "Finished", {"type": "Idea"}), (4, "Doing"), (6, "Done")]
    store(_type(worked, "Idea", (("Finished", "Completed"),)), *_history(worked, 8, retyped))
    got = api.get("get_ticket", worked.id, "8")
    assert (got["transitions"], got["backflow_transitions"]) == (2, 0)


def test_a_sprint_ledger_from_stored_revisions(api, worked, store):
    # As when the sprint was not known yet: its node alone tells it.
    inside, outside = {"sprint_node": 4, "story_points": 3.0}, {"sprint_node": 1, "story_points": 3.0}
    store(
        sprint(worked, start_date="2026-03-03", finish_date="2026-03-04"),
        *_history(worked, 20, [(0, "New", inside), (20, "Done", inside)]),
        *_history(worked, 21, [(0, "New", inside), (20, "New", outside)]),
        *_history(worked, 22, [(0, "New", outside), (20, "New", inside)]),
        *_history(worked, 23, [(0, "New", inside)], type="Review"),
        *_history(worked, 24, [(0, "New", inside), (20, "New", {**inside, "is_deleted": True})], is_deleted=True),
    )  # fmt: skip
    got = api.get("get_sprint_ledger", worked.id, SPRINT)
    tallies = {name: got[name]["tickets"] for name in ("committed", "added", "removed", "completed", "carried_over")}
    assert tallies == {"committed": 3, "added": 1, "removed": 2, "completed": 1, "carried_over": 1}
    assert (got["at"], got["is_over"], got["committed"]["points"]) == ("2026-03-05T00:00:00Z", True, 9.0)
    assert [one["number"] for one in got["tickets"]] == [20, 21, 22, 24]
    early = api.get("get_sprint_ledger", worked.id, SPRINT, at="2026-03-03T01:00:00+00:00")
    assert (early["committed"]["tickets"], early["remaining"]["tickets"], early["added"]["tickets"]) == (3, 3, 0)


@pytest.mark.parametrize("id_", [OTHER_PROJECT, "x", "a/b"])
def test_the_ledger_of_an_unknown_sprint_is_not_found(api, worked, id_):
    assert api.call("get_sprint_ledger", worked.id, id_).status == 404


def test_a_moment_without_a_zone_is_refused(api, worked):
    assert api.call("get_sprint_ledger", worked.id, SPRINT, query={"at": "2026-03-03"}).json["field"] == "at"
