"""Frames between the host and its worker process: a JSON header and raw bytes, each with its length in front.

The host sends ``call`` and ``stop``; the worker sends ``ready`` or ``failed`` once, then one ``result`` for each call.
The bytes are an HTTP body or a queue message, which JSON could carry only enlarged.
"""

from __future__ import annotations

import asyncio
import json
import struct
from dataclasses import dataclass
from typing import Any, Final

MAX_HEADER_BYTES: Final = 8 * 1024 * 1024
MAX_BODY_BYTES: Final = 256 * 1024 * 1024
_LENGTHS: Final = struct.Struct("!II")


@dataclass(frozen=True, slots=True)
class Frame:
    """``header`` is a JSON object with a ``type``; ``body`` is whatever goes with it."""

    header: dict[str, Any]
    body: bytes = b""


def encode(frame: Frame) -> bytes:
    """A frame as it goes over the wire. Raises ValueError beyond the bounds of this module."""
    header = json.dumps(frame.header, separators=(",", ":")).encode()
    if len(header) > MAX_HEADER_BYTES or len(frame.body) > MAX_BODY_BYTES:
        raise ValueError(f"a frame of {len(header)} + {len(frame.body)} bytes is too large")
    return _LENGTHS.pack(len(header), len(frame.body)) + header + frame.body


async def read_frame(reader: asyncio.StreamReader) -> Frame | None:
    """The next frame; None when the other side has gone. Raises ValueError for lengths beyond the bounds."""
    try:
        header_length, body_length = _LENGTHS.unpack(await reader.readexactly(_LENGTHS.size))
        if header_length > MAX_HEADER_BYTES or body_length > MAX_BODY_BYTES:
            raise ValueError(f"a frame of {header_length} + {body_length} bytes is too large")
        header = json.loads(await reader.readexactly(header_length))
        return Frame(header, await reader.readexactly(body_length))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
