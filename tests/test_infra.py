"""The template against the code: settings, tables and queues by name, and the commands and files the README names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shared.config import SETTING_NAMES
from shared.messages import QUEUES
from shared.storage import TABLES

ROOT = Path(__file__).parents[1]
DEVELOPMENT_ONLY = {"AzureWebJobsStorage", "AZURE_FUNCTIONS_ENVIRONMENT", "ADO_HOSTS", "LOCAL_VAULT_CA"}
OF_THE_PLATFORM = {
    "WEBSITE_AUTH_ENABLED",  # set by App Service Authentication itself
    "AzureWebJobsStorage__credential",
    "AzureWebJobsStorage__clientId",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT",
    "PYTHON_THREADPOOL_THREAD_COUNT",
}


def _array(module: str, parameter: str) -> set[str]:
    text = (ROOT / "infra" / "modules" / module).read_text()
    found = re.search(rf"^param {parameter} array = \[(.*?)\]", text, re.MULTILINE | re.DOTALL)
    assert found, f"{module} has no array {parameter}"
    return set(re.findall(r"'([^']+)'", found[1]))


def _template_settings() -> set[str]:
    text = (ROOT / "infra" / "modules" / "app.bicep").read_text()
    block = text.partition("name: 'appsettings'")[2].partition("resource ftp")[0]
    return set(re.findall(r"^      (\w+): ", block, re.MULTILINE))


def test_the_template_makes_every_table_and_queue_and_no_other() -> None:
    assert _array("storage.bicep", "tables") == set(TABLES)
    assert _array("storage.bicep", "queues") == set(QUEUES)


def test_the_template_sets_every_setting_and_no_other() -> None:
    assert _template_settings() - OF_THE_PLATFORM == set(SETTING_NAMES) - DEVELOPMENT_ONLY - OF_THE_PLATFORM


def test_the_readme_lists_every_setting_and_no_other() -> None:
    section = (ROOT / "README.md").read_text().partition("## Settings")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert named == set(SETTING_NAMES) - {"WEBSITE_AUTH_ENABLED", "AZURE_FUNCTIONS_ENVIRONMENT"}


@pytest.mark.parametrize("page", ["README.md", *(str(p.relative_to(ROOT)) for p in (ROOT / "docs").glob("*.md"))])
def test_a_page_links_only_to_what_is_there(page: str) -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", (ROOT / page).read_text()):
        assert ((ROOT / page).parent / link).exists(), f"{page} links to {link}"


def test_the_readme_names_targets_that_the_makefile_has() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert {"run", "test"} <= named
    assert named <= targets
