from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.errors import UnavailableError
from shared.flow.projects import TicketProject
from shared.flow.sprints import Sprint
from shared.flow.ticket_types import TicketState
from shared.flow.tickets import Ticket, TicketRevision
from shared.flow.users import UserAlias
from shared.mapping.tickets import FIELDS
from shared.streams.catalog import STREAMS
from tests.streams.playing import NOW, Refused

TICKETS, BACKFILL = STREAMS["tickets"], STREAMS["tickets_backfill"]
PROJECT = "11111111-0000-4000-8000-000000000001"
SPRINT = "22222222-0000-4000-8000-000000000002"


def _revision(number, rev, **fields):
    return {
        "id": number,
        "rev": rev,
        "fields": {
            "System.TeamProject": "One",
            "System.WorkItemType": "Bug",
            "System.State": "New",
            "System.Title": f"Ticket {number}",
            "System.CreatedDate": "2026-01-01T00:00:00Z",
            "System.CreatedBy": "Ann Archer <ANN@contoso.com>",
            "System.ChangedDate": f"2026-01-{rev:02d}T00:00:00Z",
            "System.ChangedBy": "Ann Archer <ANN@contoso.com>",
            "System.IterationId": 7,
            "System.IterationPath": "One\\Sprint 1",
        }
        | {name.replace("__", "."): value for name, value in fields.items()},
    }


class Feed:
    """A reporting feed: revisions in order; a token is how many were given, as ``{n};1;1``."""

    def __init__(self, page_size=2):
        self.revisions = []
        self.page_size = page_size
        self.known_fields = set(FIELDS)

    def __call__(self, query):
        assert not {"startDateTime", "continuationToken"} <= query.keys()
        unknown = set(query["fields"].split(",")) - self.known_fields
        if unknown:
            raise Refused(400, f"TF51535: Cannot find field {unknown}.")
        assert query["includeDeleted"] == "true"
        assert query["$maxPageSize"] == "1000"
        start = int(query.get("continuationToken", "0;").split(";")[0])
        if "startDateTime" in query:
            times = [revision["fields"]["System.ChangedDate"] for revision in self.revisions]
            start = sum(at < query["startDateTime"] for at in times)
        end = min(start + self.page_size, len(self.revisions))
        return {
            "values": self.revisions[start:end],
            "continuationToken": f"{end};1;1",
            "isLastBatch": end == len(self.revisions),
        }

    def history(self, number, query):
        """All revisions of one work item, people as objects."""
        ann = {"displayName": "Ann Archer", "uniqueName": "ANN@contoso.com", "id": "x"}
        rows = [r for r in self.revisions if r["id"] == int(number)][int(query["$skip"]) :]
        return [row | {"fields": row["fields"] | {"System.ChangedBy": ann}} for row in rows]


@pytest.fixture
def feed(ado, runner):
    """The organisation's feed, which is also that of its only project."""
    feed = Feed()
    ado.on("_apis/wit/fields", lambda **_: [{"referenceName": name} for name in sorted(feed.known_fields)])
    ado.on("_apis/wit/reporting/workitemrevisions", feed)
    ado.on(f"{PROJECT}/_apis/wit/reporting/workitemrevisions", feed)
    ado.on(f"{PROJECT}/_apis/wit/workItems/(.*)/revisions", feed.history)
    runner.stored.put(
        TicketProject(integration_id="i", id=PROJECT, name="One"),
        UserAlias(integration_id="i", id="ann", apex_user_id="ann", name="Ann", username="ann@contoso.com"),
        Sprint(
            integration_id="i", id=SPRINT, project_id=PROJECT, project_name="One", node_id=7, name="Sprint 1",
            path="One\\Sprint 1",
        ),
    )  # fmt: skip
    return feed


def _backfill(runner, **options):
    return runner.run(BACKFILL, unit=PROJECT, name="One", **options)


