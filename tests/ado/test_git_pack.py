"""Packs and commits of any writer, well-formed or not."""

from __future__ import annotations

import struct
import zlib

import pytest

from shared.ado import git_objects
from shared.ado.git_objects import read_commit
from shared.ado.git_pack import Pack
from shared.ado.git_pack_scan import BLOB
from shared.ado.git_wire import GitProtocolError


def packed(*objects):
    """A pack of ``(kind, size said, content)``; the trailer is not looked at."""
    parts = [b"PACK", struct.pack(">II", 2, len(objects))]
    for kind, size, content in objects:
        head = bytearray([(kind << 4) | (size & 15)])
        size >>= 4
        while size:
            head[-1] |= 0x80
            head.append(size & 0x7F)
            size >>= 7
        parts += [bytes(head), zlib.compress(content)]
    return b"".join(parts) + b"\0" * 20


def test_an_object_larger_than_allowed_is_known_but_never_held(tmp_path):
    large = b"\0" * 10_000_000
    (tmp_path / "p").write_bytes(packed((BLOB, len(large), large), (BLOB, 2, b"ok")))
    pack = Pack(tmp_path / "p", max_object_bytes=1_000_000)
    # git hash-object of ten million zeros, and of "ok".
    assert len(pack.large) == 1
    assert pack.get(next(iter(pack.large))) is None
    assert [pack.get(sha) for sha in pack.ids()] == [(BLOB, b"ok")]
    pack.close()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PACK" + b"\0" * 40,
        packed((BLOB, 2, b"ok"))[:-21] + b"\0" * 20,
        packed((BLOB, 3, b"ok")),
        packed((BLOB, 1, b"ok")),
        packed((5, 2, b"ok")),
        packed((BLOB, 2, b"ok")) + b"more",
        packed((BLOB, 2, b"ok")).replace(zlib.compress(b"ok"), b"\xff" * 10),
        struct.pack(">4sII", b"PACK", 2, 9_000_000) + b"\0" * 99,
    ],
)
def test_what_is_no_pack_is_refused(tmp_path, data):
    (tmp_path / "p").write_bytes(data)
    with pytest.raises(GitProtocolError):
        Pack(tmp_path / "p")


@pytest.mark.parametrize(
    ("line", "name", "email", "seconds", "offset"),
    [
        (b"A <a@b> 12 +0230", "A", "a@b", 12, 9000),
        (b"A <a@b> 12 -0130", "A", "a@b", 12, -5400),
        (b"A <a@b> 12 0130", "A", "a@b", 12, 0),
        (b"A <a@b> -5 +9999", "A", "a@b", 0, 0),
        (b"A <a@b>", "A", "a@b", 0, 0),
        (b"\xe9 <> 99999999999999999 +0000", "\ufffd", "", git_objects.LAST_SECOND, 0),
        (b"nonsense", "", "", 0, 0),
    ],
)
def test_a_signature_of_any_writer_is_read(line, name, email, seconds, offset):
    commit = read_commit("1" * 40, b"tree %s\nauthor %s\n\nhi" % (b"2" * 40, line))
    assert (commit.author.name, commit.author.email, commit.author.seconds) == (name, email, seconds)
    assert (commit.author.offset, commit.message, commit.parents) == (offset, "hi", ())


def test_a_message_is_read_in_its_encoding():
    text = b"tree %s\nencoding ISO-8859-1\n\ncaf\xe9" % (b"2" * 40)
    assert read_commit("1" * 40, text).message == "café"
    assert read_commit("1" * 40, text.replace(b"ISO-8859-1", b"nonsense")).message == "caf\ufffd"
