"""Addresses of Azure DevOps' web pages, for people to click; never called and never read back.

Source: https://learn.microsoft.com/azure/devops/extend/develop/work-with-urls
"""

from __future__ import annotations

from urllib.parse import quote, urlsplit, urlunsplit


def project_page(organization: str, project: str) -> str:
    """A project's page; ``project`` is its name or id."""
    return f"https://dev.azure.com/{_segment(organization)}/{_segment(project)}"


def ticket_page(organization: str, project: str, number: int) -> str:
    """A work item's page."""
    return f"{project_page(organization, project)}/_workitems/edit/{number}"


def repository_page(organization: str, project: str, repository: str) -> str:
    """A repository's page, for where a reply does not give it."""
    return f"{project_page(organization, project)}/_git/{_segment(repository)}"


def build_page(organization: str, project: str, number: int) -> str:
    """The page of a pipeline's run; ``project`` is its name or id."""
    return f"{project_page(organization, project)}/_build/results?buildId={number}"


def without_user(url: str) -> str:
    """A clone URL without the user part (``https://contoso@dev.azure.com/...``)."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _segment(name: str) -> str:
    return quote(name, safe="")
