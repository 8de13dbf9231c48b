"""The entity lists, single entities and import choices, over rows in a real table store."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.flow.catalog import LISTS
from shared.flow.rows import to_json
from shared.flow.ticket_links import CommitTickets, PullRequestTickets
from shared.flow.tickets import Ticket
from tests.functions.entities import (
    ONE_OF_EACH,
    OTHER_PROJECT,
    OTHER_REPO,
    PERSON,
    PROJECT,
    REPO,
    T0,
    comment,
    commit,
    event,
    project,
    pull_request,
    repo,
    revision,
    sprint,
    ticket,
)

MORE: dict[str, dict[str, object]] = {"commits": {"work_item_ids": []}}
"""What lists show beside what is stored."""


def test_every_list_is_tried_here():
    assert ONE_OF_EACH.keys() == LISTS.keys()


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_a_list_shows_what_is_stored_and_nothing_of_others(api, stored, store, name):
    one = ONE_OF_EACH[name](stored)
    store(one, replace(one, integration_id="0" * 36))
    assert api.rows(f"list_{name}", stored.id) == [to_json(one) | MORE.get(name, {})]


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_deleted_rows_are_shown_only_to_those_who_ask(api, stored, store, name):
    one = replace(ONE_OF_EACH[name](stored), is_deleted=True, deleted_at=T0)
    store(one)
    assert api.rows(f"list_{name}", stored.id) == []
    assert api.rows(f"list_{name}", stored.id, include_deleted="true") == [to_json(one) | MORE.get(name, {})]


@pytest.mark.parametrize("limit", ["1", "3", "1000"])
def test_pages_give_every_row_once_in_the_keys_order(api, stored, store, limit):
    numbers = [*range(1, 40, 3), 2_000_000_000]
    store(*(ticket(stored, number) for number in numbers))
    got = [row["number"] for row in api.rows("list_tickets", stored.id, limit=limit)]
    assert got == sorted(numbers, key=lambda number: (number % 16, number))


def test_a_page_over_rows_that_do_not_fit_still_comes_to_an_end(api, stored, store):
    store(*(ticket(stored, n, is_deleted=n != 31) for n in range(1, 40)))
    assert [row["number"] for row in api.rows("list_tickets", stored.id, limit="2")] == [31]


@pytest.mark.parametrize("cursor", ["x", "!", "W10", "bnVsbA", "WyJhIl0", "é", "A" * 4000])
@pytest.mark.parametrize("name", ["list_tickets", "list_ticket_events"])
def test_a_made_up_cursor_is_refused(api, stored, name, cursor):
    reply = api.call(name, stored.id, query={"cursor": cursor})
    assert (reply.status, reply.json["field"]) == (400, "cursor")


def test_a_cursor_of_another_integration_shows_nothing_of_it(api, stored, store, parts):
    foreign = replace(stored, id="ffffffff-0000-4000-8000-000000000000")
    store(*(ticket(foreign, n) for n in range(1, 20)))
    page = parts.tables.page(Ticket.TABLE, partition_prefix=foreign.id, limit=2)
    reply = api.call("list_tickets", stored.id, query={"cursor": page.cursor})
    assert reply.json == {"results": [], "next_cursor": None}


FILTERED = [
    ("list_repos", {"project_id": PROJECT}, [repo], lambda i: repo(i, id=OTHER_REPO, project_id=OTHER_PROJECT)),
    ("list_sprints", {"project_id": PROJECT}, [sprint], lambda i: sprint(i, id=OTHER_REPO, project_id=OTHER_PROJECT)),
    ("list_tickets", {"project_id": PROJECT}, [lambda i: ticket(i, 1)],
     lambda i: ticket(i, 2, project_id=OTHER_PROJECT)),
    ("list_tickets", {"status": "Größe's"}, [lambda i: ticket(i, 1, state="Größe's")], lambda i: ticket(i, 2)),
    ("list_tickets", {"updated_after": "2026-03-02T10:00:00+00:00"},
     [lambda i: ticket(i, 1, updated_at=T0 + timedelta(milliseconds=1))], lambda i: ticket(i, 2)),
    ("list_pull_requests", {"repo_id": REPO}, [pull_request], lambda i: pull_request(i, 8, OTHER_REPO)),
    ("list_pull_requests", {"project_id": PROJECT}, [pull_request],
     lambda i: pull_request(i, 8, OTHER_REPO, project_id=OTHER_PROJECT)),
    ("list_pull_requests", {"status": "merged"}, [lambda i: pull_request(i, state="merged")],
     lambda i: pull_request(i, 8)),
    ("list_pull_requests", {"updated_after": "2026-03-02T11:00:00Z"},
     [lambda i: pull_request(i, last_activity_at=T0 + timedelta(hours=2))], lambda i: pull_request(i, 8)),
    ("list_pull_request_comments", {"repo_id": REPO, "project_id": PROJECT}, [comment],
     lambda i: comment(i, 8, project_id=OTHER_PROJECT)),
    ("list_pull_request_events", {"updated_after": "2026-03-02T09:59:59Z"}, [event],
     lambda i: event(i, "comment-1-1", occurred_at=T0 - timedelta(hours=1))),
]  # fmt: skip


@pytest.mark.parametrize(("name", "query", "fits", "other"), FILTERED)
def test_a_filter_keeps_what_fits(api, stored, store, name, query, fits, other):
    wanted = [make(stored) for make in fits]
    store(*wanted, other(stored))
    assert api.rows(name, stored.id, **query) == [to_json(entity) for entity in wanted]
    assert len(api.rows(name, stored.id)) == len(wanted) + 1


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("list_users", {"project_id": PROJECT}),
        ("list_tickets", {"repo_id": REPO}),
        ("list_repos", {"status": "open"}),
        ("list_pull_requests", {"status": "active"}),
        ("list_pull_requests", {"repo_id": "a'b"}),
        ("list_tickets", {"updated_after": "yesterday"}),
        ("list_tickets", {"updated_after": "2026-03-02T10:00:00"}),
        ("list_tickets", {"include_deleted": "perhaps"}),
        ("list_tickets", {"status": ""}),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused_by_name(api, stored, name, query):
    reply = api.call(name, stored.id, query=query)
    assert (reply.status, reply.json["field"]) == (400, *query)


def test_quotes_in_a_filter_are_text(api, stored, store):
    store(ticket(stored, 1))
    assert api.rows("list_tickets", stored.id, status="x' or state eq 'New") == []


def test_ticket_events_tell_each_change(api, stored, store):
    store(revision(stored, 5, 1), revision(stored, 5, 2, state="Active", changed_by=PERSON))
    events = api.rows("list_ticket_events", stored.id)
    assert [event["id"] for event in events] == ["5/1/state", "5/1/type", "5/1/project_name", "5/2/state"]
    changed = {"old_value": "New", "new_value": "Active", "occurred_at": "2026-03-02T12:00:00Z", "actor": PERSON}
    assert changed.items() <= events[-1].items()


def test_a_ticket_has_the_history_of_its_states(api, stored, store):
    store(
        ticket(stored, 3, state="Done"),
        revision(stored, 3, 1), revision(stored, 3, 2), revision(stored, 3, 3, state="Done", changed_by_name="Ada"),
        revision(stored, 30, 1, state="Else"),
    )  # fmt: skip
    assert api.get("get_ticket", stored.id, "3")["status_history"] == [
        {"state": "New", "started_at": "2026-03-02T11:00:00Z", "ended_at": "2026-03-02T13:00:00Z", "rev": 1,
         "actor": None, "actor_name": None},
        {"state": "Done", "started_at": "2026-03-02T13:00:00Z", "ended_at": None, "rev": 3,
         "actor": None, "actor_name": "Ada"},
    ]  # fmt: skip


def test_a_pull_request_has_its_events_in_order_of_time(api, stored, store):
    late = event(stored, "comment-2-1", event_type="merged", occurred_at=T0 + timedelta(days=1))
    early = event(stored, "thread-9", event_type="comment", occurred_at=T0 + timedelta(hours=1))
    store(pull_request(stored), late, early, event(stored), event(stored, number=70))
    got = api.get("get_pull_request", stored.id, REPO, "7")
    assert [one["source_ref"] for one in got["events"]] == ["opened", "thread-9", "comment-2-1"]
    assert (got["title"], got["work_item_ids"]) == ("Add it", [])


def test_a_pull_request_has_its_tickets(api, stored, store):
    ids = {"integration_id": stored.id, "id": f"{REPO}/7", "repo_id": REPO, "number": 7}
    store(pull_request(stored), PullRequestTickets(**ids, ticket_numbers=[3, 12], read_at=T0))
    assert api.get("get_pull_request", stored.id, REPO, "7")["work_item_ids"] == [3, 12]


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("get_ticket", ["9"]), ("get_ticket", ["0"]), ("get_ticket", ["x"]), ("get_ticket", ["1" * 30]),
        ("get_ticket", ["42"]), ("get_pull_request", [REPO, "9"]), ("get_pull_request", ["a/b", "7"]),
        ("get_pull_request", [REPO, "7"]), ("get_pull_request", [REPO, "-7"]),
    ],
)  # fmt: skip
def test_what_is_not_there_or_deleted_is_not_found(api, stored, store, name, ids):
    store(replace(ticket(stored, 42), is_deleted=True), replace(pull_request(stored), is_deleted=True))
    assert api.call(name, stored.id, *ids).status == 404


def test_a_deleted_one_is_given_to_those_who_ask(api, stored, store):
    store(replace(ticket(stored, 42), is_deleted=True), replace(pull_request(stored), is_deleted=True))
    assert api.get("get_ticket", stored.id, "42", include_deleted="true")["is_deleted"]
    assert api.get("get_pull_request", stored.id, REPO, "7", include_deleted="true")["is_deleted"]


@pytest.mark.parametrize(("name", "make", "id_"), [("ticket_project", project, PROJECT), ("repo", repo, REPO)])
def test_what_is_imported_can_be_chosen(api, stored, store, name, make, id_):
    store(make(stored))
    assert api.call(f"change_{name}", stored.id, id_, body={"is_imported": False}).json["is_imported"] is False
    assert api.rows(f"list_{name}s", stored.id)[0]["is_imported"] is False
    assert api.call(f"change_{name}", stored.id, id_, body={"is_imported": True}).json == to_json(make(stored))


@pytest.mark.parametrize("body", [{}, {"is_imported": None}, {"is_imported": "yes"}, {"is_imported": True, "x": 1}])
def test_a_choice_is_true_or_false(api, stored, store, body):
    store(project(stored))
    assert api.call("change_ticket_project", stored.id, PROJECT, body=body).status == 400


def test_commits_are_listed_with_their_tickets(api, stored, store):
    made = [commit(stored, sha=letter * 40, repo_id=repo_id) for letter in "acd" for repo_id in (REPO, OTHER_REPO)]
    rows = [
        CommitTickets(
            integration_id=stored.id, id=f"{REPO}/{sha}", repo_id=REPO, sha=sha, ticket_numbers=[3, 12], read_at=T0
        )
        for sha in ("b" * 40, "c" * 40)
    ]
    store(*made, *rows)
    listed = {(row["repo_id"], row["id"][0]): row["work_item_ids"] for row in api.rows("list_commits", stored.id)}
    assert len(listed) == 6
    assert {key: numbers for key, numbers in listed.items() if numbers} == {(REPO, "c"): [3, 12]}
