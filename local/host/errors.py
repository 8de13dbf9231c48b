"""What can go wrong between the host, its worker and the app."""

from __future__ import annotations


class HostError(Exception):
    """The host cannot start, or cannot go on. The message is one line that names what to change."""


class WorkerLostError(Exception):
    """The worker process ended while it did this call."""


class WorkerUnavailableError(Exception):
    """No worker process took the call: it is being restarted, or the host is stopping."""