def test_the_token_is_taken_first_and_the_backfill_reads_what_is_older(runner, feed, ado):
    feed.revisions = [_revision(1, 1), _revision(2, 1), _revision(1, 2, System__State="Done")]
    runner.run(TICKETS)
    assert runner.written() == []
    query = next(query for path, query in ado.asked if path.startswith("_apis/wit/reporting"))
    assert query["startDateTime"] == "2026-03-01T11:55:00Z"
    _backfill(runner)
    assert {t.id: (t.rev, t.state) for t in runner.stored.all(Ticket)} == {"1": (2, "Done"), "2": (1, "New")}
    assert {r.id for r in runner.stored.all(TicketRevision)} == {"1/1", "2/1", "1/2"}
    assert runner.watermarks[f"tickets_backfill/{PROJECT}"]["complete"] is True


def test_what_a_revision_names_is_looked_up(runner, feed):
    feed.revisions = [_revision(1, 1)]
    _backfill(runner)
    (ticket,) = runner.stored.all(Ticket)
    assert (ticket.project_id, ticket.created_by, ticket.sprint_id) == (PROJECT, "ann", SPRINT)
    assert (ticket.created_by_name, ticket.sprint) == ("Ann Archer", "One\\Sprint 1")


def test_a_quiet_sync_is_one_request_and_writes_nothing(runner, feed, ado):
    runner.run(TICKETS)
    before = ado.count()
    runner.run(TICKETS, now=NOW + timedelta(minutes=15))
    assert ado.count() == before + 1
    assert runner.written() == []


def test_changes_are_read_from_the_token_on(runner, feed):
    feed.revisions = [_revision(1, 1)]
    runner.run(TICKETS)
    feed.revisions += [_revision(1, 2), _revision(2, 1), _revision(1, 3, System__IsDeleted=True)]
    runner.run(TICKETS)
    assert sorted(r.id for r in runner.written() if isinstance(r, TicketRevision)) == ["1/1", "1/2", "1/3", "2/1"]
    assert runner.stored.by_id(Ticket)["1"].is_deleted
    feed.revisions += [_revision(1, 4, System__IsDeleted=False)]
    runner.run(TICKETS)
    assert not runner.stored.by_id(Ticket)["1"].is_deleted


@pytest.mark.parametrize("page_size", [1, 1000])
def test_a_change_in_the_recycle_bin_is_no_second_deletion(runner, feed, page_size):
    feed.page_size = page_size
    deleted = {"System__IsDeleted": True}
    feed.revisions = [_revision(1, 1), _revision(1, 2, **deleted), _revision(1, 3, **deleted)]
    _backfill(runner)
    assert runner.stored.by_id(Ticket)["1"].deleted_at == datetime(2026, 1, 2, tzinfo=UTC)
    runner.run(TICKETS)
    feed.revisions += [_revision(1, 4, System__IsDeleted=False), _revision(1, 5, **deleted)]
    runner.run(TICKETS)
    assert runner.stored.by_id(Ticket)["1"].deleted_at == datetime(2026, 1, 5, tzinfo=UTC)


def test_a_page_gives_each_ticket_once_as_its_newest_revision(runner, feed):
    feed.page_size = 1000
    feed.revisions = [_revision(1, rev) for rev in (1, 3, 2)]
    _backfill(runner)
    assert [(t.id, t.rev) for t in runner.written() if isinstance(t, Ticket)] == [("1", 3)]


@pytest.mark.parametrize("stop_after", [1, 2, 3])
def test_a_backfill_stopped_anywhere_goes_on_where_it_was(runner, feed, stop_after):
    feed.revisions = [_revision(number, 1) for number in range(1, 8)]
    while not (runner.watermarks.get(f"tickets_backfill/{PROJECT}") or {}).get("complete"):
        _backfill(runner, stop_after=stop_after)
    assert len(runner.stored.by_id(Ticket)) == 7
    assert sum(batch.read for batch in runner.batches) < 7


def test_a_complete_backfill_asks_nothing(runner, feed, ado):
    _backfill(runner)
    before = ado.count()
    _backfill(runner)
    assert ado.count() == before


