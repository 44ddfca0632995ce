"""Posts messages, and writes over those whose button was pressed. What fails outside never raises.

Slack has no idempotence key, and a webhook cannot ask what was posted: after a lost reply
(`Failed.may_have_arrived`) a repeat may show the message twice. The caller weighs that against none.
Source: Slack documentation, "Sending messages using incoming webhooks", "Handling user interaction", "Rate
limits"; changelog of 2016-05-17, "Improving error conditions for incoming webhooks".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus

from app.outside import failed, http, reading
from app.outside.clipping import clipped
from app.outside.failed import Failed, FailedKind, Remedies
from app.outside.json_api import encoded
from app.outside.secret import Secret
from app.outside.slack.messages import Message, written

TIMEOUT = timedelta(seconds=10)
PATIENCE = timedelta(seconds=1)  # "1 per second", when a 429 does not say how long

REMEDIES: Remedies = {
    "not_found": "Set OPSBOOK_SLACK_WEBHOOK_URL to the address of a webhook that exists, with its channel.",
    "forbidden": "Let the workspace's administrators allow the webhook of OPSBOOK_SLACK_WEBHOOK_URL to post.",
    "gone": "Set OPSBOOK_SLACK_WEBHOOK_URL to a webhook whose channel is not archived.",
    "moved": "Set OPSBOOK_SLACK_WEBHOOK_URL to an address that begins with https://hooks.slack.com/services/.",
    "bad_url": "Set OPSBOOK_SLACK_WEBHOOK_URL to an address that begins with https://hooks.slack.com/services/.",
    "dns": "Check OPSBOOK_SLACK_WEBHOOK_URL and the network.",
    "tls": "Check OPSBOOK_SLACK_WEBHOOK_URL and the network.",
    "connection_refused": "Check OPSBOOK_SLACK_WEBHOOK_URL and the network.",
    "timeout": "Check OPSBOOK_SLACK_WEBHOOK_URL and the network.",
}


@dataclass(frozen=True, slots=True)
class Posted:
    """Slack took the message."""


async def post(
    client: http.Client, webhook_url: Secret, message: Message, *, within: timedelta = TIMEOUT
) -> Posted | Failed:
    """Post one message once to the channel of the webhook, whose address is its key."""
    return await _send(client, webhook_url, encoded(written(message)), within)


async def rewrite(client: http.Client, response_url: Secret, message: Message) -> Posted | Failed:
    """Write over the message whose button was pressed: within half an hour, five times at most."""
    found = await _send(client, response_url, encoded({**written(message), "replace_original": True}))
    return replace(found, remedy="") if isinstance(found, Failed) else found


async def whisper(client: http.Client, response_url: Secret, message: Message) -> Posted | Failed:
    """Say something that only whoever pressed sees, beside the message, which stays as it is."""
    alone = {**written(message), "response_type": "ephemeral", "replace_original": False}
    found = await _send(client, response_url, encoded(alone))
    return replace(found, remedy="") if isinstance(found, Failed) else found


async def greet(client: http.Client, webhook_url: Secret) -> Posted | Failed:
    """Go as far as one can without a message: Slack looks for the webhook before it misses the text."""
    found = await _send(client, webhook_url, encoded({"text": ""}))
    return Posted() if isinstance(found, Failed) and found.kind == "invalid" else found


async def _send(
    client: http.Client, url: Secret, body: bytes, within: timedelta = TIMEOUT
) -> Posted | Failed:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    answer = await client.send("POST", url.reveal(), headers=headers, body=body, within=within)
    if isinstance(answer, http.Failure):
        return failed.of_failure(answer, REMEDIES)
    return _outcome(answer, url)


def _outcome(answer: http.Answer, url: Secret) -> Posted | Failed:
    """Read the answer: `ok`, or a word that says what is wrong; JSON for a `response_url`."""
    said = reading.parsed(answer.body)
    is_taken = answer.status == HTTPStatus.OK and (answer.body.strip() == b"ok" or _says_ok(said))
    if is_taken:
        return Posted()
    word = reading.text(reading.mapping(said).get("error")) or answer.body.decode(errors="replace")
    reason = clipped(url.masked(" ".join(word.split())), failed.MAX_REASON)
    found = failed.of_answer(answer, REMEDIES, reason=reason, kind=_KINDS.get(reason))
    is_short = found.kind == "throttled" and found.retry_after is None
    return replace(found, retry_after=PATIENCE) if is_short else found


def _says_ok(said: object) -> bool:
    return reading.mapping(said).get("ok") is True


# The word says more than the status where both are given; 404 is also what a used up `response_url` gets.
_KINDS: dict[str, FailedKind] = {
    "invalid_payload": "invalid",
    "no_text": "invalid",
    "invalid_blocks": "invalid",
    "action_prohibited": "forbidden",
    "posting_to_general_channel_denied": "forbidden",
    "invalid_token": "not_found",
    "no_service": "not_found",
    "no_active_hooks": "not_found",
    "no_team": "not_found",
    "channel_not_found": "not_found",
    "channel_is_archived": "gone",
    "expired_url": "gone",
    "used_url": "gone",
    "rollup_error": "server_error",
}
