"""Identities in every form of their ids."""

from __future__ import annotations

from typing import Final

from shared.ado.endpoint import LEARN, VSSPS, Endpoint

IDENTITIES: Final = Endpoint(
    host=VSSPS,
    path="_apis/identities",
    scope="vso.identity",
    docs=LEARN + "ims/identities/read-identities",
)
"""By ``identityIds`` or ``subjectDescriptors``, comma-separated; who is unknown is left out of the answer."""
