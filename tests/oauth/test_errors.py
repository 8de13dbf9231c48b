"""What Microsoft refuses with, in our words: numbers for the wording, OAuth's words for what happens next."""

from __future__ import annotations

import pytest

from shared.errors import CredentialError, TransientError
from shared.oauth.errors import MAX_SAID, MEANINGS, RECONNECT, WORDS, plain, read_refused, reconnect_needed

# https://learn.microsoft.com/entra/identity-platform/reference-error-codes
DOCUMENTED = {
    65001: "oauth.consent_needed",
    65004: "oauth.denied",
    90093: "oauth.admin_consent_needed",
    90094: "oauth.admin_consent_needed",
    700016: "oauth.app_not_in_tenant",
    650051: "oauth.app_not_in_tenant",
    650052: "oauth.app_not_in_tenant",
    500011: "oauth.app_not_in_tenant",
    50020: "oauth.wrong_tenant",
    50105: "oauth.not_assigned",
    50074: "oauth.mfa_needed",
    50076: "oauth.mfa_needed",
    50079: "oauth.mfa_needed",
    53000: "oauth.device_policy",
    53001: "oauth.device_policy",
    50097: "oauth.device_policy",
    530003: "oauth.device_policy",
    53003: "oauth.conditional_access",
    70008: RECONNECT,
    700082: RECONNECT,
    700084: RECONNECT,
    50173: RECONNECT,
    54005: "oauth.code_invalid",
    7000215: "oauth.app_credential",
    7000222: "oauth.app_credential",
    50057: "oauth.account_unavailable",
    50034: "oauth.account_unavailable",
    50011: "oauth.misconfigured",
}
OPERATORS = {"oauth.app_credential", "oauth.misconfigured"}


def read(word="", number=None, description=None, codes=None):
    said = description if description is not None else f"AADSTS{number}: Something."
    answer = {"error": word, "error_description": said, **({"error_codes": codes} if codes is not None else {})}
    return read_refused(answer, client_id="client", tenant="organizations")


@pytest.mark.parametrize(("number", "code"), DOCUMENTED.items())
@pytest.mark.parametrize("place", ["description", "codes"])
def test_a_documented_number_has_its_words(number, code, place):
    refused = read("x", number) if place == "description" else read("x", description="", codes=[number])
    assert refused.meaning.code == code
    error = refused.error
    assert error.remedy
    assert "{" not in error.remedy
    assert type(error) is (TransientError if code in OPERATORS else CredentialError)
    assert ("operator" in error.remedy) == (code in OPERATORS)


@pytest.mark.parametrize("number", MEANINGS)
def test_every_number_is_explained(number):
    meaning = MEANINGS[number]
    assert meaning.message
    assert meaning.remedy.endswith(".")


@pytest.mark.parametrize("word", WORDS)
def test_without_a_number_the_word_counts(word):
    assert read(word, 999999).meaning is WORDS[word]


@pytest.mark.parametrize("word", ["", "something_new", "<script>"])
def test_an_unknown_word_is_a_refusal(word):
    error = read(word, 999999).error
    assert (type(error), error.code) == (CredentialError, "oauth.refused")
    assert "<" not in str(error)


def test_the_first_known_number_counts():
    assert read("x", description="AADSTS999999: AADSTS53003: AADSTS65001:").meaning.code == "oauth.conditional_access"


@pytest.mark.parametrize("codes", ["53003", None, 53003, [None, "53003"], {"a": 1}])
def test_odd_lists_of_numbers_are_not_read(codes):
    answer = {"error": "invalid_grant", "error_description": "", "error_codes": codes}
    assert read_refused(answer, client_id="c", tenant="t").meaning is WORDS["invalid_grant"]


@pytest.mark.parametrize("number", [700082, 50173, 53003, 50076, 65001])
def test_a_grant_that_ends_asks_for_a_new_sign_in(number):
    error = reconnect_needed(read("invalid_grant", number))
    assert (type(error), error.code) == (CredentialError, RECONNECT)
    assert "sign in with Microsoft again" in (error.remedy or "").replace("Sign", "sign")


def test_administrators_are_told_where_to_consent():
    remedy = read("access_denied", 90094).remedy
    assert "https://login.microsoftonline.com/organizations/adminconsent?client_id=client" in remedy


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("AADSTS1: No. Trace ID: 12 Correlation ID: 34 Timestamp: 2026", "AADSTS1: No."),
        ("a\r\nb\x00c\u202ed", "a b c d"),
        ("token eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiIsIng1dCI6Ik5HVEZ2ZEst end", "token *** end"),
        ("tenant 499b84ac-1321-427f-aa17-267ca6975798.", "tenant 499b84ac-1321-427f-aa17-267ca6975798."),
        ("", ""),
    ],
)
def test_microsofts_sentence_is_one_plain_line(text, shown):
    assert plain(text) == shown


def test_microsofts_sentence_is_cut():
    assert len(plain("word " * 10_000)) <= MAX_SAID
