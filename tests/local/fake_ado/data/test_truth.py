"""The ground truth against examples written out by hand, and against an independent reading of the fake."""

from __future__ import annotations

from datetime import datetime, timedelta

from local.fake_ado import fields, mutate, work_item_actions, work_item_links
from local.fake_ado.named_tokens import main_account
from local.fake_ado.processes import type_named
from local.fake_ado.truth import truth
from tests.local.fake_ado.data.conftest import NOW

DAY = timedelta(days=1)


def _text(moment):
    return moment.replace(tzinfo=None).isoformat() + "Z"


def test_a_ticket_shows_its_newest_revision_and_its_events_every_change(tiny):
    project = next(iter(tiny.projects.values()))
    item = next(one for one in tiny.work_items.values() if one.project_id == project.id)
    area, iteration = item.revisions[0].fields[fields.AREA_ID], item.revisions[0].fields[fields.ITERATION_ID]
    kind, by = type_named(project, "User Story"), item.revisions[0].fields[fields.CREATED_BY]
    assert kind is not None
    values = {fields.TITLE: "New", fields.AREA_ID: area, fields.ITERATION_ID: iteration, fields.TAGS: "a; b c"}
    made = work_item_actions.create(tiny, project, kind, NOW, by, values)
    work_item_actions.revise(tiny, made, NOW + DAY, by, {fields.STORY_POINTS: 0.0, fields.ASSIGNED_TO: by})
    work_item_actions.change_state(tiny, made, kind, NOW + 2 * DAY, by, "Closed")
    work_item_links.reparent(tiny, made, item.id, NOW + 3 * DAY, by)
    work_item_actions.delete(tiny, made, NOW + 4 * DAY, by)
    found = truth(tiny, NOW)
    row = next(row for row in found["tickets"] if row["number"] == made.id)
    assert (row["rev"], row["state"], row["story_points"], row["tags"]) == (5, "Closed", 0.0, ["a", "b c"])
    assert (row["parent_number"], row["closed_at"]) == (item.id, _text(NOW + 2 * DAY))
    assert (row["is_deleted"], row["deleted_at"]) == (True, _text(NOW + 4 * DAY))
    events = [
        (e["rev"], e["field"], e["old_value"], e["new_value"]) for e in found["ticket_events"] if e["number"] == made.id
    ]
    assert (1, "state", None, "New") in events
    assert [event for event in events if event[0] > 1 and event[1] not in ("assignee",)] == [
        (2, "story_points", None, 0.0),
        (3, "state", "New", "Closed"),
        (3, "board_column", "New", "Closed"),
        (4, "parent_number", None, item.id),
        (5, "is_deleted", False, True),
    ]


def test_the_root_iteration_is_no_sprint(tiny):
    roots = {node.id: node for node in tiny.nodes.values() if node.parent is None}
    rows = {row["number"]: row for row in truth(tiny, NOW)["tickets"]}
    seen = set()
    for item in tiny.work_items.values():
        is_root = item.revisions[-1].fields[fields.ITERATION_ID] in roots
        seen.add(is_root)
        assert (rows[item.id]["sprint"] is None, rows[item.id]["sprint_id"] is None) == (is_root, is_root)
    assert seen == {True, False}
    assert not {node.identifier for node in roots.values()} & {row["id"] for row in truth(tiny, NOW)["sprints"]}


def test_somebody_whom_no_list_shows_is_found_by_account(made):
    unlisted = {one.id: one for one in made.identities.values() if one.kind == "user" and not one.listed}
    rows = {row["number"]: row for row in truth(made, NOW)["tickets"]}
    seen = 0
    for item in made.work_items.values():
        person = unlisted.get(item.revisions[0].fields[fields.CREATED_BY])
        if person is None or item.id not in rows:
            continue
        seen += 1
        alias = person.id if person.account else None
        assert (rows[item.id]["created_by"], rows[item.id]["created_by_name"]) == (alias, person.display_name)
    assert seen


