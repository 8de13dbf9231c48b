"""Addresses of web pages and clones."""

from __future__ import annotations

from urllib.parse import quote

from local.fake_ado.model import Organization, Repository


def repository_page(organization: Organization, repository: Repository) -> str:
    """The repository's web page, which is also its clone URL without a user part."""
    project = organization.projects[repository.project_id]
    return f"https://dev.azure.com/{organization.name}/{quote(project.name)}/_git/{quote(repository.name)}"


def clone_url(organization: Organization, repository: Repository) -> str:
    """The clone URL as the service gives it, with the organisation as its user part."""
    return repository_page(organization, repository).replace("https://", f"https://{organization.name}@", 1)
