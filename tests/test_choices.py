"""What a customer chooses stays chosen, however it falls together with a sync that writes the same row."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from shared.entities import choose
from shared.flow.projects import TicketProject
from shared.flow.repos import Repo
from shared.slices import EntityWriter
from shared.streams.base import Stream
from tests.engine import Source, project, store


def repo(integration_id, name, **changes):
    fields = {"integration_id": integration_id, "id": f"repo-{name}", "name": name, "project_id": "p"}
    return replace(Repo(**fields, project_name="P"), **changes)


def stored(engine, entity):
    found = engine.services.tables.get(entity.TABLE, entity.partition_key(), entity.row_key())
    return found.row


@pytest.mark.parametrize("make", [project, repo])
def test_a_choice_made_while_the_sync_is_reading_is_kept(engine, integration, make):
    before = make(integration.id, "a")
    store(engine.services, before)
    source = Source([[replace(before, name="renamed")]])

    def leave_out():
        choose(engine.services.tables, type(before), integration.id, before.id, is_imported=False)

    source.before[0] = leave_out
    engine.use(Stream("projects", None, "organization", source.read))
    engine.sync(integration)
    row = stored(engine, before)
    assert (row["name"], row["is_imported"]) == ("renamed", False)


def test_a_row_that_is_new_begins_as_the_sync_says(engine, integration):
    writer = EntityWriter(engine.services.tables)
    kept_out = project(integration.id, "a", is_imported=False)
    assert writer.store([kept_out]) == 1
    assert stored(engine, kept_out)["is_imported"] is False


def test_a_slice_that_remembers_its_rows_sees_a_choice_made_since(engine, integration):
    tables = engine.services.tables
    writer = EntityWriter(tables)
    first = project(integration.id, "a")
    writer.store([first])
    choose(tables, TicketProject, integration.id, first.id, is_imported=False)
    writer.store([replace(first, name="renamed")])
    assert (stored(engine, first)["name"], stored(engine, first)["is_imported"]) == ("renamed", False)


def test_of_many_choices_and_syncs_at_once_the_last_choice_stands(engine, integration):
    tables = engine.services.tables
    some = project(integration.id, "a")
    store(engine.services, some)

    def sync():
        writer = EntityWriter(tables)
        for n in range(15):
            writer.store([replace(some, name=f"name {n}")])

    syncing = threading.Thread(target=sync)
    syncing.start()
    for n in range(15):
        choose(tables, TicketProject, integration.id, some.id, is_imported=n % 2 == 0)
    choose(tables, TicketProject, integration.id, some.id, is_imported=False)
    syncing.join()
    assert stored(engine, some)["is_imported"] is False
    assert stored(engine, some)["name"] == "name 14"
