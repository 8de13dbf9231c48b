"""Queue triggers against a real Azurite: success, failure, poison, leases, crashes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from azure.core.exceptions import ResourceExistsError

from local.host.errors import HostError
from tests.local.host.conftest import WorkQueue, eventually

REPO = Path(__file__).resolve().parents[3]


def runs(notes, body):
    return notes.all(function="work", body=body)


def done(notes, body):
    return notes.all(function="work", done=body)


def test_a_message_runs_once_with_its_facts_and_is_deleted(start, notes, work):
    start()
    sent = work.send("héllo")
    eventually(lambda: done(notes, "héllo"))
    eventually(lambda: work.count() == 0)
    [run] = runs(notes, "héllo")
    assert (run["id"], run["count"], run["context"]) == (sent, 1, "work")
    assert run["inserted"][:2] == "20"
    assert run["expires"] > run["inserted"]


def test_a_message_sent_to_live_for_ever_can_be_read(start, notes, work):
    start()
    work.client.send_message("Zm9yIGV2ZXI=", time_to_live=-1)
    eventually(lambda: done(notes, "for ever"))
    assert runs(notes, "for ever")[0]["expires"].startswith("9999-12-31")


def test_a_failing_message_is_tried_again_and_then_poisoned(start, notes, work):
    start()
    work.send("fail")
    [poison] = eventually(lambda: notes.all(function="work_poison"))
    assert poison["body"] == "fail"
    assert [run["count"] for run in runs(notes, "fail")] == [1, 2, 3]  # maxDequeueCount
    eventually(lambda: work.count() == 0)


def test_a_failed_message_stays_hidden_for_the_visibility_timeout(start, notes, work):
    start(more={"AzureFunctionsJobHost__extensions__queues__visibilityTimeout": "00:10:00"})
    work.send("fail")
    work.send("other")
    eventually(lambda: runs(notes, "fail"))
    eventually(lambda: done(notes, "other"))
    eventually(lambda: work.count() == 1)
    assert work.client.peek_messages() == []
    assert [run["count"] for run in runs(notes, "fail")] == [1]


def test_what_is_not_base64_goes_to_poison_and_the_function_never_sees_it(start, notes, work, settings):
    # The poison function gets text that is no base64 either: without it, the copy can be looked at.
    start(more={"AzureWebJobs.work_poison.Disabled": "true"})
    work.send_raw("plain text, as the SDK sends it")
    poison = WorkQueue(settings["AzureWebJobsStorage"], f"{work.name}-poison")

    def copy():
        try:
            poison.client.create_queue()
        except ResourceExistsError:
            return poison.client.peek_messages()
        return None

    [message] = eventually(copy)
    assert message.content == "plain text, as the SDK sends it"
    eventually(lambda: work.count() == 0)
    assert notes.all() == []


def test_a_long_run_keeps_its_lease_and_runs_once(start, notes, work):
    start(message_lease_seconds=2, more={"AzureFunctionsJobHost__functionTimeout": "00:00:30"})
    work.send("sleep 3.5")
    eventually(lambda: done(notes, "sleep 3.5"))
    eventually(lambda: work.count() == 0)
    assert len(runs(notes, "sleep 3.5")) == 1


def test_no_more_than_batch_size_and_threshold_run_at_once(start, notes, work):
    for number in range(9):
        work_create(work)
        work.send(f"sleep 0.4{number}")
    start(more={"AzureFunctionsJobHost__functionTimeout": "00:00:30"})
    eventually(lambda: len(notes.all(function="work")) == 18)
    running, most = 0, 0
    for note in notes.all(function="work"):
        running += -1 if "done" in note else 1
        most = max(most, running)
    assert 4 <= most <= 6


def test_slow_messages_leave_room_for_others_with_the_apps_own_host_json(start, notes, work):
    queues = json.loads((REPO / "host.json").read_text())["extensions"]["queues"]
    sizes = {name: str(queues[name]) for name in ("batchSize", "newBatchThreshold")}
    work_create(work)
    for number in range(6):
        work.send(f"sleep 20.{number}")
    start(
        more={
            **{f"AzureFunctionsJobHost__extensions__queues__{name}": size for name, size in sizes.items()},
            "AzureFunctionsJobHost__functionTimeout": "00:01:00",
        }
    )
    eventually(lambda: len(notes.all(function="work")) == 6)
    work.send("quick")
    eventually(lambda: done(notes, "quick"))
    assert not [note for note in notes.all(function="work") if str(note.get("done")).startswith("sleep")]


def work_create(work):
    try:
        work.client.create_queue()
    except ResourceExistsError:
        return


def test_a_message_that_kills_the_worker_is_poisoned_and_the_worker_is_replaced(start, notes, work):
    host = start()
    work.send("die")
    [poison] = eventually(lambda: notes.all(function="work_poison"))
    assert poison["body"] == "die"
    deaths = runs(notes, "die")
    assert [run["count"] for run in deaths] == [1, 2, 3]
    assert len({run["pid"] for run in deaths}) == 3
    work.send("after")
    assert eventually(lambda: done(notes, "after"))
    assert host.worker.restarts == 3


def test_a_run_beyond_function_timeout_ends_its_worker_and_counts_as_failed(start, notes, work):
    start(
        more={
            "AzureFunctionsJobHost__functionTimeout": "00:00:01",
            "AzureFunctionsJobHost__extensions__queues__maxDequeueCount": "2",
        }
    )
    work.send("sleep 30")
    assert eventually(lambda: notes.all(function="work_poison"))
    assert [run["count"] for run in runs(notes, "sleep 30")] == [1, 2]
    assert len({run["pid"] for run in runs(notes, "sleep 30")}) == 2
    assert done(notes, "sleep 30") == []


def test_a_message_that_was_taken_too_often_is_poisoned_without_a_run(start, notes, work):
    work_create(work)
    work.send("worn")
    for _ in range(3):
        [message] = list(work.client.receive_messages(visibility_timeout=1, max_messages=1))
        work.client.update_message(message, visibility_timeout=0)
    start()
    assert eventually(lambda: notes.all(function="work_poison", body="worn"))
    assert runs(notes, "worn") == []


def test_a_stop_waits_for_the_run_in_progress(start, notes, work, loop_thread):
    host = start()
    work.send("sleep 1")
    eventually(lambda: runs(notes, "sleep 1"))
    loop_thread.run(host.stop(10))
    assert done(notes, "sleep 1")
    assert work.count() == 0


def test_a_message_cut_off_by_the_stop_is_there_for_the_next_host(start, notes, work, loop_thread):
    more = {
        "AzureFunctionsJobHost__functionTimeout": "00:01:00",
        "AzureFunctionsJobHost__extensions__queues__visibilityTimeout": "00:10:00",
        "AzureFunctionsJobHost__extensions__queues__maxDequeueCount": "1",
    }
    host = start(more=more)
    work.send("sleep 30")
    eventually(lambda: runs(notes, "sleep 30"))
    loop_thread.run(host.stop(0))
    [message] = work.client.peek_messages()  # visible at once, and not poisoned though its tries are used up
    assert message.dequeue_count == 1


def test_a_storage_that_does_not_answer_fails_the_start_in_one_line(start, settings):
    away = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;QueueEndpoint=http://127.0.0.1:1/a;"
    with pytest.raises(HostError, match="storage of the queues does not answer") as caught:
        start(more={"AzureWebJobsStorage": away})
    assert "\n" not in str(caught.value)
    with pytest.raises(HostError, match="function work: connection string of queue"):
        start(more={"AzureWebJobsStorage": "nonsense"})


def test_a_queue_deleted_under_the_listener_is_an_empty_one(start, notes, work):
    start()
    eventually(lambda: work.client.get_queue_properties())
    work.client.delete_queue()
    work_create(work)
    work.send("again")
    assert eventually(lambda: done(notes, "again"))
