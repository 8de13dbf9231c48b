"""An integration as callers see it."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Final

from shared.answers import DeletionAnswer, IntegrationAnswer, StatusDetail, SwitchesAnswer
from shared.flow.integration import Integration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.integration_index import Deletion
    from shared.services import Services

_AT_ONCE: Final = 16
"""A status waits for storage nearly all of its time: about ten short reads."""


def shown(parts: Services, integration: Integration) -> IntegrationAnswer:
    """The integration as callers see it, with how its data is now."""
    status, details = parts.status(integration)
    return IntegrationAnswer(
        id=integration.id,
        name=integration.name,
        vendor_type="azure_devops",
        auth_type=integration.auth_type,
        organization=integration.organization,
        base_url=integration.base_url,
        username=integration.username,
        services=SwitchesAnswer(**integration.services),
        data_status=status,  # type: ignore[arg-type]  # shared.status knows the same words
        data_status_detail=[StatusDetail(**detail) for detail in details],
        created_at=integration.created_at,
        updated_at=integration.updated_at,
        last_synced_at=parts.runs.state(integration.id).last_synced_at,
        token_expires_at=integration.token_expires_at,
        auto_import_projects=integration.auto_import_projects,
        auto_import_repos=integration.auto_import_repos,
    )


def all_shown(parts: Services, integrations: Sequence[Integration]) -> list[IntegrationAnswer]:
    """Each as ``shown`` gives it, in the same order; a page of 1000 would take minutes one after the other."""
    if not integrations:
        return []
    with ThreadPoolExecutor(min(_AT_ONCE, len(integrations))) as threads:
        return list(threads.map(partial(shown, parts), integrations))


def etag_of(integration: Integration) -> str:
    """The ETag that callers see."""
    return f'"{hashlib.sha256(integration.etag.encode()).hexdigest()[:32]}"'


def deletion_answer(deletion: Deletion) -> DeletionAnswer:
    """How far a removal is, as callers see it."""
    return DeletionAnswer(
        id=deletion.integration_id,
        status="succeeded" if deletion.finished_at else "running",
        started_at=deletion.started_at,
        finished_at=deletion.finished_at,
        rows_removed=deletion.rows_removed,
    )
