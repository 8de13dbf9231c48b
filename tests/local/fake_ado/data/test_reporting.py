"""The reporting feeds: every revision once, in order, from any token, in pages of any size."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.fake_ado import fields, mutate
from local.fake_ado.generate import make_organization
from local.fake_ado.testing import start_fake
from tests.local.fake_ado.data.conftest import NOW
from tests.local.fake_ado.minimal import Client

FEED = "_apis/wit/reporting/workitemrevisions"
LINKS = "_apis/wit/reporting/workitemlinks"
SIZES = st.lists(st.integers(1, 1000), min_size=1, max_size=4)


def read_all(client, query="includeDeleted=true", *, token=None, sizes=(1000,), scope="", name="good"):
    """(pairs of id and rev in the order they came, tokens of the batches)."""
    pairs, tokens = [], []
    for turn in range(100_000):
        more = f"&continuationToken={token}" if token else ""
        size = sizes[turn % len(sizes)]
        batch = client.get(f"{scope}{FEED}?{query}&$maxPageSize={size}{more}", token=name).json()
        assert len(batch["values"]) <= size
        pairs += [(row["id"], row["rev"]) for row in batch["values"]]
        token = batch["continuationToken"]
        tokens.append(token)
        assert f"continuationToken={token.replace(';', '%3B')}" in batch["nextLink"]
        if batch["isLastBatch"]:
            return pairs, tokens
    raise AssertionError("the feed never ends")


def _expected(organization, start=0):
    alive = {one.id for one in organization.projects.values() if one.state == "wellFormed"}
    pairs = [pair for pair in organization.feed[start:] if pair[0] in organization.work_items]
    return [pair for pair in pairs if organization.work_items[pair[0]].project_id in alive]


@settings(max_examples=12, deadline=None)
@given(sizes=SIZES.filter(lambda sizes: max(sizes) > 60), start=st.integers(0, 3000))
def test_any_pages_from_any_token_give_every_revision_once_and_in_order(made, reader, sizes, start):
    token = ";".join(str(part) for part in (start, *made.feed[start - 1])) if start else None
    pairs, tokens = read_all(reader, token=token, sizes=sizes)
    assert pairs == _expected(made, start)
    again, _ = read_all(reader, token=token, sizes=(1000,))
    assert again == pairs
    rest, _ = read_all(reader, token=tokens[0])
    assert rest == pairs[len(pairs) - len(rest) :]


def test_the_last_token_leads_to_what_changes_later():
    organization = make_organization("demo", 3, "tiny", NOW)
    with start_fake([organization]) as running:
        client = Client(running)
        _, tokens = read_all(client)
        assert read_all(client, token=tokens[-1]) == ([], [tokens[-1]])
        before = len(organization.feed)
        mutate.mutate(organization, 1, 12, ["ticket_changed", "ticket_deleted", "ticket_moved"])
        pairs, _ = read_all(client, token=tokens[-1], sizes=(5,))
        assert pairs == organization.feed[before:]


def test_a_project_has_the_items_that_are_in_it_now_with_all_their_revisions(made, reader):
    for project in made.projects.values():
        if project.state != "wellFormed":
            continue
        pairs, _ = read_all(reader, scope=f"{project.id}/")
        assert pairs == [pair for pair in _expected(made) if made.work_items[pair[0]].project_id == project.id]


def test_items_of_projects_that_the_caller_does_not_see_are_missing(made, reader):
    hidden = {one.id for one in made.projects.values() if one.hidden_from}
    pairs, _ = read_all(reader, name="reader")
    assert pairs == [pair for pair in _expected(made) if made.work_items[pair[0]].project_id not in hidden]


def test_without_deleted_items_there_is_no_trace_of_them(made, reader):
    pairs, _ = read_all(reader, query="fields=System.Id")
    gone = {item.id for item in made.work_items.values() if item.is_deleted}
    assert gone
    assert not gone & {number for number, _ in pairs}
    restored = [
        (item.id, one.rev) for item in made.work_items.values() for one in item.revisions
        if one.fields.get(fields.IS_DELETED)
    ]  # fmt: skip
    assert not set(restored) & set(pairs)


def test_a_deletion_is_a_revision_and_a_restore_another(made, reader):
    batch = reader.get(f"{FEED}?includeDeleted=true&fields=System.IsDeleted").json()["values"]
    shown = {(row["id"], row["rev"]): row["fields"].get("System.IsDeleted") for row in batch}
    for item in made.work_items.values():
        for one in item.revisions:
            if (item.id, one.rev) in shown:
                assert shown[item.id, one.rev] == one.fields.get(fields.IS_DELETED)
    assert True in shown.values()
    assert False in shown.values()


def test_latest_only_gives_each_item_once(made, reader):
    pairs, _ = read_all(reader, query="includeDeleted=true&includeLatestOnly=true")
    numbers = {number for number, _ in _expected(made)}
    assert sorted(pairs) == sorted((number, len(made.work_items[number].revisions)) for number in numbers)


def test_types_are_those_of_now(made, reader):
    pairs, _ = read_all(reader, query="includeDeleted=true&types=Bug,Task")
    assert pairs
    kinds = {number: item.revisions[-1].fields[fields.TYPE] for number, item in made.work_items.items()}
    assert pairs == [pair for pair in _expected(made) if kinds[pair[0]] in ("Bug", "Task")]


def test_a_start_time_gives_what_was_changed_since(made, reader):
    moment = made.feed_times[len(made.feed) // 2]
    text = moment.isoformat().replace("+00:00", "Z")
    values = reader.get(f"{FEED}?includeDeleted=true&startDateTime={text}").json()["values"]
    start = made.feed_times.index(moment)
    assert [(row["id"], row["rev"]) for row in values] == _expected(made, start)[: len(values)]
    later = reader.get(f"{FEED}?startDateTime=2027-01-01T00:00:00Z").json()
    assert (later["values"], later["isLastBatch"]) == ([], True)
    assert later["continuationToken"].startswith(f"{len(made.feed)};")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("fields=System.Id,System.Nonsense", "TF51535"),
        ("startDateTime=2026-01-01T00:00:00Z&continuationToken=1;1;1", ""),
        ("continuationToken=tomorrow", ""),
        ("startDateTime=tomorrow", ""),
        ("fields=System.Id&$expand=fields", ""),
        ("$maxPageSize=none", ""),
    ],
)
def test_bad_questions_are_refused(reader, query, code):
    answer = reader.get(f"{FEED}?{query}")
    assert answer.status == 400
    assert code in answer.json()["message"]


def test_fields_are_the_named_ones_or_all_but_long_texts(made, reader):
    named = reader.get(f"{FEED}?fields=system.state,System.Title&$maxPageSize=50").json()["values"]
    assert {name for row in named for name in row["fields"]} == {"System.State", "System.Title"}
    short = reader.get(f"{FEED}?$maxPageSize=500").json()["values"]
    names = {name for row in short for name in row["fields"]}
    assert {"System.Id", "System.Rev", "System.RevisedDate", "System.AreaPath", "System.IterationPath"} <= names
    assert not {"System.Description", "System.History", "System.AreaId"} & names
    long = reader.get(f"{FEED}?$expand=fields&$maxPageSize=500").json()["values"]
    assert {"System.Description", "System.History"} <= {name for row in long for name in row["fields"]}


def test_people_are_texts_or_references(made, reader):
    plain = reader.get(f"{FEED}?includeDeleted=true&fields=System.CreatedBy").json()["values"]
    person = made.identities[made.work_items[plain[0]["id"]].revisions[0].fields[fields.CREATED_BY]]
    assert plain[0]["fields"]["System.CreatedBy"] == f"{person.display_name} <{person.account}>"
    nameless = [row for row in plain if not row["fields"]["System.CreatedBy"].endswith(">")]
    assert {row["fields"]["System.CreatedBy"] for row in nameless} == {
        one.display_name for one in made.identities.values() if one.kind == "user" and not one.account
    }
    referred = reader.get(f"{FEED}?includeDeleted=true&fields=System.CreatedBy&includeIdentityRef=true").json()[
        "values"
    ]
    assert referred[0]["fields"]["System.CreatedBy"] == {
        "id": person.id,
        "uniqueName": f"{person.display_name} <{person.account}>",
    }


def test_a_revision_is_revised_when_the_next_one_is_made(made, reader):
    batch = reader.get(f"{FEED}?includeDeleted=true&fields=System.RevisedDate,System.ChangedDate").json()["values"]
    by_pair = {(row["id"], row["rev"]): row["fields"] for row in batch}
    for (number, rev), shown in by_pair.items():
        following = by_pair.get((number, rev + 1))
        if following is not None:
            assert shown["System.RevisedDate"] == following["System.ChangedDate"]
        if rev == len(made.work_items[number].revisions):
            assert shown["System.RevisedDate"] == "9999-01-01T00:00:00Z"


def test_a_post_says_the_same_with_its_filters_in_the_body(reader):
    body = {"fields": ["System.State"], "types": ["Bug"], "includeDeleted": True, "includeIdentityRef": True}
    posted = reader.post(FEED, body).json()
    got = reader.get(f"{FEED}?fields=System.State&types=Bug&includeDeleted=true&includeIdentityRef=true").json()
    assert posted["values"] == got["values"]
    assert posted["values"]
    assert reader.post(FEED, {"fields": ["Nope"]}).status == 400
    assert reader.post(FEED, {"fields": "System.State"}).status == 400


def test_links_come_once_and_their_newest_row_is_true(made, reader):
    rows, token = [], "0"
    while True:
        batch = reader.get(f"{LINKS}?continuationToken={token}").json()
        rows += batch["values"]
        token = batch["continuationToken"]
        if batch["isLastBatch"]:
            break
    newest = {(row["rel"], row["sourceId"], row["targetId"]): row["isActive"] for row in rows}
    expected = {(one.rel, one.source, one.target): one.is_active for one in made.links}
    alive = {number for number, _ in _expected(made)}
    assert newest == {key: held for key, held in expected.items() if alive & {key[1], key[2]}}
    assert False in newest.values()
    assert {row["rel"] for row in rows} == {
        "System.LinkTypes.Hierarchy", "System.LinkTypes.Related", "System.LinkTypes.Dependency",
    }  # fmt: skip
    assert reader.get(f"{LINKS}?continuationToken={token}").json()["values"] == []


def test_links_can_be_narrowed_to_a_type_and_a_time(reader):
    rows = reader.get(f"{LINKS}?linkTypes=System.LinkTypes.Related").json()["values"]
    assert {row["rel"] for row in rows} == {"System.LinkTypes.Related"}
    moment = rows[len(rows) // 2]["changedDate"]
    later = reader.get(f"{LINKS}?startDateTime={moment}").json()["values"]
    assert later
    assert all(row["changedDate"] >= moment for row in later)
    assert reader.get(f"{LINKS}?continuationToken=1;2;3").status == 400
