"""Reads of work items, their history and their places, outside of the feeds."""

from __future__ import annotations

import pytest

from local.fake_ado import fields, nodes
from local.fake_ado.generate import make_organization
from local.fake_ado.testing import start_fake
from local.fake_ado.work_item_links import link_parent, parent_of
from tests.local.fake_ado.data.conftest import NOW
from tests.local.fake_ado.minimal import Client


@pytest.fixture(scope="module")
def some(made):
    """Numbers of items that can be read."""
    alive = {one.id for one in made.projects.values() if one.state == "wellFormed"}
    return [one.id for one in made.work_items.values() if one.project_id in alive and not one.is_deleted]


def test_an_item_shows_its_newest_revision_or_that_of_a_time(made, reader, some):
    number = next(one for one in some if len(made.work_items[one].revisions) > 3)
    item = made.work_items[number]
    row = reader.get(f"_apis/wit/workitems/{number}").json()
    assert (row["id"], row["rev"]) == (number, len(item.revisions))
    assert row["fields"]["System.State"] == item.revisions[-1].fields[fields.STATE]
    second = item.revisions[1].fields[fields.CHANGED_DATE].isoformat().replace("+00:00", "Z")
    before = reader.get(f"_apis/wit/workitems/{number}?asOf={second}").json()
    assert before["rev"] >= 2
    assert before["rev"] < len(item.revisions)
    person = row["fields"]["System.CreatedBy"]
    assert person["id"] == item.revisions[0].fields[fields.CREATED_BY]


def test_a_batch_keeps_the_order_and_says_what_is_missing(reader, some):
    numbers = [*some[5:2:-1], 99_999_999]
    rows = reader.post("_apis/wit/workitemsbatch", {"ids": numbers, "errorPolicy": "omit"}).json()["value"]
    assert [row and row["id"] for row in rows] == [*numbers[:-1], None]
    assert reader.post("_apis/wit/workitemsbatch", {"ids": numbers}).status == 404
    assert reader.post("_apis/wit/workitemsbatch", {"ids": list(range(1, 202))}).status == 400
    both = {"ids": some[:1], "fields": ["System.Id"], "$expand": "relations"}
    assert reader.post("_apis/wit/workitemsbatch", both).status == 400
    wanted = {"ids": some[:3], "fields": ["System.Title"]}
    rows = reader.post("_apis/wit/workitemsbatch", wanted).json()["value"]
    assert all(set(row["fields"]) == {"System.Title"} for row in rows)


def test_deleted_and_hidden_items_are_not_found(made, reader):
    deleted = next(one for one in made.work_items.values() if one.is_deleted)
    hidden_in = next(one.id for one in made.projects.values() if one.hidden_from)
    hidden = next(one for one in made.work_items.values() if one.project_id == hidden_in and not one.is_deleted)
    for number, token in ((deleted.id, "good"), (hidden.id, "reader"), (made.destroyed[0], "good")):
        answer = reader.get(f"_apis/wit/workitems/{number}", token=token)
        assert answer.status == 404
        assert "TF401232" in answer.json()["message"]


def test_the_parent_follows_the_link_although_no_revision_tells():
    organization = make_organization("demo", 5, "tiny", NOW)
    items = [one for one in organization.work_items.values() if not one.is_deleted]
    child = next(one for one in items if parent_of(organization, one) is None)
    revisions = len(child.revisions)
    link_parent(
        organization,
        child,
        items[0].id if items[0] is not child else items[1].id,
        NOW,
        child.revisions[0].fields[fields.CREATED_BY],
    )
    with start_fake([organization]) as running:
        row = Client(running).get(f"_apis/wit/workitems/{child.id}?$expand=all").json()
    assert row["fields"]["System.Parent"] == parent_of(organization, child)
    assert row["rev"] == revisions
    rels = {one["rel"]: one["url"] for one in row["relations"]}
    assert rels["System.LinkTypes.Hierarchy-Reverse"].endswith(f"/{row['fields']['System.Parent']}")


def test_updates_rebuild_the_revisions(made, reader, some):
    number = next(one for one in some if 4 < len(made.work_items[one].revisions) < 20)
    rows = reader.get(f"_apis/wit/workitems/{number}/updates").json()["value"]
    assert [row["id"] for row in rows] == list(range(1, len(rows) + 1))
    state, seen = None, []
    for row in rows:
        change = row.get("fields", {}).get("System.State")
        if change:
            assert change.get("oldValue") == state
            state = change["newValue"]
        if "System.Rev" in row.get("fields", {}):
            seen.append(state)
    assert seen == [one.fields[fields.STATE] for one in made.work_items[number].revisions]


def test_comments_come_in_pages_with_a_token_in_the_body(made, reader, some):
    number = max(some, key=lambda one: len(made.work_items[one].comments))
    item = made.work_items[number]
    path = f"{item.project_id}/_apis/wit/workItems/{number}/comments?$top=2&order=asc"
    found, token = [], ""
    while True:
        body = reader.get(path + (f"&continuationToken={token}" if token else ""), version="7.1-preview.4").json()
        assert body["totalCount"] == len(item.comments)
        found += [row["text"] for row in body["comments"]]
        token = body.get("continuationToken", "")
        if not token:
            break
    assert found == [one.text for one in item.comments]
    assert reader.get(path, version="7.1").status == 400


