"""Flow's entities as frozen dataclasses with their row keys; no Azure DevOps word in here."""
