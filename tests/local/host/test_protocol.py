"""Frames between host and worker."""

from __future__ import annotations

import asyncio
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.host.protocol import MAX_BODY_BYTES, MAX_HEADER_BYTES, Frame, encode, read_frame

FRAMES = st.builds(Frame, st.dictionaries(st.text(), st.one_of(st.text(), st.integers(), st.none())), st.binary())


def read_all(data: bytes) -> list[Frame]:
    async def read() -> list[Frame]:
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        reader.feed_eof()
        frames = []
        while frame := await read_frame(reader):
            frames.append(frame)
        return frames

    return asyncio.run(read())


@given(st.lists(FRAMES, max_size=3))
def test_frames_come_out_as_they_went_in(frames):
    assert read_all(b"".join(map(encode, frames))) == frames


@given(FRAMES, st.data())
def test_a_frame_cut_short_is_the_end(frame, data):
    whole = encode(frame)
    assert read_all(whole[: data.draw(st.integers(0, len(whole) - 1))]) == []


@pytest.mark.parametrize("lengths", [(MAX_HEADER_BYTES + 1, 0), (2, MAX_BODY_BYTES + 1)])
def test_lengths_beyond_the_bounds_are_refused_before_anything_is_read(lengths):
    with pytest.raises(ValueError, match="too large"):
        read_all(struct.pack("!II", *lengths))


def test_a_frame_beyond_the_bounds_is_not_made():
    with pytest.raises(ValueError, match="too large"):
        encode(Frame({"x": "y" * MAX_HEADER_BYTES}))
