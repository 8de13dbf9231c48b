"""What ``data_status_detail`` says about webhooks: warnings, as the timer brings everything without them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from shared.status import Detail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.flow.integration import Integration
    from shared.services import Services

TROUBLE_SHOWN: Final = timedelta(hours=24)
_STREAM: Final = "webhooks"


def webhook_details(services: Services, integration: Integration) -> Iterator[Detail]:
    """Nothing while webhooks are off, or work."""
    if not integration.service_on("webhooks"):
        return
    if services.settings.public_base_url is None:
        message = "the app does not know the address under which Azure DevOps reaches it, so no events come"
        yield _warning("webhooks.no_address", message, "Ask the operator to set PUBLIC_BASE_URL.")
        return
    state = services.hooks.state(integration.id)
    if state is None:
        return
    if state.problem_code:
        yield _warning(state.problem_code, state.problem_message, state.problem_remedy)
    if state.trouble_at and services.clock() - state.trouble_at < TROUBLE_SHOWN:
        message = f"Azure DevOps had stopped events ({state.trouble_status}); the subscriptions were made again"
        remedy = "If this comes back, look whether Azure DevOps reaches the app, and whether the account is active."
        yield _warning("webhooks.interrupted", message, remedy)


def _warning(code: str, message: str, remedy: str) -> Detail:
    return Detail(code=code, severity="warning", scope="integration", stream=_STREAM, message=message, remedy=remedy)
