import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import OpsbookError
from app.outside.pagerduty.shapes import decode_event
from app.outside.pagerduty.webhooks import Unknown, WebhookEvent, parse

FIELDS = """
    event event_type occurred_at agent client data type incident id routing_key event_action payload summary
    severity source timestamp links images href dedup_key custom_details
"""
NAMES = st.sampled_from(FIELDS.split())
WORDS = st.sampled_from(["trigger", "resolve", "critical", "incident", "2026-01-31T09:00:00Z", "", "\0", "é"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=8),
    max_leaves=12,
)
BODIES = st.binary() | st.dictionaries(NAMES, VALUES).map(lambda value: json.dumps(value).encode())


@given(BODIES)
def test_webhook_body_is_always_an_event_or_unknown(body: bytes) -> None:
    assert isinstance(parse(body), WebhookEvent | Unknown)


@given(BODIES)
def test_event_is_read_or_refused_in_our_words(body: bytes) -> None:
    said = verdict(body)

    assert said.endswith(".")
    assert "`" not in said


@pytest.mark.parametrize("depth", [10, 100, 900, 1000, 1100, 100_000])
def test_depth_is_no_defect(depth: int) -> None:
    body = b'{"event":' * depth + b"1" + b"}" * depth

    assert parse(body) == Unknown(body)


def verdict(body: bytes) -> str:
    try:
        decode_event(body)
    except OpsbookError as error:
        return f"{'.'.join(error.path)}: {error.message}"
    return "Taken."
