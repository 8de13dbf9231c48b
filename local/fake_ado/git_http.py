"""``git http-backend`` behind one function. Protocol: https://git-scm.com/docs/git-http-backend"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from local.fake_ado.answers import Answer, raw
from local.fake_ado.git_repository import environment


@dataclass(frozen=True, slots=True)
class GitRequest:
    """What a Git client sends. ``service``: ``info/refs`` or ``git-upload-pack``."""

    method: str
    service: str
    query: str
    content_type: str
    content: bytes


def serve(repository: Path, request: GitRequest) -> Answer:
    """Answer from a bare repository. Only fetching is served.

    The protocol is version 0, and clones since a date are not offered: Azure Repos refuses ``--shallow-since``.
    """
    variables = {
        **environment(),
        "GIT_PROJECT_ROOT": str(repository.parent),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{repository.name}/{request.service}",
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.query,
        "CONTENT_TYPE": request.content_type,
        "CONTENT_LENGTH": str(len(request.content)),
        "REMOTE_ADDR": "127.0.0.1",
    }
    if request.content.startswith(b"\x1f\x8b"):
        variables["HTTP_CONTENT_ENCODING"] = "gzip"
    done = subprocess.run(
        ["git", "http-backend"], input=request.content, capture_output=True, check=True, env=variables
    )
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    headers = dict(line.decode().split(": ", 1) for line in head.split(b"\r\n"))
    status = int(headers.pop("Status", "200 OK").split(" ")[0])
    if request.service == "info/refs":
        # As long as the word it replaces, so that the length of the line stays right.
        body = body.replace(b" deepen-since ", b" deepen-sinc_ ", 1)
    return raw(body, headers.pop("Content-Type", "text/plain"), status=status, headers=headers)
