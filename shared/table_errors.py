"""What storage refuses or fails to do, in our own words; Azure's exceptions stay behind this module."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from shared.errors import ConnectorError, TransientError
from shared.table_batch import TransactionRefusedError

_TRANSIENT_STATUS: Final = frozenset({408, 429, 500, 502, 503, 504})


class RowExistsError(ConnectorError):
    """A row to be created is already there. ``index``: which of a transaction's operations it was."""

    def __init__(self, what: str, index: int = 0) -> None:
        super().__init__(f"{what}: the row exists", code="row.exists")
        self.index = index


class RowChangedError(ConnectorError):
    """A row is not as it was read: changed or gone. ``index``: which of a transaction's operations it was."""

    def __init__(self, what: str, index: int = 0) -> None:
        super().__init__(f"{what}: the row has changed", code="row.changed")
        self.index = index


class CursorError(ConnectorError):
    """A page cursor that is not one of ours."""

    def __init__(self) -> None:
        super().__init__("the cursor is not one that this list gave out", code="cursor.invalid")


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn Azure's exceptions into RowExistsError, RowChangedError or TransientError; others rise as they are."""
    from azure.core.exceptions import AzureError, HttpResponseError, ResourceExistsError

    try:
        yield
    except TransactionRefusedError as e:
        if e.status == 409:
            raise RowExistsError(what, e.index) from e
        if e.status in (404, 412):
            raise RowChangedError(what, e.index) from e
        if e.status in _TRANSIENT_STATUS:
            raise _unavailable(what) from e
        raise
    except HttpResponseError as e:
        status, index = e.status_code, getattr(e, "index", 0)
        # A queue that exists already is a 204, which the SDK raises all the same.
        if status == 409 or isinstance(e, ResourceExistsError):
            raise RowExistsError(what, index) from e
        if status in (404, 412):
            raise RowChangedError(what, index) from e
        if status is None or status in _TRANSIENT_STATUS:
            raise _unavailable(what) from e
        raise
    except AzureError as e:
        # Without a reply: no connection, broken off, timed out.
        raise _unavailable(what) from e


def _unavailable(what: str) -> TransientError:
    return TransientError(f"{what}: storage does not answer", code="storage.unavailable")
