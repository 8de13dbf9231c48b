"""``git http-backend`` on loopback as Azure Repos would serve it, and repositories made with the git binary."""

from __future__ import annotations

import hashlib
import os
import subprocess
import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from shared.ado.auth import PatAuth
from shared.ado.client import AdoClient
from shared.ado.hosts import Hosts

TOKEN = "t0ken"
GIT_ENVIRONMENT = {
    "PATH": os.environ.get("PATH", ""),
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "LC_ALL": "C.UTF-8",
}


@dataclass
class Repo:
    """A repository with a working tree; its bare form is what is served."""

    path: Path
    clock: int = 1_770_000_000

    def git(self, *arguments: str, **environment: str) -> str:
        return self.git_bytes(*arguments, **environment).decode("utf-8", "replace")

    def git_bytes(self, *arguments: str, **environment: str) -> bytes:
        command = ["git", "-C", str(self.path), *arguments]
        done = subprocess.run(command, capture_output=True, env={**GIT_ENVIRONMENT, **environment})
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def write(self, files: Mapping[str, bytes | None]) -> None:
        for name, content in files.items():
            target = self.path / name
            if content is None:
                target.unlink()
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)

    def commit(
        self, files: Mapping[str, bytes | None], message: str = "change", *, author: str = "ann", at: int | None = None
    ) -> str:
        """Write files and commit all; the sha. Each commit is an hour after the last, unless ``at`` says when."""
        self.write(files)
        self.git("add", "-A")
        return self.commit_staged(message, author=author, at=at)

    def commit_staged(self, message: str = "change", *, author: str = "ann", at: int | None = None) -> str:
        self.git("commit", "-q", "--allow-empty", "-m", message, **self.who(author, at))
        return self.head()

    def merge(self, branch: str, *, author: str = "ann") -> str:
        self.git("merge", "-q", "--no-ff", "-m", f"Merge {branch}", branch, **self.who(author))
        return self.head()

    def who(self, author: str, at: int | None = None) -> dict[str, str]:
        self.clock = at if at is not None else self.clock + 3600
        when = f"{self.clock} +0130"
        names = {f"GIT_{role}_NAME": author.title() for role in ("AUTHOR", "COMMITTER")}
        mails = {f"GIT_{role}_EMAIL": f"{author}@example.com" for role in ("AUTHOR", "COMMITTER")}
        return {**names, **mails, "GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}

    def add_ref(self, ref: str, commit: bytes) -> str:
        """A ref on a commit that is written as it is, without starting git."""
        stored = b"commit %d\0" % len(commit) + commit
        sha = hashlib.sha1(stored, usedforsecurity=False).hexdigest()
        for path, content in ((f"objects/{sha[:2]}/{sha[2:]}", zlib.compress(stored)), (ref, f"{sha}\n".encode())):
            target = self.path / ".git" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        return sha

    def head(self, name: str = "HEAD") -> str:
        return self.git("rev-parse", name).strip()

    def tips(self) -> list[str]:
        return sorted(set(self.git("for-each-ref", "--format=%(objectname)", "refs/heads").split()))


def new_repo(path: Path) -> Repo:
    path.mkdir(parents=True)
    repo = Repo(path)
    repo.git("init", "-q", "--initial-branch=main")
    for name, value in {
        "uploadpack.allowFilter": "true",
        "uploadpack.allowAnySHA1InWant": "true",
        "core.autocrlf": "false",
        "gc.auto": "0",
    }.items():
        repo.git("config", name, value)
    return repo


@dataclass
class GitServer:
    """What is served at ``/dev.azure.com/contoso/Shop/_git/{name}``, and what was asked."""

    repos: dict[str, Path] = field(default_factory=dict)
    version: int = 0
    sent: list[tuple[str, int]] = field(default_factory=list)
    """(method and last part of the path, bytes of the reply's body)."""
    bodies: list[bytes] = field(default_factory=list)
    """What was posted."""
    answer: Any = None
    """A function of the handler that answers instead, when it returns True."""
    url: str = ""

    def bytes_sent(self) -> int:
        return sum(size for _, size in self.sent)

    def forget(self) -> None:
        self.sent.clear()
        self.bodies.clear()


def _handler(server: GitServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_GET(self) -> None:
            self.serve(b"")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            server.bodies.append(body)
            self.serve(body)

        def serve(self, body: bytes) -> None:
            parts = urlsplit(self.path)
            if server.answer and server.answer(self):
                return
            name, _, service = unquote(parts.path).partition("/_git/")[2].partition("/")
            environment = {
                **GIT_ENVIRONMENT,
                "GIT_PROJECT_ROOT": str(server.repos[name].parent),
                "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": f"/{server.repos[name].name}/.git/{service}",
                "REQUEST_METHOD": self.command,
                "QUERY_STRING": parts.query,
                "CONTENT_TYPE": self.headers.get("content-type") or "",
                "CONTENT_LENGTH": str(len(body)),
                "REMOTE_ADDR": "127.0.0.1",
            }
            if server.version == 2:
                environment["GIT_PROTOCOL"] = self.headers.get("git-protocol") or ""
            done = subprocess.run(["git", "http-backend"], input=body, capture_output=True, env=environment)
            head, _, content = done.stdout.partition(b"\r\n\r\n")
            headers = dict(line.decode().split(": ", 1) for line in head.split(b"\r\n"))
            self.send(int(headers.pop("Status", "200").split()[0]), content, headers["Content-Type"])

        def send(self, status: int, content: bytes, kind: str, **headers: str) -> None:
            server.sent.append((f"{self.command} {urlsplit(self.path).path.rpartition('/')[2]}", len(content)))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has read enough is nothing to print."""


@contextmanager
def serving(**repos: Path) -> Iterator[GitServer]:
    """Serve repositories by name until the block ends."""
    server = GitServer(dict(repos))
    http = _Server(("127.0.0.1", 0), _handler(server))
    server.url = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()


def client_of(server: GitServer) -> AdoClient:
    return AdoClient("contoso", PatAuth(TOKEN), hosts=Hosts.at(server.url), retry_waits=())
