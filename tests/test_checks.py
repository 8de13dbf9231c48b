"""From checks to an outcome: the rule, whatever the checks are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import checks as ids
from shared.checks import ORDER, SCOPES, Checks

NEEDED = (ids.CREDENTIALS, *SCOPES)
DECISIONS = st.dictionaries(
    st.sampled_from(ORDER), st.sampled_from(["passed", "failed", "warning", "skipped", "undecided", "blocked"])
)


def decided(decisions):
    checks = Checks()
    for check, decision in decisions.items():
        if decision in ("passed", "skipped", "undecided"):
            getattr(checks, decision)(check, "because")
        elif decision == "failed":
            checks.failed(check, "because", "do this")
        elif decision == "warning":
            checks.warned(check, "because", "do this")
    return checks


@given(DECISIONS)
def test_connected_means_that_nothing_failed_and_everything_needed_was_checked(decisions):
    found = {check.id: check.status for check in decided(decisions).all()}
    whole = "failed" not in found.values() and all(found[check] != "skipped" for check in NEEDED)
    assert (decided(decisions).outcome == "connected") == whole


@given(DECISIONS)
def test_a_denial_needs_a_failure_and_never_comes_out_of_trouble(decisions):
    if decided(decisions).outcome == "authorization_denied":
        assert "failed" in decisions.values()
        assert not any(decisions.get(check) == "undecided" for check in NEEDED)


@given(DECISIONS)
def test_every_check_is_there_once_and_in_order(decisions):
    assert tuple(check.id for check in decided(decisions).all()) == ORDER


@given(DECISIONS)
def test_services_are_available_only_in_what_is_connected(decisions):
    checks = decided(decisions)
    services = checks.services()
    for name in services.__struct_fields__:
        service = getattr(services, name)
        assert service.available == (service.reason is None)
        assert not service.available or checks.outcome == "connected"


ALL_PASSED = dict.fromkeys(ORDER, "passed")


@pytest.mark.parametrize("check", ORDER)
def test_what_each_failure_alone_comes_to(check):
    means_error = check in (ids.BASE_URL, ids.ORGANIZATION, ids.EMAIL)
    outcome = decided({**ALL_PASSED, check: "failed"}).outcome
    assert outcome == ("error" if means_error else "authorization_denied")


def test_what_is_decided_stays_decided():
    checks = Checks()
    checks.failed(ids.CONDITIONAL_ACCESS, "refused", "ask")
    checks.passed(ids.CONDITIONAL_ACCESS, "fine")
    assert checks.status(ids.CONDITIONAL_ACCESS) == "failed"
