from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from app.observability.masking import MASK, masker, secrets_of
from app.security import signing, token_format
from app.settings import read

TOKEN = token_format.new_token()
KEY = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    "text",
    [
        f"the token {TOKEN} is revoked",
        f"Authorization: Bearer {TOKEN}",
        'headers {"authorization": "Token token=hush-hush"}',
        "Authorization: Basic aHVzaC1odXNo",
        "postgresql+asyncpg://opsbook:hush-hush@db.example:5432/opsbook refused",
        '{"routing_key":"hush-hush","event_action":"trigger"}',
        f"no source has the key {KEY}",
        "GET /sign-in/link?key=hush-hush&next=/",
        "cookie: hush-hush",
        "password=hush-hush",
        "client_secret: 'hush-hush'",
    ],
    ids=range(11),  # a token in a name would differ between two workers
)
def test_what_looks_like_a_secret_is_masked_inside_a_text(text: str) -> None:
    shown = masker()("why", text)

    assert MASK in shown
    assert not any(secret in shown for secret in ("hush", "aHVz", TOKEN[12:], KEY))


@pytest.mark.parametrize("name", ["token", "routing_key", "Authorization", "smtp_password", "key"])
def test_a_value_named_like_a_secret_is_masked_whatever_it_is(name: str) -> None:
    assert masker()(name, "plain") == MASK
    assert masker()("deep", {name: ["plain"]}) == {name: [MASK]}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dedup_key", "opsbook:12:1:2"),
        ("path", "/incidents/12"),
        ("trace_id", KEY),
        ("request_id", "0123456789abcdef"),
        ("message", "the token 3 was revoked, its key is gone"),
        ("count", 3),
        ("is_open", True),
        ("nothing", None),
    ],
)
def test_the_rest_stays_readable(name: str, value: Any) -> None:
    assert masker()(name, value) == value


def test_an_errors_text_is_masked_too() -> None:
    shown = masker()("error", ConnectionError(f"{TOKEN} refused"))

    assert shown == f"ops_{MASK} refused"


def test_signed_links_are_masked() -> None:
    token = signing.sign("k" * 32, "acknowledgement", {"incident": 7}, datetime(2026, 11, 23, tzinfo=UTC))

    assert masker()("path", f"/acknowledge/{token}") == f"/acknowledge/{MASK}"


def test_the_settings_secrets_are_known_with_the_passwords_in_their_urls() -> None:
    settings = read(
        {
            "OPSBOOK_DATABASE_URL": "postgresql://opsbook:long-password@db.example/opsbook",
            "OPSBOOK_PAGERDUTY_WEBHOOK_SECRETS": "first-secret,second-secret",
            "OPSBOOK_METRICS_TOKEN": "short",
            "OPSBOOK_BASE_URL": "https://ops.example",
        }
    )

    known = secrets_of(settings)

    assert {"long-password", "first-secret", "second-secret"} <= known
    assert not {"short", "https://ops.example", ""} & known