def test_only_fields_that_exist_are_asked_for_and_the_list_is_kept_for_a_day(runner, feed, ado):
    feed.known_fields.discard("Microsoft.VSTS.Scheduling.Size")
    runner.run(TICKETS)
    runner.run(TICKETS, now=NOW + timedelta(hours=23))
    assert ado.count("wit/fields") == 1
    feed.known_fields.add("Microsoft.VSTS.Scheduling.Size")
    runner.run(TICKETS, now=NOW + timedelta(hours=25))
    assert ado.count("wit/fields") == 2
    assert "Size" in ado.asked[-1][1]["fields"]


def test_a_refusal_of_the_feed_rises(runner, feed, ado):
    def refuse(query):
        raise Refused(404, "TF200016: The following project does not exist: One.")

    ado.on(f"{PROJECT}/_apis/wit/reporting/workitemrevisions", refuse)
    with pytest.raises(UnavailableError):
        _backfill(runner)


def test_a_ticket_of_an_unknown_project_keeps_its_name(runner, feed):
    feed.revisions = [_revision(1, 1, System__TeamProject="Elsewhere")]
    runner.run(TICKETS)
    _backfill(runner)
    (ticket,) = runner.stored.all(Ticket)
    assert (ticket.project_id, ticket.project_name) == (None, "Elsewhere")


def test_a_name_means_the_living_project_and_not_the_deleted_one_that_had_it(runner, feed):
    runner.stored.put(TicketProject(integration_id="i", id="zzz", name="ONE", is_deleted=True))
    runner.stored.put(TicketProject(integration_id="i", id="000", name="one", is_deleted=True))
    feed.revisions = [_revision(1, 1)]
    _backfill(runner)
    assert next(iter(runner.stored.all(Ticket))).project_id == PROJECT


def test_the_newest_revision_wins_whichever_feed_brings_it_first(runner, feed):
    feed.revisions = [_revision(1, 1)]
    runner.run(TICKETS)
    feed.revisions = [_revision(1, 1), _revision(1, 2, System__State="Done")]
    runner.run(TICKETS)
    feed.page_size = 1
    _backfill(runner)
    assert runner.stored.by_id(Ticket)["1"].rev == 2


def _project(runner, **changes):
    runner.stored.put(replace(TicketProject(integration_id="i", id=PROJECT, name="One"), **changes))


@pytest.mark.parametrize(
    "changes",
    [{"unavailable_since": NOW}, {"is_deleted": True, "deleted_at": NOW}, {"is_imported": False}],
    ids=["hidden", "deleted", "not imported"],
)
def test_what_changed_while_a_project_was_away_is_read_when_it_is_back(runner, feed, ado, changes):
    feed.revisions = [_revision(1, 1)]
    runner.run(TICKETS)
    _backfill(runner)
    _project(runner, **changes)
    seen = feed.revisions[:]
    late = {"System__ChangedDate": "2026-03-02T00:00:00Z"}
    feed.revisions = [*seen, _revision(1, 2, System__State="Done", **late)]
    # The organisation's feed moves past what may not be seen.
    ado.on(
        "_apis/wit/reporting/workitemrevisions",
        lambda **_: {"values": [], "continuationToken": "2;1;1", "isLastBatch": True},
    )
    runner.run(TICKETS, now=NOW + timedelta(days=2))
    assert runner.written() == []
    _project(runner)
    runner.run(TICKETS, now=NOW + timedelta(days=3))
    assert [r.id for r in runner.written() if isinstance(r, TicketRevision)] == ["1/2"]
    assert runner.stored.by_id(Ticket)["1"].state == "Done"
    before = ado.count()
    runner.run(TICKETS, now=NOW + timedelta(days=3, minutes=15))
    assert ado.count() == before + 1


def _out_of_sight(runner, feed, ado):
    """The organisation's feed shows nothing more, though the stored project is there as before."""
    runner.run(TICKETS)
    _backfill(runner)
    nothing = {"values": [], "continuationToken": "2;1;1", "isLastBatch": True}
    ado.on("_apis/wit/reporting/workitemrevisions", lambda **_: nothing)
    feed.revisions += [_revision(1, 2, System__State="Done", System__ChangedDate="2026-03-01T12:10:00Z")]


