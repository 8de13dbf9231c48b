"""Read a repository in a process of its own and print what it took: ``python -m tests.ado.reading URL TIP...``."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO
from unittest.mock import patch

from shared.ado.auth import PatAuth
from shared.ado.client import AdoClient
from shared.ado.git import GitRemote
from shared.ado.git_commits import CommitReader, NewCommits
from shared.ado.git_objects import ObjectFolder
from shared.ado.hosts import Hosts


def main(url: str, tips: list[str]) -> dict[str, Any]:
    client = AdoClient("contoso", PatAuth("t"), hosts=Hosts.at(url))
    remote = GitRemote(client, "Shop", "web")
    most = 0
    counted: dict[str, Any] = {}
    with ObjectFolder(remote) as folder:
        fetch = remote.fetch

        def measured(wanted: Any, into: BinaryIO, **options: Any) -> int:
            nonlocal most
            try:
                return fetch(wanted, into, **options)
            finally:
                most = max(most, folder.size + into.tell())

        with patch.object(remote, "fetch", measured):
            reader = CommitReader(folder, NewCommits(tips, (), (), 0, 30), filters=True)
            for lot in reader.counted():
                counted |= {one.commit.sha: one.lines and asdict(one.lines) for one in lot}
    # Not getrusage: that begins with what the parent had.
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    rss = int(peak.split()[1]) << 10
    return {"rss": rss, "disk": most, "received": client.bytes_received, "requests": client.requests, "lines": counted}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2:])))  # noqa: T201 - what its caller reads
