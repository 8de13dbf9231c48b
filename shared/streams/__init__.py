"""The streams: how each kind of entity is read from Azure DevOps, a page at a time."""
