"""Processes of the local stack: children that end with their parent, free ports, locks, waiting for readiness."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Self

LOOPBACK = "127.0.0.1"
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_PR_SET_PDEATHSIG = 1
_stop_asked = False
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class StackError(Exception):
    """Why the local stack did not start or cannot go on: one line for a person, and the exit code for the shell."""

    def __init__(self, message: str, *, exit_code: int = 2) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def die_with_parent() -> None:
    """For ``subprocess.Popen(preexec_fn=...)``: the child gets SIGTERM when the thread that started it ends.

    Start such children from a thread that lives as long as they shall (the main thread). Linux only; elsewhere
    the child ends with an orderly stop alone. Source: https://man7.org/linux/man-pages/man2/pr_set_pdeathsig.2const.html
    """
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """In this block Ctrl-C and SIGTERM only leave a note, which ``pause`` turns into KeyboardInterrupt.

    An exception out of the blue could be lost in a callback, or cut what starts and undoes processes in half.
    """
    global _stop_asked
    before = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    note_stop_signals()
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _stop_asked = False


def note_stop_signals() -> None:
    """Let Ctrl-C and SIGTERM leave their note (again, after an event loop had them)."""
    for number in STOP_SIGNALS:
        signal.signal(number, _leave_note)


def _leave_note(*_: object) -> None:
    global _stop_asked
    _stop_asked = True


def stop_asked() -> bool:
    """Whether a signal has come since ``stoppable`` began."""
    return _stop_asked


def pause(seconds: float = 0) -> None:
    """Sleep for less than a second. Raises KeyboardInterrupt when a stop was asked for, before or meanwhile."""
    if not _stop_asked:
        time.sleep(seconds)
    if _stop_asked:
        raise KeyboardInterrupt


def free_port() -> int:
    """A loopback TCP port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as e:
            if e.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
        return True


def wait_until(ready: Callable[[], bool], *, process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Ask ``ready`` every 20 ms until it says yes; False when the process ends or the time is over first."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if ready():
            return True
        if process.poll() is not None:
            return False
        pause(0.02)
    return False


def stop_process(process: subprocess.Popen[bytes], stop_signal: signal.Signals, seconds: float) -> bool:
    """Ask the process to end and wait; after ``seconds`` it is killed. True when it ended by itself."""
    if process.poll() is None:
        process.send_signal(stop_signal)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False
    return True


class FileLock:
    """An exclusive lock on a file, held for as long as any process has this open file: children may inherit ``fd``.

    The file stays when the lock goes; only the kernel's lock on it counts, so nothing is stale after a kill.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO | None = None

    @property
    def fd(self) -> int:
        """The locked file, for ``pass_fds``. Only while the lock is held."""
        assert self._file is not None, "the lock is not held"
        return self._file.fileno()

    def acquire(self, seconds: float = 0, *, on_wait: Callable[[], None] | None = None) -> bool:
        """Take the lock, waiting up to ``seconds``; ``on_wait`` is called once when that takes more than a second."""
        file = self.path.open("ab")
        started = time.monotonic()
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                waited = time.monotonic() - started
                if waited >= seconds:
                    file.close()
                    return False
                if waited > 1 and on_wait is not None:
                    on_wait()
                    on_wait = None
                pause(0.05)
            else:
                self._file = file
                return True

    def write_owner(self, process_id: int) -> None:
        """Leave the holder's process id in the file, for the message that another process may have to print."""
        os.ftruncate(self.fd, 0)
        os.write(self.fd, str(process_id).encode())

    def owner(self) -> str:
        """The process id left in the file, or ``unknown``."""
        return self.path.read_text(errors="replace")[:20].strip() or "unknown"

    def close(self) -> None:
        """Close this process's copy; the lock goes with the last copy."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
