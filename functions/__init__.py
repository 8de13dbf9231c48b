"""Triggers, one file a family: read the input, make one call, give the answer."""

from shared.log_fields import install

install()
