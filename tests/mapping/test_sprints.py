from shared.flow.sprints import Sprint
from shared.mapping.sprints import is_whole, nodes_below, to_sprint
from tests.mapping.examples import body

TREE = body("wit/GET_wit_classificationNodes_iterations_depth_2.json")
SPRINT_2 = "c9206006-4362-4b16-9205-1b94d32a6fb2"


def _sprints(tree, teams=None):
    return {
        node.id: to_sprint(node, integration_id="i", project_id="p", project_name="P", teams=teams or {})
        for node in nodes_below(tree)
    }


def test_a_recorded_tree_becomes_sprints_with_paths_as_tickets_spell_them():
    sprints = _sprints(TREE, {SPRINT_2: {"t2", "t1"}})
    assert len(sprints) == 10
    assert sprints[SPRINT_2] == Sprint(
        integration_id="i",
        id=SPRINT_2,
        project_id="p",
        project_name="P",
        node_id=3565,
        name="Sprint 2",
        path="Fabrikam-Fiber-Git\\Release 1\\Sprint 2",
        parent_id="395a6b4f-6488-41ee-a06a-1514405ab6f0",
        start_date="2014-03-17",
        finish_date="2014-03-28",
        teams=["t1", "t2"],
    )


def test_directly_below_the_root_there_is_no_parent_and_dates_may_be_missing():
    release = _sprints(TREE)["6b5153a0-76f7-4aad-bd60-7dbfe3c2947d"]
    assert release.parent_id is None
    assert (release.start_date, release.finish_date) == (None, None)


def test_the_root_is_no_sprint():
    assert TREE["identifier"] not in _sprints(TREE)
    assert _sprints({"name": "Empty", "identifier": TREE["identifier"], "hasChildren": False}) == {}


def test_a_cut_tree_is_noticed():
    assert is_whole(TREE)
    cut = TREE | {"children": [{**TREE["children"][0], "hasChildren": True}]}
    assert not is_whole(cut)
