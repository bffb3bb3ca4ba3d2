"""Redaction: whatever a secret is wrapped in, it does not come out."""

from __future__ import annotations

import logging
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswalk.redact import (
    _PATTERNS,
    HIDDEN,
    RedactingFilter,
    redact,
    redact_text,
)

ALPHABET = string.ascii_letters + string.digits
canaries = st.text(ALPHABET, min_size=16, max_size=60).map(lambda text: f"Cnry{text}")
words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)

# How credentials of both vendors, and ours, turn up in messages, headers and addresses.
TEMPLATES = (
    "Authorization: Bearer {}",
    "authorization: zoho-oauthtoken {}",
    "Authorization: Zoho-oauthtoken {}",
    "https://accounts.example/oauth/v2/token?refresh_token={}&client_id=1",
    "grant_type=authorization_code&code={}&redirect_uri=x",
    "client_secret={}&grant_type=refresh_token",
    '{{"access_token": "{}", "expires_in": 3600}}',
    "{{'refresh_token': '{}'}}",
    "token={}",
    "password: {}",
    "pit-{}",
    "pit-{}-8c1f-4b0a",
    "eyJhbGciOiJIUzI1NiJ9.{}.c2lnbmF0dXJl",
    "1000.abcdef0123456789.{}",
    "POST /hooks/c/{}/ HTTP/1.1",
)
SECRET_KEYS = (
    *("Authorization", "client_secret", "access_token", "refreshToken", "password"),
    *("api_key", "apiKey", "Set-Cookie", "X-Wh-Signature", "code"),
)


@pytest.mark.parametrize("template", TEMPLATES)
@given(canary=canaries, before=words, after=words)
def test_a_planted_secret_never_survives_in_a_text(
    template: str, canary: str, before: str, after: str
) -> None:
    text = f"{before} {template.format(canary)} {after}"

    assert canary not in redact_text(text)


@given(
    canary=canaries,
    key=st.sampled_from(SECRET_KEYS),
    path=st.lists(st.sampled_from(["a", "list", "b"]), max_size=5),
)
def test_a_planted_secret_never_survives_in_data(
    canary: str, key: str, path: list[str]
) -> None:
    data: object = {key: canary, "kept": "a name"}
    for step in path:
        data = [data] if step == "list" else {step: data}

    hidden = str(redact(data))

    assert canary not in hidden
    assert "a name" in hidden


@given(words)
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    assert redact_text(redact_text(text)) == redact_text(text)


def test_ordinary_text_stays_as_it_is() -> None:
    text = "Zoho Invoice refused the phone of Ana Nováková: it is too long (code 1002)."

    assert redact_text(text) == text


def test_empty_values_and_numbers_stay_visible() -> None:
    assert redact({"token": "", "count": 3}) == {"token": "", "count": 3}


def record_of(message: str, *args: object, exc: Exception | None = None) -> str:
    info = (type(exc), exc, None) if exc else None
    record = logging.LogRecord("x", logging.INFO, "x.py", 1, message, args, info)
    assert RedactingFilter().filter(record)
    return logging.Formatter().format(record)


def test_log_lines_are_redacted_with_their_arguments() -> None:
    line = record_of("calling %s", "https://x/?refresh_token=canary-value")

    assert "canary" not in line
    assert HIDDEN in line


def test_tracebacks_in_the_log_are_redacted() -> None:
    line = record_of("failed", exc=ValueError("client_secret=canary-value"))

    assert "canary" not in line


def test_codes_that_open_nothing_are_shown() -> None:
    shown = {"currency_code": "GBP", "country_code": "GB", "language_code": "en"}

    assert redact({**shown, "auth_code": "x", "code": "y"}) == {
        **shown,
        "auth_code": HIDDEN,
        "code": HIDDEN,
    }


@given(
    before=words,
    secret=st.sampled_from(TEMPLATES).map(lambda text: text.format("Cnry1234567890AB")),
    upper=st.booleans(),
)
def test_no_text_that_hides_something_is_passed_over(
    before: str, secret: str, upper: bool
) -> None:
    text = before + (secret.upper() if upper else secret)
    whole = text
    for pattern in _PATTERNS:
        whole = pattern.sub(HIDDEN, whole)

    assert (redact_text(text) == text) == (whole == text)
