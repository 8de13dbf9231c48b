"""The timer and the ``sync-plan`` queue: which integrations and streams are due."""

import azure.functions as func

from shared.messages import Plan
from shared.services import services

bp = func.Blueprint()  # type: ignore[no-untyped-call] # the library leaves it untyped


@bp.timer_trigger(arg_name="timer", schedule="%SYNC_SCHEDULE%", run_on_startup=False, use_monitor=True)
def sync_timer(timer: func.TimerRequest) -> None:
    """Queue a plan message for each integration; a tick that was missed comes late, once."""
    services().tick(timer.past_due)


@bp.queue_trigger(arg_name="msg", queue_name="sync-plan", connection="AzureWebJobsStorage")
def sync_plan(msg: func.QueueMessage) -> None:
    """Plan one integration's run, or go on with its removal."""
    services().handle_plan(Plan.from_json(msg.get_body()))


@bp.queue_trigger(arg_name="msg", queue_name="sync-plan-poison", connection="AzureWebJobsStorage")
def sync_plan_poison(msg: func.QueueMessage) -> None:
    """Keep the reason why an integration could not be planned."""
    services().handle_poison("sync-plan", msg.get_body(), msg.dequeue_count or 0)
