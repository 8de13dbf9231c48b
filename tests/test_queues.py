import base64

import orjson
import pytest
from azure.storage.queue import QueueServiceClient

from shared.errors import ContractError, TransientError
from shared.messages import QUEUES, Ingest, Message, Plan
from shared.queues import MAX_DELAY_SECONDS, Queues
from shared.storage import create_all
from shared.tables import RowChangedError

INGEST = Ingest("acme", "7f3c", "run-1", "pull_requests", "project-é", attempt=2)


@pytest.fixture
def raw(azurite, prefix):
    service = QueueServiceClient.from_connection_string(azurite)
    return lambda queue: service.get_queue_client(f"{prefix}-{queue}")


def test_a_message_is_base64_as_the_host_wants_it_and_never_expires(queues, raw):
    queues.send(INGEST)
    message = raw("ingest").receive_message()
    assert Ingest.from_json(base64.b64decode(message.content, validate=True)) == INGEST
    assert message.expires_on.year == 9999


def test_a_delayed_message_is_hidden(queues, raw):
    queues.send(Plan("acme", "7f3c"), delay_seconds=600)
    assert raw("sync-plan").receive_message() is None
    assert raw("sync-plan").get_queue_properties().approximate_message_count == 1


@pytest.mark.parametrize("delay", [-5, 0, 0.4])
def test_no_delay_to_speak_of(queues, raw, delay):
    queues.send(INGEST, delay)
    assert raw("ingest").receive_message() is not None


def test_the_longest_delay_is_accepted(queues, raw):
    queues.send(INGEST, 10 * MAX_DELAY_SECONDS)
    assert raw("ingest").get_queue_properties().approximate_message_count == 1


def test_every_queue_has_its_poison_twin(queues, raw, azurite, prefix):
    for queue in QUEUES:
        assert raw(f"{queue}-poison").get_queue_properties().approximate_message_count == 0
    create_all(queues=queues)


def test_ping_tells_a_missing_queue(queues):
    queues.ping("ingest")
    with pytest.raises(RowChangedError):
        queues.ping("nosuchqueue")


def test_storage_that_does_not_answer_is_trouble_that_passes():
    nobody = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;QueueEndpoint=http://127.0.0.1:1/a;"
    with pytest.raises(TransientError):
        Queues.connect(connection=nobody).ping("ingest")


@pytest.mark.parametrize("message", [INGEST, Plan("acme", "7f3c", "run-1", "remove"), Plan("acme", "7f3c")])
def test_a_message_comes_back_as_it_was(message):
    assert type(message).from_json(message.to_json()) == message
    assert len(message.to_json()) < 1024


def test_a_message_of_a_newer_release_is_understood():
    assert Plan.from_json(orjson.dumps({"workspace": "a", "integration_id": "b", "later": 1})) == Plan("a", "b")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"7", b'{"workspace": "a"}', b"\xff"])
def test_anything_else_is_refused(body):
    with pytest.raises(ContractError):
        Plan.from_json(body)


def test_queues_are_named_once():
    assert {kind.QUEUE for kind in Message.__subclasses__()} == set(QUEUES)
