"""Microsoft's own worker library in this process: loads the app, lists its functions, calls them as the host would.

Source: https://github.com/Azure/azure-functions-python-worker (the ``azure-functions-runtime`` package)
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import types
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).parents[2]
SETTINGS = {
    "AzureWebJobsStorage__accountName": "flowstore",
    "KEY_VAULT_URL": "https://flow.vault.azure.net",
    "SYNC_SCHEDULE": "0 */15 * * * *",
}
"""What the app asks for while it is loaded."""


class _Message(types.SimpleNamespace):
    """Stands in for the protobuf classes that indexing fills."""

    Success, Failure = 1, 0


class _BindingInfo(_Message):
    pass


for _name, _value in (("in", 0), ("out", 1), ("inout", 2), ("undefined", 0)):
    setattr(_BindingInfo, _name, _value)

_NAMES = (
    "RpcRetryOptions", "RpcFunctionMetadata", "WorkerInitResponse", "WorkerMetadata", "StatusResult", "RpcException",
    "FunctionMetadataResponse",
)  # fmt: skip
_PROTOS = types.SimpleNamespace(BindingInfo=_BindingInfo, **{name: type(name, (_Message,), {}) for name in _NAMES})


class Worker:
    """One app for the whole process: the library keeps its functions in a registry of the module."""

    def __init__(self, folder: Path = ROOT) -> None:
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
        import azure_functions_runtime as runtime
        from azure_functions_runtime.bindings.datumdef import Datum
        from azure_functions_runtime.native_invocation import invocation_request_native

        self._datum, self._invoke = Datum, invocation_request_native
        runtime.start_threadpool_executor()
        init = types.SimpleNamespace(capabilities={}, function_app_directory=str(folder))
        request = types.SimpleNamespace(
            request=types.SimpleNamespace(worker_init_request=init),
            properties={"host": "127.0.0.1", "protos": _PROTOS},
        )
        result = asyncio.run(runtime.worker_init_request(request)).result
        if result.status != 1:
            raise RuntimeError(result.exception.message)
        listing = types.SimpleNamespace(request=None, properties={})
        found = asyncio.run(runtime.functions_metadata_request(listing)).function_metadata_results
        self.functions = {one.name: one for one in found}

    def bindings(self, name: str) -> list[dict[str, Any]]:
        """The bindings as the host would get them."""
        return [json.loads(binding) for binding in self.functions[name].raw_bindings]

    def http(
        self,
        name: str,
        method: str = "GET",
        *,
        path: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
    ) -> tuple[int, dict[str, str], bytes]:
        """Call an HTTP function: status, headers (lower-case names) and body of its answer."""
        url = f"http://127.0.0.1/api/{name}?{urlencode(query or {})}"
        request = self._datum(
            {
                "method": self._text(method),
                "url": self._text(url),
                "headers": self._texts(headers),
                "params": self._texts(path),
                "query": self._texts(query),
                "body": self._datum(body, "bytes"),
            },
            "http",
        )
        invocation = "test-" + os.urandom(6).hex()
        ok, answer, _outputs, error, _trace = asyncio.run(
            self._invoke(invocation, self.functions[name].function_id, [("req", request)], {})
        )
        if not ok:
            raise RuntimeError(error)
        value = answer.value
        given = {key.lower(): datum.value for key, datum in value["headers"].items()}
        return int(value["status_code"].value), given, value["body"].value

    def _text(self, text: str) -> Any:
        return self._datum(text, "string")

    def _texts(self, texts: dict[str, str] | None) -> dict[str, Any]:
        return {key: self._text(value) for key, value in (texts or {}).items()}