def test_what_changed_before_a_project_was_seen_to_be_away_is_read_too(runner, feed, ado):
    feed.revisions = [_revision(1, 1)]
    _out_of_sight(runner, feed, ado)
    runner.run(TICKETS, now=NOW + timedelta(hours=20))  # without the projects having been read again
    _project(runner, unavailable_since=NOW + timedelta(hours=21))
    runner.run(TICKETS, now=NOW + timedelta(hours=21))
    _project(runner)
    runner.run(TICKETS, now=NOW + timedelta(hours=22))
    assert runner.stored.by_id(Ticket)["1"].state == "Done"


def test_a_project_that_is_back_but_refuses_its_feed_stays_away_and_holds_up_nothing(runner, feed, ado):
    def refuse(query):
        raise Refused(404, "VS800075: The project does not exist.")

    feed.revisions = [_revision(1, 1)]
    _out_of_sight(runner, feed, ado)
    two = TicketProject(integration_id="i", id="two", name="Two")
    runner.stored.put(replace(two, unavailable_since=NOW))
    _project(runner, unavailable_since=NOW)
    runner.run(TICKETS, now=NOW + timedelta(hours=1))
    _project(runner)
    runner.stored.put(two)
    ado.on(f"{PROJECT}/_apis/wit/reporting/workitemrevisions", refuse)
    ado.on("two/_apis/wit/reporting/workitemrevisions", Feed())
    runner.run(TICKETS, now=NOW + timedelta(hours=2))
    watermark = runner.watermarks["tickets/organization"]
    assert (watermark["away"], watermark["read_at"]) == ({PROJECT: "2026-03-01T12:00:00Z"}, "2026-03-01T14:00:00Z")
    ado.on(f"{PROJECT}/_apis/wit/reporting/workitemrevisions", feed)
    runner.run(TICKETS, now=NOW + timedelta(hours=3))
    assert runner.stored.by_id(Ticket)["1"].state == "Done"
    assert runner.watermarks["tickets/organization"]["away"] == {}


def _break_once(ado, path, answer):
    """The route is out of order for all tries of one slice."""

    def broken(query):
        ado.on(path, answer)
        raise Refused(404, "VS800075: The project does not exist.")

    ado.on(path, broken)


@pytest.mark.parametrize("path", ["_apis/wit/fields", "_apis/wit/reporting/workitemrevisions"])
def test_a_feed_that_failed_at_first_goes_on_from_when_it_was_to_begin(runner, feed, ado, path):
    feed.revisions = [_revision(1, 1)]
    _break_once(ado, path, next(answer for pattern, answer in ado.routes if pattern.pattern == path))
    with pytest.raises(UnavailableError):
        runner.run(TICKETS)
    _backfill(runner)
    feed.revisions += [_revision(1, 2, System__State="Done", System__ChangedDate="2026-03-01T12:10:00Z")]
    runner.run(TICKETS, now=NOW + timedelta(hours=1))
    assert runner.stored.by_id(Ticket)["1"].state == "Done"


def test_a_project_that_was_seen_before_the_feed_ever_worked_is_read_since_then_when_it_is_back(runner, feed, ado):
    path = "_apis/wit/reporting/workitemrevisions"
    _break_once(ado, path, lambda **_: {"values": [], "continuationToken": "2;1;1", "isLastBatch": True})
    feed.revisions = [_revision(1, 1)]
    with pytest.raises(UnavailableError):
        runner.run(TICKETS)
    _backfill(runner)
    feed.revisions += [_revision(1, 2, System__State="Done", System__ChangedDate="2026-03-01T12:10:00Z")]
    _project(runner, unavailable_since=NOW)
    runner.run(TICKETS, now=NOW + timedelta(hours=1))
    _project(runner)
    runner.run(TICKETS, now=NOW + timedelta(hours=2))
    assert runner.stored.by_id(Ticket)["1"].state == "Done"


