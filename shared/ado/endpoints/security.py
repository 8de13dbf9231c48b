"""Effective permissions of the caller, bit by bit. The documentation names no scope."""

from __future__ import annotations

from typing import Final

from shared.ado.endpoint import LEARN, Endpoint

PERMISSIONS: Final = Endpoint(
    path="_apis/permissions/{securityNamespaceId}/{permissions}",
    items=None,
    scope=None,
    docs=LEARN + "security/permissions/has-permissions",
)
"""``value``: whether the caller has the bits ``permissions`` on each of the comma-separated ``tokens``, in order."""

PERMISSION_EVALUATION_BATCH: Final = Endpoint(
    path="_apis/security/permissionevaluationbatch",
    method="POST",
    read_only=True,
    items="evaluations",
    scope=None,
    docs=LEARN + "security/permissions/has-permissions-batch",
)
"""The ``evaluations`` of the body come back with a ``value`` each."""
