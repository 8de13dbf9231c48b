"""Small made-up source trees and changes to them."""

from __future__ import annotations

import random

from local.fake_ado.git_history import History

_NAMES = ("orders", "invoices", "search", "stock", "tax", "users", "audit", "export")
_LINES = (
    b"def total(rows):",
    b"    return sum(row.amount for row in rows)",
    b"    if not rows:",
    b"        return 0",
    b"# see the design page",
    b"LIMIT = 1000",
    b"log.info('stored %s rows', count)",
    b"raise ValueError(name)",
    b"",
    "# Größe prüfen ✓".encode(),
)


def first_files(rng: random.Random) -> dict[str, bytes | None]:
    """A new repository: code in folders, an empty file, a binary one, one with CRLF, one with an awkward name."""
    files: dict[str, bytes | None] = {
        "README.md": b"# A repository\n\nMade up.\n",
        "docs/empty.txt": b"",
        "docs/Übersicht der Größen.md": "# Größen\n".encode(),
        "assets/logo.bin": bytes(rng.randrange(256) for _ in range(400)) + b"\0",
        "windows.ini": b"[main]\r\nsize=3\r\n",
    }
    for name in _NAMES:
        files[f"src/{name}/{name}.py"] = _code(rng, rng.randint(5, 30))
    return files


def change(rng: random.Random, history: History, tip: str) -> dict[str, bytes | None]:
    """A change to what is there at ``tip``: lines replaced and added; at times a new, a deleted or a renamed file."""
    files = history.files[tip]
    roll = rng.random()
    if roll < 0.1:
        name = rng.choice(_NAMES)
        return {f"src/{name}/{name}_{rng.randrange(10_000)}.py": _code(rng, rng.randint(3, 20))}
    sources = [path for path in files if path.startswith("src/")]
    path = rng.choice(sources)
    content = history.blobs[files[path]]
    if roll < 0.13 and len(sources) > 6:
        return {path: None}
    if roll < 0.17:
        folder, _, _ = path.rpartition("/")
        return {path: None, f"{folder}/renamed_{rng.randrange(10_000)}.py": content}
    return {path: _edited(rng, content)}


def _code(rng: random.Random, count: int) -> bytes:
    return b"".join(rng.choice(_LINES) + b"\n" for _ in range(count))


def _edited(rng: random.Random, content: bytes) -> bytes:
    lines = content.split(b"\n")[:200]
    at = rng.randrange(len(lines))
    lines[at : at + rng.randint(0, 3)] = [
        rng.choice(_LINES) + b"  # %d" % rng.randrange(1000) for _ in range(rng.randint(1, 4))
    ]
    return b"\n".join(lines)
