"""Transactions of Table Storage, written and read by hand: a tenth of the SDK's CPU for each row.

The SDK builds each operation as an HTTP request and the body through the mail package, which costs more than all else
that a first import does. Here a transaction is one text; azure-core's pipeline still signs it, tries it again and
traces it.

Source: https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import quote, urlsplit

import orjson

from shared.table_rules import Row, Value

if TYPE_CHECKING:
    from azure.core import PipelineClient
    from azure.core.credentials import TokenCredential

VERSION: Final = "2019-02-02"
_SCOPE: Final = "https://storage.azure.com/.default"
_PART: Final = (
    "--{boundary}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    "{method} {url} HTTP/1.1\r\nAccept: application/json;odata=minimalmetadata\r\nPrefer: return-no-content\r\n"
    "DataServiceVersion: 3.0\r\n{condition}"
)
_ENTITY: Final = "Content-Type: application/json\r\n\r\n"
_STATUS: Final = re.compile(rb"HTTP/1\.1 (\d{3})")
_ETAG: Final = re.compile(rb"^etag: *(.*?)\r?$", re.IGNORECASE | re.MULTILINE)
_FAILED_OPERATION: Final = re.compile(r"\s*(\d+):")


@dataclass(frozen=True, slots=True)
class Operation:
    """One row's part of a transaction. ``etag``: what a ``replace`` must find; ``upsert`` and ``delete`` take any."""

    kind: Literal["create", "upsert", "replace", "delete"]
    row: Row
    etag: str = ""


