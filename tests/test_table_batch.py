"""Transactions and pages by hand, on a real Azurite: what the SDK stores, read back as it was; refusals name a row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from azure.data.tables import EdmType, EntityProperty, TableClient, TableServiceClient, UpdateMode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.table_batch import Operation, TransactionRefusedError, send_transaction
from shared.table_filter import Filter
from shared.table_query import read_rows
from shared.table_rules import Row, Value
from shared.table_wire import TableWire, account_wire, key_in

TABLE = "batches"
NO_CONTROLS = st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="/\\#?")
VALUES: st.SearchStrategy[Value] = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False, width=32).map(float),
    st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - given a zone here
)


@pytest.fixture(scope="module")
def client(azurite: str) -> Iterator[TableClient]:
    service = TableServiceClient.from_connection_string(azurite)
    yield service.create_table_if_not_exists(TABLE)
    service.delete_table(TABLE)


@pytest.fixture(scope="module")
def wire(client: TableClient, azurite: str) -> TableWire:
    return account_wire(client.url, account_key=key_in(azurite))


def _as_the_sdk_wants_it(row: Row) -> dict[str, object]:
    def value(given: Value) -> object:
        big = type(given) is int and not -(2**31) <= given < 2**31
        return EntityProperty(given, EdmType.INT64) if big else given

    return {name: value(given) for name, given in row.items()}


@given(key=st.text(NO_CONTROLS, min_size=1, max_size=20), values=st.dictionaries(st.sampled_from("abcdef"), VALUES))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_row_is_stored_as_the_sdk_stores_it_and_read_back(
    client: TableClient, wire: TableWire, key: str, values: dict[str, Value]
) -> None:
    row: Row = {**values, "PartitionKey": "mine", "RowKey": f"k{key}k"}
    send_transaction(wire, TABLE, [Operation("upsert", row)])
    client.upsert_entity(_as_the_sdk_wants_it({**row, "PartitionKey": "sdk"}), mode=UpdateMode.REPLACE)
    mine, sdk = (client.get_entity(partition, str(row["RowKey"])) for partition in ("mine", "sdk"))
    assert {**mine, "PartitionKey": "sdk"} == dict(sdk)
    condition = Filter()
    condition.add("PartitionKey", "eq", "mine")
    condition.add("RowKey", "eq", str(row["RowKey"]))
    (read,), _ = read_rows(wire, TABLE, condition, size=10)
    assert (read.row, read.etag) == (row, mine.metadata["etag"])


def test_the_etags_come_in_order_and_hold(client: TableClient, wire: TableWire) -> None:
    rows: list[Row] = [{"PartitionKey": "etags", "RowKey": f"{n:03d}", "n": n} for n in range(100)]
    etags = send_transaction(wire, TABLE, [Operation("create", row) for row in rows])
    stored = {entity["RowKey"]: entity.metadata["etag"] for entity in client.query_entities("PartitionKey eq 'etags'")}
    assert etags == [stored[row["RowKey"]] for row in rows]
    operations = [Operation("replace", rows[0], str(etags[0])), Operation("delete", rows[1])]
    replaced = send_transaction(wire, TABLE, operations)
    assert replaced[0] not in (None, etags[0])
    assert replaced[1] is None


@pytest.mark.parametrize(
    ("kind", "etag", "status"), [("create", "", 409), ("replace", "W/\"datetime'2001-01-01T00%3A00%3A00Z'\"", 412)]
)
def test_a_refusal_names_its_row_and_nothing_is_stored(
    client: TableClient, wire: TableWire, kind: str, etag: str, status: int
) -> None:
    there: Row = {"PartitionKey": f"refused-{kind}", "RowKey": "there", "n": 1}
    send_transaction(wire, TABLE, [Operation("upsert", there)])
    fresh: Row = {**there, "RowKey": "fresh"}
    with pytest.raises(TransactionRefusedError) as refused:
        send_transaction(wire, TABLE, [Operation("create", fresh), Operation(kind, {**there, "n": 2}, etag)])  # type: ignore[arg-type]
    assert (refused.value.status, refused.value.index) == (status, 1)
    assert [e["n"] for e in client.query_entities(f"PartitionKey eq 'refused-{kind}'")] == [1]
