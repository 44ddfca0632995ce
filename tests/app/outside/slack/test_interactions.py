import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.outside import http, signatures
from app.outside.schemes import SLACK
from app.outside.secret import Secret
from app.outside.slack.interactions import Press, Unknown, parse
from app.outside.slack.messages import Message
from app.outside.slack.posting import post
from tests.app.outside.slack.conftest import VALUE
from tests.fakes import inbox as inboxes
from tests.fakes.inbox import Inbox, Received
from tests.fakes.slack import Slack

pytestmark = pytest.mark.anyio


@pytest.fixture
async def inbox(slack: Slack) -> AsyncIterator[Inbox]:
    async with inboxes.opened() as inbox:
        slack.pressing.url = inbox.url
        yield inbox


async def pressed(client: http.Client, slack: Slack, message: Message) -> None:
    await post(client, Secret(slack.webhook_url), message)
    await slack.pressing.press(slack.last, "acknowledge")


def authentic(received: Received, secret: str, now: datetime | None = None) -> bool:
    moment = now or datetime.now(UTC)
    said = signatures.verify(SLACK, received.headers.items(), received.body, [secret], now=moment)
    return isinstance(said, signatures.Verified)


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
        b"token=x&command=%2Fwebhook-collect&text=",
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