def test_what_was_missed_is_read_a_slice_at_a_time(runner, feed, ado):
    feed.revisions = [_revision(1, 1)]
    runner.run(TICKETS)
    _backfill(runner)
    _project(runner, unavailable_since=NOW)
    ado.on(
        "_apis/wit/reporting/workitemrevisions",
        lambda **_: {"values": [], "continuationToken": "2;1;1", "isLastBatch": True},
    )
    runner.run(TICKETS, now=NOW + timedelta(days=1))
    _project(runner)
    late = {"System__ChangedDate": "2026-03-02T00:00:00Z"}
    feed.revisions += [_revision(1, rev, **late) for rev in range(2, 8)]
    for _ in range(4):  # the organisation's page and one of the project's, two revisions each; then the end
        runner.run(TICKETS, now=NOW + timedelta(days=2), stop_after=2)
    assert runner.stored.by_id(Ticket)["1"].rev == 7
    runner.run(TICKETS, now=NOW + timedelta(days=2))
    watermark = runner.watermarks["tickets/organization"]
    assert (watermark["away"], watermark["missed"]) == ({}, {})
    assert watermark["read_at"] == "2026-03-03T12:00:00Z"


def test_tickets_of_a_project_that_is_not_imported_are_not_read_but_a_move_there_is_seen(runner, feed):
    feed.revisions = [_revision(1, 1)]
    runner.run(TICKETS)
    _backfill(runner)
    runner.stored.put(TicketProject(integration_id="i", id="two", name="Two", is_imported=False))
    feed.revisions += [_revision(1, 2, System__TeamProject="Two"), _revision(2, 1, System__TeamProject="Two")]
    runner.run(TICKETS)
    assert {t.id: t.project_id for t in runner.stored.all(Ticket)} == {"1": "two"}
    feed.revisions += [_revision(1, 3, System__TeamProject="Two", System__State="Done")]
    runner.run(TICKETS)
    assert runner.written() == []


def test_the_history_of_a_ticket_in_a_project_that_is_not_imported_is_in_its_new_projects_own_feed(runner, feed):
    runner.stored.put(TicketProject(integration_id="i", id="two", name="Two", is_imported=False))
    feed.revisions = [_revision(1, 1, System__TeamProject="Two"), _revision(1, 2)]
    feed.page_size = 1
    _backfill(runner)
    assert runner.stored.by_id(TicketRevision).keys() == {"1/1", "1/2"}
    assert runner.stored.by_id(Ticket)["1"].project_id == PROJECT


def test_a_state_is_noted_the_first_time_a_type_of_the_project_has_it(runner, feed):
    feed.revisions = [_revision(1, 1), _revision(1, 2, System__State="Freigabe"), _revision(2, 1)]
    _backfill(runner)
    seen = {(one.project_id, one.type, one.state) for one in runner.stored.all(TicketState)}
    assert seen == {(PROJECT, "Bug", "New"), (PROJECT, "Bug", "Freigabe")}
    runner.run(TICKETS)
    feed.revisions += [_revision(2, 2, System__State="Freigabe")]
    runner.run(TICKETS)
    assert not [one for one in runner.written() if isinstance(one, TicketState)]


def _moved_from_out_of_sight(feed, ado):
    """A ticket that the feed shows from its third revision on."""
    feed.revisions = [_revision(1, 1, System__TeamProject="Hidden"), _revision(1, 2, System__TeamProject="Hidden")]
    feed.revisions.append(_revision(1, 3))
    shown = {"values": feed.revisions[2:], "continuationToken": "3;1;1", "isLastBatch": True}
    ado.on("_apis/wit/reporting/workitemrevisions", lambda **_: shown)


def test_what_happened_to_a_ticket_out_of_sight_is_read_when_it_is_moved_into_sight(runner, feed, ado):
    _moved_from_out_of_sight(feed, ado)
    runner.run(TICKETS)
    revisions = runner.stored.by_id(TicketRevision)
    assert [(id_, revisions[id_].project_name, revisions[id_].changed_by) for id_ in sorted(revisions)] == [
        ("1/1", "Hidden", "ann"),
        ("1/2", "Hidden", "ann"),
        ("1/3", "One", "ann"),
    ]
    assert runner.stored.by_id(Ticket)["1"].rev == 3
    before = ado.count("workItems")
    runner.run(TICKETS)
    assert ado.count("workItems") == before


