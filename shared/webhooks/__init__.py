"""Service hooks: events that bring a sync forward. What they say is never stored: they name what to read again."""
