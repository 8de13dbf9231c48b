"""Azure DevOps alone: its operations, its paging, its refusals. No Flow word in here."""