def test_a_ticket_that_is_in_the_recycle_bin_by_now_leaves_its_gap(runner, feed, ado):
    def refuse(number, query):
        raise Refused(404, "TF401232: Work item 1 does not exist.")

    _moved_from_out_of_sight(feed, ado)
    ado.on(f"{PROJECT}/_apis/wit/workItems/(.*)/revisions", refuse)
    runner.run(TICKETS)
    assert runner.stored.by_id(TicketRevision).keys() == {"1/3"}


def _identity(number, account, mail=None, **other):
    properties = {"Account": {"$type": "System.String", "$value": account}}
    if mail:
        properties["Mail"] = {"$type": "System.String", "$value": mail}
    ids = {"id": f"00000000-0000-4000-8000-{number:012d}", "subjectDescriptor": f"aad.{number}"}
    return {**ids, "providerDisplayName": "Left Long Ago", "isActive": True, "properties": properties, **other}


@pytest.fixture
def identities(ado):
    """What a search for an account gives."""
    rows: list[Any] = []

    def search(query):
        assert query["searchFilter"] == "AccountName"
        return rows

    ado.on("_apis/identities", search)
    return rows


def test_somebody_who_left_is_found_by_account_and_becomes_an_inactive_alias(runner, feed, identities, ado):
    identities += [None, _identity(9, "Left@Contoso.com"), _identity(8, "left@contoso.com.example")]
    person = "Left Long Ago <left@contoso.com>"
    feed.revisions = [_revision(n, 1, System__AssignedTo=person, System__CreatedBy=person) for n in range(1, 4)]
    _backfill(runner)
    id_ = "00000000-0000-4000-8000-000000000009"
    ticket = runner.stored.by_id(Ticket)["1"]
    assert (ticket.assignee, ticket.assignee_name, ticket.created_by) == (id_, "Left Long Ago", id_)
    alias = runner.stored.by_id(UserAlias)[id_]
    assert (alias.username, alias.is_active, alias.apex_user_id) == ("Left@Contoso.com", False, id_)
    assert ado.count("_apis/identities") == 1
    runner.run(TICKETS)
    feed.revisions += [_revision(4, 1, System__AssignedTo=person)]
    runner.run(TICKETS)
    assert (ado.count("_apis/identities"), runner.stored.by_id(Ticket)["4"].assignee) == (1, id_)


TWO = [_identity(8, "left@contoso.com"), _identity(9, "LEFT@contoso.com")]


@pytest.mark.parametrize("rows", [[], [_identity(8, "somebody@contoso.com")], TWO])
def test_somebody_who_is_not_exactly_one_identity_stays_a_text(runner, feed, identities, rows):
    identities += rows
    feed.revisions = [_revision(1, 1, System__AssignedTo="Left <left@contoso.com>")]
    _backfill(runner)
    ticket = runner.stored.by_id(Ticket)["1"]
    assert (ticket.assignee, ticket.assignee_name) == (None, "Left <left@contoso.com>")
    assert {user.id for user in runner.stored.all(UserAlias)} == {"ann"}


def test_a_former_account_of_a_stored_alias_leads_to_it_and_leaves_it_alone(runner, feed, identities):
    known = _identity(9, "old@contoso.com")
    runner.stored.put(UserAlias(integration_id="i", id=known["id"], apex_user_id="x", name="Now", username="new@c.com"))
    identities += [known]
    feed.revisions = [_revision(1, 1, System__AssignedTo="Then <old@contoso.com>")]
    _backfill(runner)
    assert runner.stored.by_id(Ticket)["1"].assignee == known["id"]
    assert runner.stored.by_id(UserAlias)[known["id"]].username == "new@c.com"


def test_a_merged_person_who_left_is_merged_at_once(runner, feed, identities):
    runner.stored.put(UserAlias(integration_id="i", id="bob", apex_user_id="bob", name="Bob", email="BOB@contoso.com"))
    identities += [_identity(9, "bob-old", mail="bob@contoso.com")]
    feed.revisions = [_revision(1, 1, System__AssignedTo="Bob <bob-old>")]
    _backfill(runner)
    alias = runner.stored.by_id(UserAlias)[identities[0]["id"]]
    assert (alias.apex_user_id, alias.is_service) == ("bob", False)
