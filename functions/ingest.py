"""The ``ingest`` queue: one stream of one unit a message."""

import azure.functions as func

from shared.messages import Ingest
from shared.services import services

bp = func.Blueprint()  # type: ignore[no-untyped-call] # the library leaves it untyped


@bp.queue_trigger(arg_name="msg", queue_name="ingest", connection="AzureWebJobsStorage")
def ingest(msg: func.QueueMessage) -> None:
    """Bring one stream of one unit up to date; the class of an error decides where the message goes."""
    services().handle_ingest(Ingest.from_json(msg.get_body()))


@bp.queue_trigger(arg_name="msg", queue_name="ingest-poison", connection="AzureWebJobsStorage")
def ingest_poison(msg: func.QueueMessage) -> None:
    """Keep the reason why a stream could not be read, and let its run go on without it."""
    services().handle_poison("ingest", msg.get_body(), msg.dequeue_count or 0)
