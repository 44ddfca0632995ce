"""Signatures that others made: from the senders' own documents, or with `openssl dgst -sha256 -hmac`."""

from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from app.errors import InvalidInput
from app.outside.schemes import GITHUB, PAGERDUTY, SLACK, STANDARD, STRIPE, Scheme
from app.outside.signatures import Verified, sign, verify


class Example(NamedTuple):
    scheme: Scheme
    secret: str
    body: bytes
    headers: dict[str, str]
    message_id: str | None = None
    signed_at: datetime | None = None


SLASH_COMMAND = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554"
    b"%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
ACKNOWLEDGED = '{"event": {"event_type": "incident.acknowledged", "agent": {"summary": "Zoë Ångström 🚒"}}}'
EXAMPLES = {
    "RFC 4231, case 2": Example(
        GITHUB,
        "Jefe",
        b"what do ya want for nothing?",
        {"X-Hub-Signature-256": "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    ),
    "GitHub's documentation": Example(
        GITHUB,
        "It's a Secret to Everybody",
        b"Hello, World!",
        {
            "X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
            "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        },
        "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    ),
    "Slack's documentation": Example(
        SLACK,
        "8f742231b10e8888abcd99yyyzzz85a5",
        SLASH_COMMAND,
        {
            "X-Slack-Signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
            "X-Slack-Request-Timestamp": "1531420618",
        },
        None,
        datetime(2018, 7, 12, 18, 36, 58, tzinfo=UTC),
    ),
    "Standard Webhooks' tests": Example(
        STANDARD,
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        b'{"test": 2432232314}',
        {
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
        },
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        datetime(2021, 2, 25, 15, 2, 10, tzinfo=UTC),
    ),
    "Stripe's form, by openssl": Example(
        STRIPE,
        "whsec_test_secret",
        b'{"id":"evt_1","object":"event"}',
        {
            "Stripe-Signature": "t=1492774577,"
            "v1=654b43d3508ecadb3f8cefc4bc7d3d2bdc5ba9e03bf2c89b2d0657a8e24e4543"
        },
        None,
        datetime(2017, 4, 21, 11, 36, 17, tzinfo=UTC),
    ),
    "PagerDuty's form, by openssl": Example(
        PAGERDUTY,
        "swordfish",
        ACKNOWLEDGED.encode(),
        {
            "X-PagerDuty-Signature": "v1=40ef9cc949f2d40ed67f624291186a8e69c493039d97565dcb50623a852ae335",
            "X-Webhook-Id": "W1",
        },
        "W1",
    ),
}


@pytest.mark.parametrize("one", EXAMPLES.values(), ids=EXAMPLES)
def test_what_others_signed_is_verified(one: Example) -> None:
    said = verify(one.scheme, one.headers.items(), one.body, [one.secret], now=one.signed_at)

    assert said == Verified(one.message_id, one.signed_at)


@pytest.mark.parametrize("one", EXAMPLES.values(), ids=EXAMPLES)
def test_we_sign_as_others_do(one: Example) -> None:
    headers = sign(one.scheme, one.body, [one.secret], message_id=one.message_id, now=one.signed_at)

    assert headers == one.headers


@pytest.mark.parametrize(
    "secret", ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS"]
)
def test_a_standard_secret_may_lack_its_prefix_and_its_padding(secret: str) -> None:
    assert STANDARD.key(secret) == STANDARD.key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS=")


@pytest.mark.parametrize("secret", ["whsec_*", "whsec_é", "whsk_AAAA", "whsec_A"])
def test_a_secret_that_is_no_standard_one_is_refused(secret: str) -> None:
    with pytest.raises(InvalidInput, match="whsec_"):
        STANDARD.key(secret)


def test_a_secret_of_odd_bytes_is_taken_as_the_environment_hands_it_over() -> None:
    assert PAGERDUTY.key(b"\xff\x80".decode(errors="surrogateescape")) == b"\xff\x80"
