"""Outside systems report back. Anything authentic is answered 202, known or not.

PagerDuty switches a subscription off for a day after three answers of 4xx: a type that we do not know is no
reason for one. Source: PagerDuty developer documentation, "Webhooks", "Behavior".
"""

from __future__ import annotations

import hashlib
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from app.assembly import House
from app.errors import Unauthenticated
from app.incidents.communication import opting_out
from app.incidents.provider_events import Webhook
from app.outside import schemes, signatures
from app.outside.pagerduty import webhooks
from app.storage.again import once_more

MAX_WEBHOOK_ID = 255


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
    Route("/hooks/unsubscribe/{token}", unsubscribe, methods=["GET", "POST"]),
]
