"""A local stand-in for the Azure Functions host: HTTP, queue and timer triggers for one Python app on this machine.

It behaves as the real host where an app can notice (routes, keys, queue leases and poison queues, schedules, time-outs)
and calls the app through Microsoft's own library worker in a child process; it never imports the app itself. Begin with
``local.host.host.Host``, or ``python -m local.host``. This file imports nothing: the worker process stays small.
"""
