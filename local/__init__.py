"""The whole stack on one machine. Never deployed: the runtime package leaves this folder out."""
