"""The commands of ``python -m local``: ``serve``, ``run``, ``demo``, ``connect``."""
