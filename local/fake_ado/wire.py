"""Putting an answer on the wire, whole or (on demand) broken."""

from __future__ import annotations

import asyncio
import zlib

from aiohttp import web

from local.fake_ado.answers import Answer
from local.fake_ado.faults import Fault

_COMPRESSED_FROM = 1024
_LEVEL = 1
FOREVER_SECONDS = 3600.0


def compress(content: bytes) -> bytes:
    """gzip, cheaply."""
    machine = zlib.compressobj(_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return machine.compress(content) + machine.flush()


async def send(request: web.BaseRequest, answer: Answer, fault: Fault | None) -> web.StreamResponse:
    """Send it, compressed if the caller takes gzip and it is worth it, and with the fault's breakage."""
    if fault is not None and fault.hang:
        await asyncio.sleep(FOREVER_SECONDS)
    is_gzip = "gzip" in request.headers.get("Accept-Encoding", "").lower()
    is_cut = fault is not None and fault.cut_gzip
    content = answer.content
    if is_gzip and (len(content) >= _COMPRESSED_FROM or is_cut) and "Content-Encoding" not in answer.headers:
        content = compress(content)
        answer.headers["Content-Encoding"] = "gzip"
        if is_cut:
            content = content[: max(1, len(content) * 2 // 3)]
    if answer.content_type:
        answer.headers["Content-Type"] = answer.content_type
    if fault is not None and fault.reset:
        return await _break_off(request, answer, content)
    body = b"" if request.method == "HEAD" else content
    response = web.Response(status=answer.status, body=body, headers=answer.headers)
    if not answer.content_type:
        response.headers.pop("Content-Type", None)
    return response


async def _break_off(request: web.BaseRequest, answer: Answer, content: bytes) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    if content:
        response.content_length = len(content)
        await response.prepare(request)
        await response.write(content[: len(content) // 2])
    if request.transport is not None:
        request.transport.abort()
    return response
