"""Service hook subscriptions."""

from __future__ import annotations

from typing import Final

from shared.ado.endpoint import LEARN, Endpoint

# Any of vso.build, vso.code and vso.work will do: each includes vso.hooks_write.
SCOPE: Final = "vso.work"

SUBSCRIPTIONS: Final = Endpoint(
    path="_apis/hooks/subscriptions",
    scope=SCOPE,
    docs=LEARN + "hooks/subscriptions/list",
)
"""All of the organisation, unpaged and dear; a query by consumer URL is better."""

CREATE_SUBSCRIPTION: Final = Endpoint(
    path="_apis/hooks/subscriptions",
    method="POST",
    items=None,
    scope=SCOPE,
    docs=LEARN + "hooks/subscriptions/create",
)
"""Never sent twice by itself: Azure DevOps would deliver each event twice."""

QUERY_SUBSCRIPTIONS: Final = Endpoint(
    path="_apis/hooks/subscriptionsquery",
    method="POST",
    read_only=True,
    items="results",
    scope=SCOPE,
    docs=LEARN + "hooks/subscriptions/create-subscriptions-query",
)

REPLACE_SUBSCRIPTION: Final = Endpoint(
    path="_apis/hooks/subscriptions/{subscriptionId}",
    method="PUT",
    items=None,
    scope=SCOPE,
    docs=LEARN + "hooks/subscriptions/replace-subscription",
)

DELETE_SUBSCRIPTION: Final = Endpoint(
    path="_apis/hooks/subscriptions/{subscriptionId}",
    method="DELETE",
    items=None,
    scope=SCOPE,
    docs=LEARN + "hooks/subscriptions/delete",
)
