from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.errors import Unauthenticated
from app.security.signing import ExpiredSignature, WrongSignature, sign, verify

KEY = "k" * 32
NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
PAYLOAD = {"incident": 7, "role": "operator"}
TOKEN = sign(KEY, "acknowledge", PAYLOAD, NOON)
BEFORE = NOON - timedelta(seconds=1)


def test_what_was_signed_comes_back_until_it_expires() -> None:
    assert verify(KEY, "acknowledge", TOKEN, now=BEFORE) == PAYLOAD


def test_an_expired_token_is_told_from_a_wrong_one() -> None:
    with pytest.raises(ExpiredSignature, match="expired"):
        verify(KEY, "acknowledge", TOKEN, now=NOON)


@pytest.mark.parametrize(("key", "purpose"), [("o" * 32, "acknowledge"), (KEY, "export"), (KEY, "")])
def test_another_key_or_purpose_opens_nothing(key: str, purpose: str) -> None:
    with pytest.raises(WrongSignature):
        verify(key, purpose, TOKEN, now=BEFORE)


@given(some.integers(0, len(TOKEN) - 1), some.characters())
def test_a_token_with_any_sign_changed_is_wrong(position: int, sign_: str) -> None:
    changed = TOKEN[:position] + sign_ + TOKEN[position + 1 :]

    if changed != TOKEN:
        with pytest.raises(WrongSignature):
            verify(KEY, "acknowledge", changed, now=BEFORE)


@given(some.text())
def test_a_made_up_token_is_wrong_and_nothing_else(token: str) -> None:
    with pytest.raises(Unauthenticated):
        verify(KEY, "acknowledge", token, now=BEFORE)


@pytest.mark.parametrize(
    "token", ["", ".", "a.", ".a", TOKEN + ".x", TOKEN + "=", "a" * 100_000, "\udcff.\udcff"]
)
def test_odd_tokens_are_wrong(token: str) -> None:
    with pytest.raises(WrongSignature):
        verify(KEY, "acknowledge", token, now=BEFORE)


def test_a_token_fits_a_url() -> None:
    assert TOKEN.replace("-", "").replace("_", "").replace(".", "").isalnum()
    assert len(TOKEN) < 200