def test_a_query_gives_ids_by_conditions(made, reader, some):
    query = "SELECT [System.Id] FROM WorkItems WHERE [System.WorkItemType] = 'Bug' AND [System.Id] > 50 "
    query += "ORDER BY [System.Id]"
    rows = reader.post("_apis/wit/wiql", {"query": query}).json()["workItems"]
    kinds = {number: made.work_items[number].revisions[-1].fields[fields.TYPE] for number in some}
    assert [row["id"] for row in rows] == [one for one in sorted(some) if one > 50 and kinds[one] == "Bug"]
    project = next(iter(made.projects.values()))
    own = "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project"
    rows = reader.post(f"{project.id}/_apis/wit/wiql?$top=7", {"query": own}).json()["workItems"]
    assert len(rows) == 7
    assert all(made.work_items[row["id"]].project_id == project.id for row in rows)
    for bad in ("", "SELECT", "SELECT [System.Id] FROM WorkItems WHERE [No.Field] = 1"):
        assert reader.post("_apis/wit/wiql", {"query": bad}).status == 400


def test_artifacts_lead_to_items(made, reader, some):
    item = next(made.work_items[one] for one in some if made.work_items[one].artifact_uris)
    uri = item.artifact_uris[0]
    asked = {"artifactUris": [uri.replace("%2F", "%2f"), "vstfs:///Git/Commit/none"]}
    found = reader.post("_apis/wit/artifacturiquery", asked).json()["artifactUrisQueryResult"]
    assert list(found) == asked["artifactUris"]
    assert item.id in [row["id"] for row in found[asked["artifactUris"][0]]]
    assert found["vstfs:///Git/Commit/none"] == []
    assert reader.post("_apis/wit/artifacturiquery", {"artifactUris": [uri] * 201}).status == 400


def test_the_recycle_bin_holds_what_was_deleted(made, reader):
    for project in made.projects.values():
        if project.state == "wellFormed":
            rows = reader.get(f"{project.id}/_apis/wit/recyclebin").json()["value"]
            assert {row["id"] for row in rows} == {
                one.id for one in made.work_items.values() if one.is_deleted and one.project_id == project.id
            }
    number = next(one.id for one in made.work_items.values() if one.is_deleted)
    row = reader.get(f"_apis/wit/recyclebin/{number}").json()
    assert row["resource"]["id"] == number


def test_the_tree_has_every_node_with_its_dates(made, reader):
    project = next(iter(made.projects.values()))
    top = reader.get(f"{project.id}/_apis/wit/classificationnodes/iterations?$depth=20").json()
    found = {}

    def walk(row, path):
        assert row["path"] == path
        found[row["identifier"]] = row
        for child in row.get("children", ()):
            walk(child, f"{path}\\{child['name']}")

    walk(top, f"\\{project.name}\\Iteration")
    mine = [one for one in made.nodes.values() if one.project_id == project.id and one.structure == "iteration"]
    assert set(found) == {one.identifier for one in mine}
    for node in mine:
        shown = found[node.identifier].get("attributes")
        if node.start_date is None:
            assert shown is None
        else:
            assert shown["startDate"] == f"{node.start_date:%Y-%m-%d}T00:00:00Z"
    shallow = reader.get(f"{project.id}/_apis/wit/classificationnodes/iterations").json()
    assert shallow["hasChildren"]
    assert "children" not in shallow
    node = next(one for one in mine if one.name == "Härtung")
    rest = "/".join(nodes.path(made, node).split("\\")[1:])
    assert reader.get(f"{project.id}/_apis/wit/classificationnodes/iterations/{rest}").json()["id"] == node.id
    assert reader.get(f"{project.id}/_apis/wit/classificationnodes/iterations/No").status == 404


def test_a_team_shows_the_iterations_it_selected(made, reader):
    team = max(made.teams.values(), key=lambda one: len(one.iteration_ids))
    rows = reader.get(f"{team.project_id}/{team.id}/_apis/work/teamsettings/iterations").json()["value"]
    assert {row["id"] for row in rows} == set(team.iteration_ids)
    current = reader.get(f"{team.project_id}/{team.id}/_apis/work/teamsettings/iterations?$timeframe=current").json()
    assert {row["attributes"]["timeFrame"] for row in current["value"]} == {"current"}
    assert reader.get(f"{team.project_id}/{team.id}/_apis/work/teamsettings/iterations?$timeframe=past").status == 400
    for row in rows:
        assert row["path"] == nodes.path(made, made.nodes[row["id"]])


def test_board_columns_map_every_state_that_is_not_removed(made, reader):
    project = next(iter(made.projects.values()))
    columns = reader.get(f"{project.id}/_apis/work/boards/Stories/columns").json()["value"]
    assert columns[0]["columnType"] == "incoming"
    assert columns[-1]["columnType"] == "outgoing"
    mapped = {(kind, state) for column in columns for kind, state in column["stateMappings"].items()}
    for kind in ("User Story", "Störung", "Bug"):
        states = reader.get(f"{project.id}/_apis/wit/workitemtypes/{kind}/states").json()["value"]
        wanted = {(kind, state["name"]) for state in states if state["category"] != "Removed"}
        assert wanted <= mapped
    assert reader.get(f"{project.id}/_apis/work/boards/No/columns").status == 404
