import threading
from dataclasses import replace

import pytest

from shared.integration_index import TOMBSTONE
from shared.integration_store import DuplicateNameError, IntegrationStore
from shared.storage import INTEGRATION_INDEX, INTEGRATIONS
from shared.tables import CursorError, RowChangedError
from tests.engine import new_integration


@pytest.fixture
def store(tables, clock):
    return IntegrationStore(tables, clock)


@pytest.fixture
def make(store, clock):
    return lambda **changes: store.create(new_integration(clock, **changes))


def test_what_was_created_is_found(store, make, clock):
    created = make(
        organization_id="org-1", auto_import_repos=False, webhooks_available=True, token_expires_at=clock(),
        services={"repos": True, "tickets": False},
    )  # fmt: skip
    found = store.get("acme", created.id)
    assert found == replace(created, services={**dict.fromkeys(found.services, False), "repos": True})
    assert found.etag == created.etag
    assert store.find(created.id) == store.find(created.id)
    assert (store.find(created.id).workspace, store.find(created.id).state) == ("acme", "live")


def test_other_workspaces_see_nothing(store, make):
    created = make()
    assert store.get("other", created.id) is None
    assert store.get("acme' or '1' eq '1", created.id) is None
    assert store.list("other", 10) == ([], None)
    assert store.list("acm", 10) == ([], None)


@pytest.mark.parametrize("name", ["Contoso", "CONTOSO", " contoso ", "Ｃontoso"])
def test_a_name_is_taken_in_its_workspace_only(store, make, name):
    make(name="Contoso")
    with pytest.raises(DuplicateNameError):
        make(name=name)
    assert make(name=name, workspace="other")
    assert len(store.list("acme", 10)[0]) == 1


def test_a_refused_creation_leaves_nothing(store, make, tables, clock):
    make(name="Contoso")
    refused = new_integration(clock, name="contoso")
    with pytest.raises(DuplicateNameError):
        store.create(refused)
    assert store.find(refused.id) is None
    assert len(list(tables.query(INTEGRATIONS))) == 2
    assert len(list(tables.query(INTEGRATION_INDEX))) == 1


def test_names_asked_for_at_the_same_time_go_to_one(store, clock):
    ready, made = threading.Barrier(4), []

    def work():
        ready.wait(10)
        try:
            made.append(store.create(new_integration(clock, name="Contoso")))
        except DuplicateNameError:
            return

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == len(store.list("acme", 10)[0]) == 1


def test_a_creation_whose_answer_was_lost_has_succeeded(store, make):
    created = make()
    assert store.create(created) == created


def test_a_change_wants_the_state_it_was_made_from(store, make):
    first = make()
    second = store.replace(replace(first, webhooks_available=True))
    with pytest.raises(RowChangedError):
        store.replace(replace(first, webhooks_available=False))
    assert store.get("acme", first.id) == second
    store.replace(replace(second, webhooks_available=False))


def test_a_rename_frees_the_old_name(store, make):
    first = make(name="One")
    make(name="Two")
    with pytest.raises(DuplicateNameError):
        store.replace(replace(first, name="two"))
    renamed = store.replace(replace(first, name="Three"))
    assert store.get("acme", first.id).name == "Three"
    assert make(name="One")
    with pytest.raises(DuplicateNameError):
        make(name="three")
    assert store.replace(replace(renamed, name="THREE")).name == "THREE"


def test_lists_come_in_pages(store, make):
    ids = sorted(make(name=str(n)).id for n in range(5))
    found, cursor = [], None
    for _ in range(3):
        page, cursor = store.list("acme", 2, cursor)
        found += [integration.id for integration in page]
    assert found == ids
    assert cursor is None
    with pytest.raises(CursorError):
        store.list("acme", 2, "nonsense")


def test_all_are_found_for_the_timer(store, make):
    made = {make().id, make(workspace="other").id, store.begin_removal(make(name="x")).id}
    assert {integration.id for integration in store.all()} == made


def test_a_change_is_applied_to_what_is_stored(store, make):
    stale = make()
    store.replace(replace(stale, webhooks_available=True))
    changed = store.change("acme", stale.id, lambda found: replace(found, state="stopped"))
    assert (changed.state, changed.webhooks_available) == ("stopped", True)
    assert store.change("acme", stale.id, lambda _found: None) == changed
    assert store.change("acme", "no-such-id", lambda found: found) is None


def test_from_its_deletion_on_it_is_invisible_and_its_name_free(store, make):
    created = make(name="Contoso")
    leaving = store.begin_removal(created)
    assert store.begin_removal(leaving) == leaving
    assert store.get("acme", created.id) is None
    assert store.load("acme", created.id) == leaving
    assert store.list("acme", 10) == ([], None)
    assert store.find(created.id).state == "deleting"
    assert make(name="Contoso")
    with pytest.raises(RowChangedError):
        store.begin_removal(created)


def test_a_deletion_is_told_until_its_tombstone_goes(store, make, tables, clock):
    created = make()
    assert store.deletion(created.id) is None
    store.begin_removal(created)
    deletion = store.deletion(created.id)
    assert (deletion.workspace, deletion.started_at, deletion.finished_at) == ("acme", clock(), None)
    store.note_removal(replace(deletion, rows_removed=12, finished_at=clock()))
    assert store.load("acme", created.id) is None
    assert store.find(created.id).state == "deleted"
    assert store.deletion(created.id).rows_removed == 12
    clock.pass_(seconds=TOMBSTONE.total_seconds())
    assert store.find(created.id).state == "deleted"
    clock.pass_(seconds=1)
    assert store.find(created.id) is None
    assert store.deletion(created.id) is None
    kept = make(name="kept")
    store.forget_old()
    assert [s.row["PartitionKey"] for s in tables.query(INTEGRATION_INDEX)] == [kept.id]


def test_an_id_that_never_existed(store):
    assert store.find("no-such-id") is None
    assert store.deletion("no-such-id") is None