class TransactionRefusedError(Exception):
    """Storage refused a transaction, and nothing of it happened. ``index``: the operation that it names, from 0."""

    def __init__(self, status: int, index: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.index = index


class TransactionSender:
    """Sends transactions to one account. Safe to use from several threads."""

    def __init__(self, client: PipelineClient[Any, Any], endpoint: str) -> None:
        self._client = client
        self._endpoint = endpoint.rstrip("/")

    def send(self, table: str, operations: Sequence[Operation]) -> list[str | None]:
        """The ETags in order of the operations, None for deleted rows.

        Raises TransactionRefusedError, HttpResponseError for a request refused as a whole, and AzureError when no
        answer came.
        """
        from azure.core.exceptions import HttpResponseError
        from azure.core.rest import HttpRequest

        boundary = f"batch_{uuid.uuid4()}"
        headers = {"Content-Type": f"multipart/mixed; boundary={boundary}", "Accept": "application/json"}
        body = _body(boundary, f"{self._endpoint}/{table}", operations)
        request = HttpRequest("POST", f"{self._endpoint}/$batch", headers=headers, content=body)
        response = self._client.send_request(request)
        if response.status_code != 202:
            raise HttpResponseError(response=response)
        return _read(response.content, len(operations))


def _body(boundary: str, url: str, operations: Iterable[Operation]) -> bytes:
    changeset = f"changeset_{boundary[6:]}"
    parts = [f"--{boundary}\r\nContent-Type: multipart/mixed; boundary={changeset}\r\n\r\n".encode()]
    for operation in operations:
        parts.append(_part(changeset, url, operation))
        parts.append(orjson.dumps(_entity(operation.row)) if operation.kind != "delete" else b"")
        parts.append(b"\r\n")
    parts.append(f"--{changeset}--\r\n--{boundary}--\r\n".encode())
    return b"".join(parts)


def _part(boundary: str, url: str, operation: Operation) -> bytes:
    match operation.kind:
        case "create":
            head = _PART.format(boundary=boundary, method="POST", url=url, condition="")
        case "upsert":
            head = _PART.format(boundary=boundary, method="PUT", url=_address(url, operation.row), condition="")
        case "replace":
            condition = f"If-Match: {operation.etag}\r\n"
            head = _PART.format(boundary=boundary, method="PUT", url=_address(url, operation.row), condition=condition)
        case "delete":
            address = _address(url, operation.row)
            head = _PART.format(boundary=boundary, method="DELETE", url=address, condition="If-Match: *\r\n")
    return (head + ("\r\n" if operation.kind == "delete" else _ENTITY)).encode()


def _address(url: str, row: Row) -> str:
    keys = (quote(str(row[name]).replace("'", "''"), safe="") for name in ("PartitionKey", "RowKey"))
    return "{}(PartitionKey='{}',RowKey='{}')".format(url, *keys)


def _entity(row: Row) -> dict[str, object]:
    """The row as JSON with types, where JSON alone does not tell them."""
    entity: dict[str, object] = {}
    for name, value in row.items():
        entity[name], kind = _typed(value)
        if kind:
            entity[f"{name}@odata.type"] = kind
    return entity


def _typed(value: Value) -> tuple[object, str | None]:
    match value:
        case bool() | str():
            return value, None
        case int() if -(2**31) <= value < 2**31:
            return value, None
        case int():
            return str(value), "Edm.Int64"
        case float():
            return value, "Edm.Double"
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "Edm.DateTime"


def _read(body: bytes, expected: int) -> list[str | None]:
    """ETags of a transaction's answer: a part for each operation, or one part for the operation that failed."""
    parts = _STATUS.split(body)[1:]
    statuses = [int(status) for status in parts[::2]]
    for number, status in enumerate(statuses):
        if status >= 400:
            raise _refusal(status, parts[2 * number + 1])
    if len(statuses) != expected:
        raise TransactionRefusedError(500, 0, f"{len(statuses)} answers for {expected} operations")
    return [found[1].decode() if (found := _ETAG.search(part)) else None for part in parts[1::2]]


def _refusal(status: int, part: bytes) -> TransactionRefusedError:
    try:
        error = orjson.loads(part[part.index(b"{") : part.rindex(b"}") + 1])["odata.error"]
        code, text = str(error["code"]), str(error["message"]["value"])
    except (ValueError, KeyError, TypeError):
        return TransactionRefusedError(status, 0, "unreadable")
    named = _FAILED_OPERATION.match(text)
    return TransactionRefusedError(status, int(named[1]) if named else 0, code)


def sender(
    endpoint: str,
    *,
    account_key: tuple[str, str] | None = None,
    credential: TokenCredential | None = None,
    **options: Any,
) -> TransactionSender:
    """For an account by identity, or by (name, key). ``options``: azure-core's, such as ``connection_timeout``."""
    from azure.core import PipelineClient
    from azure.core.pipeline import policies

    sign: Any
    if account_key:
        sign = policies.CustomHookPolicy(raw_request_hook=_shared_key(*account_key))
    elif credential:
        sign = policies.BearerTokenCredentialPolicy(credential, _SCOPE)
    else:
        raise ValueError("an account key or a credential is needed")
    chain = [
        policies.HeadersPolicy({"x-ms-version": VERSION, "DataServiceVersion": "3.0"}),
        policies.UserAgentPolicy("flow-azure-devops"),
        policies.RequestIdPolicy(),
        policies.RetryPolicy(**options),
        sign,
        policies.DistributedTracingPolicy(),
    ]
    return TransactionSender(PipelineClient(endpoint, policies=chain, **options), endpoint)


def account_key(connection: str) -> tuple[str, str]:
    """(account, key) of a connection string."""
    parts = dict(part.split("=", 1) for part in connection.split(";") if "=" in part)
    return parts["AccountName"], parts["AccountKey"]


def _shared_key(account: str, key: str) -> Callable[[Any], None]:
    """Signs a request with the account's key (SharedKeyLite): date and path."""
    secret = base64.b64decode(key)

    def sign(request: Any) -> None:
        headers = request.http_request.headers
        headers["x-ms-date"] = format_datetime(datetime.now(UTC), usegmt=True)
        text = f"{headers['x-ms-date']}\n/{account}{urlsplit(request.http_request.url).path}"
        signature = base64.b64encode(hmac.new(secret, text.encode(), hashlib.sha256).digest()).decode()
        headers["Authorization"] = f"SharedKeyLite {account}:{signature}"

    return sign
