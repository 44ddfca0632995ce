import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.outside import http
from app.outside.secret import Secret
from app.outside.slack.interactions import Press, Unknown, is_authentic, parse
from app.outside.slack.messages import Message
from app.outside.slack.posting import post
from tests.app.outside.slack.conftest import VALUE
from tests.fakes import inbox as inboxes
from tests.fakes.inbox import Inbox, Received
from tests.fakes.slack import Slack

pytestmark = pytest.mark.anyio
# the example of Slack's documentation, "Verifying requests from Slack"
SECRET, TIMESTAMP = "8f742231b10e8888abcd99yyyzzz85a5", "1531420618"
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554"
    b"%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
THEN = datetime.fromtimestamp(int(TIMESTAMP), UTC)
GOOD: dict[str, Any] = {"signature": SIGNATURE, "timestamp": TIMESTAMP, "secrets": [SECRET], "now": THEN}


@pytest.fixture
async def inbox(slack: Slack) -> AsyncIterator[Inbox]:
    async with inboxes.opened() as inbox:
        slack.pressing.url = inbox.url
        yield inbox


async def pressed(client: http.Client, slack: Slack, message: Message) -> None:
    await post(client, Secret(slack.webhook_url), message)
    await slack.pressing.press(slack.last, "acknowledge")


def authentic(received: Received, secret: str, now: datetime | None = None) -> bool:
    return is_authentic(
        received.body,
        signature=received.headers.get("X-Slack-Signature"),
        timestamp=received.headers.get("X-Slack-Request-Timestamp"),
        secrets=[secret],
        now=now or datetime.now(UTC),
    )


@pytest.mark.parametrize("skew", [timedelta(), timedelta(minutes=5), timedelta(minutes=-5)])
def test_the_documentations_own_example_is_authentic(skew: timedelta) -> None:
    assert is_authentic(BODY, **{**GOOD, "now": THEN + skew})


@pytest.mark.parametrize(
    "wrong",
    [
        {"now": THEN + timedelta(minutes=5, seconds=1)},
        {"now": THEN - timedelta(minutes=5, seconds=1)},
        {"signature": None},
        {"signature": ""},
        {"signature": f"v0={'0' * 64}"},
        {"signature": SIGNATURE.replace("v0", "v1")},
        {"signature": SIGNATURE.removeprefix("v0=")},
        {"timestamp": None},
        {"timestamp": "soon"},
        {"timestamp": "1531420619"},
        {"timestamp": "9" * 400},
        {"timestamp": "١٥٣١٤٢٠٦١٨"},
        {"secrets": ["other"]},
        {"secrets": [""]},
        {"secrets": []},
    ],
)
def test_anything_else_is_not(wrong: dict[str, Any]) -> None:
    assert not is_authentic(BODY, **{**GOOD, **wrong})


def test_another_body_is_not_authentic() -> None:
    assert not is_authentic(BODY + b"&", **GOOD)


async def test_a_press_says_who_pressed_what_and_where_to_answer(
    client: http.Client, slack: Slack, inbox: Inbox, message: Message
) -> None:
    await pressed(client, slack, message)

    [received] = inbox.received
    press = parse(received.body)
    assert authentic(received, slack.pressing.signing_secret)
    assert isinstance(press, Press)
    assert (press.action_id, press.value) == ("acknowledge", VALUE)
    assert (press.user_id, press.user_name, press.channel_id) == ("U0OLIVE", "olive.okafor", "C0INCIDENTS")
    assert press.response_url
    assert press.response_url.reveal().startswith(f"{slack.url}/actions/T0ACME/")
    assert press.pressed_at
    assert abs(press.pressed_at - datetime.now(UTC)) < timedelta(minutes=1)


async def test_a_doubled_press_is_the_same_press(
    client: http.Client, slack: Slack, inbox: Inbox, message: Message
) -> None:
    slack.pressing.trouble.copies = 2

    await pressed(client, slack, message)

    first, second = (parse(one.body) for one in inbox.received)
    assert first == second


@pytest.mark.parametrize("trouble", ["wrong", "missing", "old"])
async def test_a_press_that_slack_did_not_sign_now_is_not_believed(
    client: http.Client, slack: Slack, inbox: Inbox, message: Message, trouble: Any
) -> None:
    if trouble == "old":
        slack.pressing.trouble.age = timedelta(minutes=6)
    else:
        slack.pressing.trouble.signature = trouble

    await pressed(client, slack, message)

    assert not authentic(inbox.received[0], slack.pressing.signing_secret)


def a_payload(**changed: Any) -> bytes:
    payload = {
        "type": "block_actions",
        "user": {"id": "U1", "username": "olive"},
        "actions": [{"action_id": "acknowledge", "value": VALUE, "action_ts": "1548426417.840180"}],
    }
    return urlencode({"payload": json.dumps(payload | changed)}).encode()


def test_what_slack_left_out_is_none() -> None:
    press = parse(a_payload())

    assert press == Press(
        action_id="acknowledge",
        value=VALUE,
        user_id="U1",
        user_name="olive",
        pressed_at=datetime(2019, 1, 25, 14, 26, 57, 840180, UTC),
        response_url=None,
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"payload=",
        b"payload=%5B%5D",
        b"payload=no+json",
        b"\xff",
        b"&".join([b"a=1"] * 50),
        BODY,
        a_payload(type="view_submission"),
        a_payload(user=None),
        a_payload(actions=[]),
        a_payload(actions=[{"action_id": 7}]),
        urlencode({"payload": '{"a":' * 9999}).encode(),
    ],
)
def test_anything_else_is_unknown_and_kept(body: bytes) -> None:
    assert parse(body) == Unknown(body)


@given(
    st.binary()
    | st.recursive(
        st.none() | st.integers() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(
                st.sampled_from(["type", "user", "id", "actions", "action_id", "action_ts"]), inner
            )
        ),
        max_leaves=9,
    ).map(lambda value: urlencode({"payload": json.dumps(value)}).encode())
)
def test_whatever_comes_is_a_press_or_unknown(body: bytes) -> None:
    assert isinstance(parse(body), Press | Unknown)


def test_the_address_for_answers_is_not_shown() -> None:
    press = parse(a_payload(response_url="https://hooks.slack.com/actions/T1/2/hush"))

    assert "hush" not in repr(press)
