"""Outside systems report back. Anything authentic is answered 2xx, known or not.

PagerDuty switches a subscription off for a day after three answers of 4xx: a type that we do not know is no
reason for one. Source: PagerDuty developer documentation, "Webhooks", "Behavior".
"""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import suppress
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from app.assembly import House
from app.errors import Unauthenticated, Unavailable
from app.incidents.communication import opting_out
from app.incidents.paging import editing, pressing
from app.incidents.paging.pressing import Pressed
from app.incidents.provider_events import Webhook
from app.outside import schemes, signatures
from app.outside.pagerduty import webhooks
from app.outside.slack import interactions
from app.outside.slack.interactions import Press
from app.storage.again import once_more

MAX_WEBHOOK_ID = 255
ANSWER_WITHIN_SECONDS = 2.0  # Slack gives three


async def pagerduty(request: Request) -> Response:
    """`POST /hooks/pagerduty`: 202 once stored, 401 when the signature is not PagerDuty's."""
    house: House = request.state.house
    body = await request.body()
    secrets = house.settings.pagerduty_webhook_secrets
    verified = signatures.verify(schemes.PAGERDUTY, request.headers.items(), body, secrets, now=None)
    if isinstance(verified, signatures.Refusal):
        raise Unauthenticated(f"The webhook is not taken. {verified.value}")
    # Without an id, the same body is the same webhook.
    webhook_id = verified.message_id or hashlib.sha256(body).hexdigest()
    webhook = Webhook(webhook_id[:MAX_WEBHOOK_ID], body, webhooks.parse(body))
    outcome = await once_more(partial(request.state.webhooks.do, webhook))
    return JSONResponse({"status": outcome}, status_code=202)


async def slack(request: Request) -> Response:
    """`POST /hooks/slack`: 200 once stored, whatever it says, 401 when the signature is not Slack's.

    Slack shows people an error when it is answered anything else, or nothing within 3 seconds.
    """
    house: House = request.state.house
    body = await request.body()

    async def kept() -> int | None:
        async with house.database.unit_of_work() as work:
            secret, now = house.settings.slack_signing_secret, await work.now()
            secrets = (secret,) if secret else ()
            verified = signatures.verify(schemes.SLACK, request.headers.items(), body, secrets, now=now)
            if isinstance(verified, signatures.Refusal):
                raise Unauthenticated(f"The press is not taken. {verified.value}")
            return await pressing.keep(work, _pressed(house, body))

    number = await once_more(kept)
    if number is not None:
        await _done_in_time(house, number)
    return Response(status_code=200)


async def _done_in_time(house: House, number: int) -> None:
    """Do what a press asks while Slack waits; what takes longer is left to a pager."""
    with suppress(TimeoutError, Unavailable):
        async with asyncio.timeout(ANSWER_WITHIN_SECONDS), house.database.unit_of_work() as work:
            await pressing.carry_out(work, number)


def _pressed(house: House, body: bytes) -> Pressed:
    key, said = hashlib.sha256(body).hexdigest(), interactions.parse(body)
    address = said.response_url if isinstance(said, Press) else None
    sealed = house.keyring.seal(editing.owner(key), address.reveal()) if address else None
    return Pressed(key, said, sealed)


async def unsubscribe(request: Request) -> Response:
    """`POST /hooks/unsubscribe/{token}`: the one press of a mail program; 204 also for the second.

    Whoever opens the address is led to the page with the button. Source: RFC 8058, section 3.2.
    """
    token = request.path_params["token"]
    if request.method != "POST":
        return RedirectResponse(f"{opting_out.PAGE}{token}", status_code=303)
    house: House = request.state.house
    async with house.database.unit_of_work() as work:
        await opting_out.opt_out(work, house.channels.secret_key, token)
    return Response(status_code=204)


routes = [
    Route("/hooks/pagerduty", pagerduty, methods=["POST"]),
    Route("/hooks/slack", slack, methods=["POST"]),
    Route("/hooks/unsubscribe/{token}", unsubscribe, methods=["GET", "POST"]),
]
