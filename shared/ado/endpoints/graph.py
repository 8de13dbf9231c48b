"""Graph: users and groups by descriptor."""

from __future__ import annotations

from typing import Final

from shared.ado.endpoint import LEARN, VSSPS, Endpoint
from shared.ado.paging import ContinuationHeader

USERS: Final = Endpoint(
    host=VSSPS,
    path="_apis/graph/users",
    paging=ContinuationHeader(),
    scope="vso.graph",
    api_version="7.1-preview.1",
    docs=LEARN + "graph/users/list",
)
"""Without storage keys; those come from the identities."""

DESCRIPTOR: Final = Endpoint(
    host=VSSPS,
    path="_apis/graph/descriptors/{storageKey}",
    items=None,
    scope="vso.graph",
    docs=LEARN + "graph/descriptors/get",
)

STORAGE_KEY: Final = Endpoint(
    host=VSSPS,
    path="_apis/graph/storagekeys/{subjectDescriptor}",
    items=None,
    scope="vso.graph",
    docs=LEARN + "graph/storage-keys/get",
)

MEMBERSHIPS: Final = Endpoint(
    host=VSSPS,
    path="_apis/graph/Memberships/{subjectDescriptor}",
    scope="vso.graph",
    api_version="7.1-preview.1",
    docs=LEARN + "graph/memberships/list",
)
"""``direction=up``: the groups a subject is in; one level only."""

SUBJECT_LOOKUP: Final = Endpoint(
    host=VSSPS,
    path="_apis/graph/subjectlookup",
    method="POST",
    read_only=True,
    items=None,
    scope="vso.graph",
    api_version="7.1-preview.1",
    docs=LEARN + "graph/subject-lookup/lookup-subjects",
)
"""``{"lookupKeys": [{"descriptor": ...}]}`` -> ``value``: the subjects by descriptor."""
