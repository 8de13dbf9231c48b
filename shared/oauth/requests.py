"""What callers and browsers send about authorizations."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct


class NewAuthorization(Struct, forbid_unknown_fields=True, frozen=True):
    """Begin a sign-in; there is nothing to choose."""


class Completion(Struct, forbid_unknown_fields=True, frozen=True):
    """The proof that whoever finished the sign-in is the one who began it."""

    completion_code: Annotated[
        str, Meta(min_length=1, max_length=200, description="From the page that the sign-in ended on; good once.")
    ]

    def __repr__(self) -> str:
        return "Completion(***)"


class CallbackQuery(Struct, frozen=True):
    """What Microsoft's redirect carries. Parameters beside these are ignored, as OAuth has it (RFC 6749, 4.1.2)."""

    state: str = ""
    code: str = ""
    error: str = ""
    error_description: str = ""

    def __repr__(self) -> str:
        return "CallbackQuery(***)"