def test_what_is_hidden_or_gone_is_not_known(tiny):
    account = main_account(tiny).id
    first, second = tiny.projects.values()
    second.hidden_from.add(account)
    found = truth(tiny, NOW)
    assert [row["id"] for row in found["ticket_projects"]] == [first.id]
    assert {row["project_id"] for row in found["tickets"]} == {first.id}
    assert {row["project_id"] for row in found["pull_requests"]} <= {first.id}
    unread = {str(one.id) for one in tiny.work_items.values() if one.project_id == second.id}
    assert unread < set(found["unknowable"]["tickets"])
    assert found["unknowable"]["hidden_projects"] == [second.id]
    assert set(map(str, tiny.destroyed)) <= set(found["unknowable"]["tickets"])


def test_what_went_after_the_first_processing_is_a_tombstone(tiny):
    repository = next(one for one in tiny.repositories.values() if one.default_branch)
    repository.deleted_at = NOW + DAY
    after = {row["id"]: row for row in truth(tiny, NOW)["repos"]}
    assert after[repository.id]["is_deleted"]
    assert repository.id not in {row["id"] for row in truth(tiny, NOW + 2 * DAY)["repos"]}
    assert repository.id not in {row["repo_id"] for row in truth(tiny, NOW)["pull_requests"]}


def test_a_rename_changes_paths_and_is_no_event(tiny):
    before = truth(tiny, NOW)
    mutate.mutate(tiny, 3, 1, ["project_renamed"])
    after = truth(tiny, NOW)
    assert len(after["ticket_events"]) == len(before["ticket_events"])
    old = {row["id"]: row["path"] for row in before["sprints"]}
    former = {row["now"]: row["former"] for row in after["spellings"]}
    renamed = [row for row in after["sprints"] if row["path"] != old[row["id"]]]
    assert renamed
    assert all(old[row["id"]] in former[row["path"]] for row in renamed)


def test_counts_are_those_of_the_rows(made):
    rows, counts = truth(made, NOW), truth(made, NOW, counts=True)
    assert counts["tickets"] == len(rows["tickets"])
    assert counts["skipped"]["pull_requests"] == len(rows["skipped"]["pull_requests"])


def test_a_reader_of_the_feed_comes_to_the_same_tickets(made, reader):
    """Read as a client would: the feed with identities as references, the tree of iterations, the list of projects."""
    values, token = [], ""
    while True:
        more = f"&continuationToken={token}" if token else ""
        batch = reader.get(
            f"_apis/wit/reporting/workitemrevisions?includeDeleted=true&includeIdentityRef=true{more}"
        ).json()
        values += batch["values"]
        token = batch["continuationToken"]
        if batch["isLastBatch"]:
            break
    newest = {row["id"]: row for row in values}
    projects = {row["name"]: row["id"] for row in reader.get("_apis/projects").values()}
    expected = {row["number"]: row for row in truth(made, NOW)["tickets"]}
    assert set(newest) == set(expected)
    for number, row in newest.items():
        shown, wanted = row["fields"], expected[number]
        path = shown["System.IterationPath"]
        assert row["rev"] == wanted["rev"]
        assert projects[shown["System.TeamProject"]] == wanted["project_id"]
        assert (shown["System.State"], shown["System.WorkItemType"]) == (wanted["state"], wanted["type"])
        assert (path if "\\" in path else None) == wanted["sprint"]
        assert shown["System.AreaPath"] == wanted["area_path"]
        assert shown.get("System.Parent") == wanted["parent_number"]
        assert bool(shown.get("System.IsDeleted")) == wanted["is_deleted"]
        assert datetime.fromisoformat(shown["System.ChangedDate"]) == datetime.fromisoformat(wanted["updated_at"])
        assert shown.get("System.AssignedTo", {}).get("id") in (wanted["assignee"], *_unlisted(made))


def _unlisted(made):
    return [one.id for one in made.identities.values() if not one.listed]
