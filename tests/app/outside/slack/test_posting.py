from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.outside import http
from app.outside.failed import Failed
from app.outside.secret import Secret
from app.outside.slack.messages import Message, plain
from app.outside.slack.posting import Posted, greet, post, rewrite
from tests.fakes import raw
from tests.fakes.slack import Slack

pytestmark = pytest.mark.anyio


async def test_a_message_is_posted(client: http.Client, slack: Slack, message: Message) -> None:
    outcome = await post(client, Secret(slack.webhook_url), message)

    assert outcome == Posted()
    assert slack.last.text == "S1: Checkout is down"
    assert [one["action_id"] for one in slack.last.buttons] == ["acknowledge", "open"]


@pytest.mark.parametrize(
    ("trouble", "kind", "permanent", "reason"),
    [
        ({"key": "other"}, "not_found", True, "no_service"),
        ({"is_restricted": True}, "forbidden", True, "action_prohibited"),
        ({"archived": True}, "gone", True, "channel_is_archived"),
    ],
)
async def test_what_stands_in_the_way_is_named_with_the_variable(
    client: http.Client,
    slack: Slack,
    message: Message,
    trouble: dict[str, Any],
    kind: str,
    permanent: bool,
    reason: str,
) -> None:
    url = Secret(slack.webhook_url)
    slack.channel.is_archived = trouble.pop("archived", False)
    for name, value in trouble.items():
        setattr(slack, name, value)

    outcome = await post(client, url, message)

    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.permanent, outcome.reason) == (kind, permanent, reason)
    assert "OPSBOOK_SLACK_WEBHOOK_URL" in outcome.remedy
    assert slack.channel.messages == []


async def test_throttled_keeps_what_slack_asked_for(
    client: http.Client, slack: Slack, message: Message
) -> None:
    slack.faults.always, slack.faults.retry_after = "429", 30

    outcome = await post(client, Secret(slack.webhook_url), message)

    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.permanent, outcome.retry_after) == (
        "throttled",
        False,
        timedelta(seconds=30),
    )
    assert not outcome.may_have_arrived


async def test_a_flood_meets_the_rate_limit(client: http.Client, slack: Slack, message: Message) -> None:
    slack.limit.calls = 1

    first, second = [await post(client, Secret(slack.webhook_url), message) for _ in range(2)]

    assert first == Posted()
    assert isinstance(second, Failed)
    assert second.kind == "throttled"


@pytest.mark.parametrize(
    ("fault", "kind", "posted"),
    [("500", "server_error", 0), ("lose_reply", "connection_reset", 1), ("hang", "timeout", 0)],
)
async def test_a_lost_reply_says_that_the_message_may_be_there(
    client: http.Client,
    slack: Slack,
    message: Message,
    fault: Any,
    kind: str,
    posted: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.outside.slack.posting.TIMEOUT", timedelta(seconds=0.3))
    slack.faults.always = fault

    outcome = await post(client, Secret(slack.webhook_url), message)

    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.permanent, outcome.may_have_arrived) == (kind, False, True)
    assert len(slack.channel.messages) == posted


async def test_a_pressed_message_is_written_over_five_times_at_most(
    client: http.Client, slack: Slack, message: Message
) -> None:
    await post(client, Secret(slack.webhook_url), message)
    url = Secret(slack.url + slack.channel.answer_path(slack.last))
    state = Message("Acknowledged by Olive", [plain("Acknowledged by Olive")])

    outcomes = [await rewrite(client, url, state) for _ in range(6)]

    assert outcomes[:5] == [Posted()] * 5
    assert isinstance(outcomes[5], Failed)
    assert (outcomes[5].kind, outcomes[5].permanent, outcomes[5].reason) == ("gone", True, "used_url")
    assert [(one.text, one.buttons) for one in slack.channel.messages] == [("Acknowledged by Olive", [])]


async def test_after_half_an_hour_it_is_too_late(client: http.Client, slack: Slack, message: Message) -> None:
    await post(client, Secret(slack.webhook_url), message)
    url = Secret(slack.url + slack.channel.answer_path(slack.last))
    slack.channel.clock.ahead = timedelta(minutes=31)

    outcome = await rewrite(client, url, message)

    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.reason, outcome.remedy) == ("gone", "expired_url", "")


async def test_greeting_posts_nothing(client: http.Client, slack: Slack) -> None:
    well = await greet(client, Secret(slack.webhook_url))
    ill = await greet(client, Secret(f"{slack.webhook_url}x"))

    assert well == Posted()
    assert isinstance(ill, Failed)
    assert slack.channel.messages == []


async def test_the_address_is_not_shown(client: http.Client, message: Message) -> None:
    outcome = await post(client, Secret("http://127.0.0.1:1/services/hush"), message)

    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.may_have_arrived) == ("connection_refused", False)
    assert "hush" not in repr(outcome)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=30) | st.sampled_from([b"ok", b'{"ok":true}', b'{"ok":false,"error":7}', b"[]"]),
    status=st.sampled_from([200, 204, 302, 400, 403, 404, 410, 429, 500]),
)
async def test_whatever_is_answered_nothing_raises(
    client: http.Client, message: Message, body: bytes, status: int
) -> None:
    head = b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
    async with raw.answering(head + body) as server:
        outcome = await post(client, Secret(server.url), message)

    assert isinstance(outcome, Posted | Failed)
    assert isinstance(outcome, Failed) or (status, body.strip()) in ((200, b"ok"), (200, b'{"ok":true}'))
