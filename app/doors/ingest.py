"""Alerts and activity come in. 2xx is answered only after the commit: what was answered so is never lost.

Source: contract, "Addresses".
"""

from __future__ import annotations

from functools import cache, partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.activity import reports
from app.errors import InvalidInput, Unauthenticated
from app.incidents import heartbeats, sources
from app.incidents.intake import Delivery, cloudevents
from app.incidents.intake.formats import FORMATS, Format
from app.outside.pagerduty import shapes
from app.storage.again import once_more

MAX_IDEMPOTENCY_KEY = 255


async def alertmanager_webhook(request: Request) -> Response:
    """`POST /ingest/alertmanager/{source}`."""
    return await _webhook(request, "alertmanager")


async def grafana_webhook(request: Request) -> Response:
    """`POST /ingest/grafana/{source}`."""
    return await _webhook(request, "grafana")


async def cloud_events(request: Request) -> Response:
    """`POST /ingest/cloudevents/{source}`: an event by itself, in headers, or a batch of them."""
    return await _webhook(request, "cloudevents")


async def enqueue(request: Request) -> Response:
    """`POST /v2/enqueue`, as PagerDuty's Events API answers it: senders change one URL."""
    body = await request.body()
    key = shapes.routing_key(body).reveal()
    read = cache(FORMATS["pagerduty"].read)  # the answer tells the key that reading has made up
    await _receive(request, body, Format(read), key=key, sends="pagerduty")
    (signal,) = read(body)
    answer = {"status": "success", "message": "Event processed", "dedup_key": signal.dedup_key}
    return JSONResponse(answer, status_code=202)


async def json_webhook(request: Request) -> Response:
    """`POST /ingest/json/{source}`: a body of any shape, read as its source declares."""
    return await _webhook(request, "json")


async def heartbeat(request: Request) -> Response:
    """`POST /ingest/heartbeat/{source}`: the sender lives. Whatever body it has is not read."""
    key, database = _bearer(request), request.state.house.database

    async def note() -> None:
        async with database.unit_of_work() as work:
            await heartbeats.beat(work, key, name=request.path_params["source"])

    await request.body()
    await once_more(note)
    return JSONResponse({"status": "accepted"}, status_code=202)


async def activity(request: Request) -> Response:
    """`POST /ingest/activity/{source}`: one event or a list of them; 202 after the commit."""
    key, house = _bearer(request), request.state.house
    told = reports.read(await request.body())
    async with house.database.unit_of_work() as work:
        name = request.path_params["source"]
        known = await sources.of_keys(work, [key])
        source = sources.authenticate(known, key, sends="activity", name=name)
        stored = await reports.receive(work, source.id, told, idempotency_key=_idempotency_key(request))
        await sources.note_seen(work, source, await work.now())
    return JSONResponse({"status": "accepted", "stored": stored}, status_code=202)


async def _webhook(request: Request, sends: str) -> Response:
    """Take in what a source of its own address sends; 202 after the commit."""
    key = _bearer(request)
    name = request.path_params["source"]
    await _receive(request, await request.body(), FORMATS[sends], key=key, sends=sends, name=name)
    return JSONResponse({"status": "accepted"}, status_code=202)


async def _receive(
    request: Request, body: bytes, how: Format, *, key: str, sends: str, name: str | None = None
) -> None:
    delivery = Delivery(
        key=key,
        sends=sends,
        name=name,
        read=how.read,
        parts=how.parts,
        body=body,
        content_type=request.headers.get("content-type", ""),
        headers=[one for one in request.headers.items() if one[0].startswith(cloudevents.HEADER)],
        idempotency_key=_idempotency_key(request),
    )
    await once_more(
        partial(request.state.alerts.do, delivery)
    )  # what comes twice is counted, and nothing else


def _bearer(request: Request) -> str:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Unauthenticated("Send the source's key as `Authorization: Bearer KEY`.")
    return key.strip()


def _idempotency_key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not 0 < len(key) <= MAX_IDEMPOTENCY_KEY:
        reason = f"Idempotency-Key has 1 to {MAX_IDEMPOTENCY_KEY} characters."
        raise InvalidInput(reason, path=("Idempotency-Key",))
    return key


routes = [
    Route("/ingest/alertmanager/{source}", alertmanager_webhook, methods=["POST"]),
    Route("/ingest/grafana/{source}", grafana_webhook, methods=["POST"]),
    Route("/ingest/cloudevents/{source}", cloud_events, methods=["POST"]),
    Route("/ingest/json/{source}", json_webhook, methods=["POST"]),
    Route("/ingest/heartbeat/{source}", heartbeat, methods=["POST"]),
    Route("/ingest/activity/{source}", activity, methods=["POST"]),
    Route("/v2/enqueue", enqueue, methods=["POST"]),
]
