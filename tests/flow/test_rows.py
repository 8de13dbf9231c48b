from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis.strategies import builds, datetimes, dictionaries, floats, integers, just, lists, none, text

from shared.errors import ContractError
from shared.flow.base import Entity
from shared.flow.catalog import ENTITIES
from shared.flow.pull_requests import PullRequest
from shared.flow.rows import from_row, rfc3339, to_json, to_row
from shared.flow.tickets import Ticket, TicketEvent, TicketRevision
from shared.table_rules import UNITS_PER_STRING, check_row, utf16_units

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing(Entity):
    TABLE: ClassVar[str] = "runs"

    title: str | None
    title_truncated: bool = False
    note: str | None = None
    points: float | None = None
    count: int = 0
    at: datetime | None = None
    tags: list[str] = field(default_factory=list)
    extra: dict[str, object] = field(default_factory=dict)

    def partition_key(self) -> str:
        return f"{self.integration_id}|x"

    def row_key(self) -> str:
        return self.id


def thing(**changes):
    return replace(Thing(integration_id="i1", id="t1", title="T"), **changes)


TICKET = Ticket(
    integration_id="i1", id="7", number=7, rev=3, project_id=None, project_name="P", title="T", type="Bug", state="New",
    created_at=NOON, updated_at=NOON, tags=["a", "b"], story_points=3, priority=2,
)  # fmt: skip
PULL_REQUEST = PullRequest(
    integration_id="i1", id="r/7", number=7, repo_id="r", project_id="p", title="T", state="open", ado_status="active",
    source_branch="a", target_branch="b", created_at=NOON, created_by_id="u", created_by_name="U",
    last_activity_at=NOON, read_at=NOON, reviewers=[{"id": "u", "vote": 10, "is_required": False}],
)  # fmt: skip
REVISION = TicketRevision(
    integration_id="i1", id="7/3", number=7, rev=3, changed_at=NOON, project_name="P", type="Bug", state="New"
)


@pytest.mark.parametrize("entity", [TICKET, PULL_REQUEST, REVISION, thing()])
def test_an_entity_comes_back_from_storage_as_it_was(tables, entity):
    table = "runs" if isinstance(entity, Thing) else entity.TABLE
    tables.upsert(table, [to_row(entity)])
    found = tables.get(table, entity.partition_key(), entity.row_key())
    back = from_row(type(entity), found.row)
    assert back == entity
    assert [type(getattr(back, f.name)) for f in fields(back)] == [
        float if f.name == "story_points" and back.story_points else type(getattr(entity, f.name)) for f in fields(back)
    ]


def test_a_row_has_keys_and_no_absent_values():
    row = to_row(REVISION)
    assert (row["PartitionKey"], row["RowKey"]) == ("i1|07", "0000000007|000003")
    assert "assignee" not in row
    assert "integration_id" not in row
    assert row["is_deleted"] is False


@pytest.mark.parametrize("entity", ENTITIES)
def test_every_entity_has_a_table_and_keys_of_its_own(entity):
    assert entity.TABLE.isalnum()
    assert entity.partition_key is not Entity.partition_key
    assert entity.row_key is not Entity.row_key
    if entity.VERSION:
        assert entity.VERSION in {f.name for f in fields(entity)}


things = builds(
    Thing,
    integration_id=just("i1"),
    id=just("t1"),
    title=none() | text(max_size=50),
    points=none() | floats(allow_nan=False, allow_infinity=False),
    count=integers(-(2**63), 2**63 - 1),
    at=none() | datetimes(min_value=datetime(1700, 1, 1), timezones=just(UTC)),  # noqa: DTZ001 - hypothesis wants it
    tags=lists(text(alphabet="aé😀\"'\\", max_size=20), max_size=5),
    extra=dictionaries(
        text(alphabet="abc", max_size=5), integers(-(2**53), 2**53) | text("é😀", max_size=5), max_size=4
    ),
)


@given(things)
def test_any_value_comes_back(entity):
    row = to_row(entity)
    check_row(row)
    assert from_row(Thing, row) == entity


def test_long_text_is_cut_visibly():
    row = to_row(thing(title="x" * 40_000))
    assert row["title"] == "x" * (UNITS_PER_STRING - 1) + "…"
    assert row["title_truncated"] is True
    assert from_row(Thing, row).title_truncated


def test_text_that_fits_is_not_cut():
    row = to_row(thing(title="x" * UNITS_PER_STRING))
    assert row["title"] == "x" * UNITS_PER_STRING
    assert row["title_truncated"] is False


def test_a_cut_never_halves_a_character():
    title = str(to_row(thing(title="x" + "😀" * 20_000))["title"])
    assert utf16_units(title) <= UNITS_PER_STRING
    assert title.removesuffix("…").strip("x") == "😀" * ((UNITS_PER_STRING - 2) // 2)


def test_long_text_without_a_flag_of_its_own_shows_the_mark():
    row = to_row(thing(note="y" * 40_000))
    assert str(row["note"]).endswith("y…")
    assert "note_truncated" not in row


@pytest.mark.parametrize("count", [1, 900, 2000])
def test_long_lists_are_kept_whole(tables, count):
    entity = thing(tags=[f"tag-{n}-é😀" * 2 for n in range(count)])
    row = to_row(entity)
    check_row(row)
    tables.upsert("runs", [row])
    assert from_row(Thing, tables.get("runs", "i1|x", "t1").row) == entity


def test_a_row_of_a_newer_release_is_understood():
    assert from_row(Thing, to_row(thing()) | {"invented_later": 1, "note": "n"}) == thing(note="n")


def test_a_row_of_an_older_release_gets_defaults():
    row = to_row(thing(tags=["a"], count=3))
    for name in ("tags", "count", "extra"):
        del row[name]
    assert from_row(Thing, row) == thing()


def test_a_row_without_a_necessary_field_is_refused_by_name():
    row = to_row(TICKET)
    del row["state"]
    with pytest.raises(ContractError, match=r"0000000007 of tickets lacks state"):
        from_row(Ticket, row)


def test_json_has_every_field():
    json = to_json(TICKET)
    assert list(json) == [f.name for f in fields(Ticket)]
    assert json["integration_id"] == "i1"
    assert json["closed_at"] is None
    assert json["created_at"] == "2026-03-02T12:00:00Z"
    assert json["tags"] == ["a", "b"]


def test_json_of_what_is_not_stored():
    event = TicketEvent(
        integration_id="i1", id="7/1/state", ticket_id="7", number=7, rev=1, field="state", old_value=None,
        new_value="New", occurred_at=NOON, actor=None, actor_name="Ann",
    )  # fmt: skip
    assert to_json(event)["occurred_at"] == "2026-03-02T12:00:00Z"


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (NOON, "2026-03-02T12:00:00Z"),
        (NOON.replace(microsecond=120_000), "2026-03-02T12:00:00.120000Z"),
        (NOON.astimezone(timezone(timedelta(hours=2))), "2026-03-02T12:00:00Z"),
    ],
)
def test_times_are_rfc_3339(moment, text):
    assert rfc3339(moment) == text
