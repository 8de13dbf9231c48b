"""The app inside the worker process, indexed and called by Microsoft's own library worker.

``azure-functions-runtime`` is the worker that Azure runs for newer Pythons, as a library: it loads ``function_app.py``,
turns what triggers send into the app's arguments and answers back, and runs ``def`` functions on its thread pool of
``PYTHON_THREADPOOL_THREAD_COUNT``. Only its protobuf classes are missing, and indexing merely fills them in.
Source: https://github.com/Azure/azure-functions-python-worker (runtimes/v2)
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from http.cookies import SimpleCookie
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from local.host.protocol import Frame


class _Message(SimpleNamespace):
    """Stands for any protobuf message; the two names are StatusResult's values."""

    Success = 1
    Failure = 0


_PROTOS: Final = SimpleNamespace(
    BindingInfo=type("BindingInfo", (_Message,), {"in": 0, "out": 1, "inout": 2, "undefined": 0}),
    **{
        name: type(name, (_Message,), {})
        for name in (
            "FunctionMetadataResponse",
            "RpcException",
            "RpcFunctionMetadata",
            "RpcRetryOptions",
            "StatusResult",
            "WorkerInitResponse",
            "WorkerMetadata",
        )
    },
)


class AppError(Exception):
    """The loader refused the app; the message is the loader's, on one line."""


class Runtime:
    """One app in this process. There can be only one: the library keeps its registry in a module."""

    def __init__(self, app_dir: Path) -> None:
        import azure_functions_runtime
        from azure_functions_runtime.bindings.datumdef import Datum
        from azure_functions_runtime.native_invocation import invocation_request_native

        self._app_dir = app_dir
        self._library = azure_functions_runtime
        self._datum = Datum
        self._invoke = invocation_request_native
        self._ids: dict[str, str] = {}

    async def index(self) -> list[dict[str, Any]]:
        """Load the app: ``{"name", "bindings", "retry"}`` for each function. Raises AppError."""
        self._library.start_threadpool_executor()
        init = SimpleNamespace(capabilities={}, function_app_directory=str(self._app_dir))
        request = SimpleNamespace(
            request=SimpleNamespace(worker_init_request=init), properties={"host": "127.0.0.1", "protos": _PROTOS}
        )
        result = (await self._library.worker_init_request(request)).result
        if result.status != _Message.Success:
            raise AppError(_one_line(result.exception, self._app_dir))
        metadata = await self._library.functions_metadata_request(SimpleNamespace(request=None, properties={}))
        functions = metadata.function_metadata_results
        if functions is None:
            raise AppError(f"there is no function_app.py in {self._app_dir}")
        self._ids = {function.name: function.function_id for function in functions}
        return [
            {
                "name": function.name,
                "bindings": [json.loads(binding) for binding in function.raw_bindings],
                "retry": function.retry_options is not None,
            }
            for function in functions
        ]

    async def call(self, frame: Frame) -> Frame:
        """Do one ``call`` frame and give its ``result`` frame; what the function raises is in there."""
        header = frame.header
        ok, value, _, error, trace = await self._invoke(
            header["invocation"],
            self._ids.get(header["function"], ""),
            [(header["argument"], self._input(header, frame.body))],
            self._metadata(header.get("metadata", {})),
        )
        result = {"type": "result", "id": header["id"], "ok": ok}
        if not ok:
            return Frame({**result, "error": error, "where": _where(trace or "", self._app_dir)})
        if header["kind"] == "http":
            answer, body = _answer(value)
            return Frame({**result, "http": answer}, body)
        return Frame(result)

    def _input(self, header: Mapping[str, Any], body: bytes) -> Any:
        if header["kind"] == "http":
            return self._http(header["http"], body)
        if header["kind"] == "timer":
            return self._datum(json.dumps(header["timer"]), "json")
        # The real host sends text as text, and bytes that are no UTF-8 as they are.
        try:
            return self._datum(body.decode(), "string")
        except UnicodeDecodeError:
            return self._datum(body, "bytes")

    def _http(self, request: Mapping[str, Any], body: bytes) -> Any:
        texts = {name: self._datum(request[name], "string") for name in ("method", "url")}
        groups = {
            name: {key: self._datum(value, "string") for key, value in request[name].items()}
            for name in ("headers", "params", "query")
        }
        return self._datum({**texts, **groups, "body": self._datum(body, "bytes")}, "http")

    def _metadata(self, metadata: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._datum(*_typed(value)) for name, value in metadata.items()}


def _typed(value: Any) -> tuple[str, str]:
    """Trigger metadata goes as text where it is text, and as JSON where it is a number or, under ``json``, a time."""
    if isinstance(value, str):
        return value, "string"
    return json.dumps(value["json"]), "json"


def _answer(value: Any) -> tuple[dict[str, Any], bytes]:
    """What an HTTP function returned, as status, header pairs and body."""
    if value.type == "string":
        return {"status": 200, "headers": [["content-type", "text/plain; charset=utf-8"]]}, value.value.encode()
    http = value.value
    headers = [[name, text.value] for name, text in http["headers"].items()]
    cookies: list[SimpleCookie] = http["cookies"] or []
    headers += [["set-cookie", morsel.OutputString()] for cookie in cookies for morsel in cookie.values()]
    return {"status": int(http["status_code"].value), "headers": headers}, http["body"].value


def _one_line(exception: Any, app_dir: Path) -> str:
    message = re.sub(r"\s+", " ", exception.message.partition(" Current sys.path:")[0]).strip()
    where = _where(exception.stack_trace, app_dir)
    return f"{message} ({where})" if where else message


def _where(trace: str, app_dir: Path) -> str:
    """The innermost line of the app itself in a traceback, as ``function_app.py:12``; empty where there is none."""
    found = ""
    for path, line in re.findall(r'File "([^"]+)", line (\d+)', trace):
        if Path(path).is_relative_to(app_dir) and not Path(path).is_relative_to(sys.prefix):
            found = f"{Path(path).relative_to(app_dir)}:{line}"
    return found
