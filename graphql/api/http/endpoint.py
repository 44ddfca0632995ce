"""The address `/graphql`: reads a request, runs it, answers in the media type that was asked for."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from functools import cache
from http import HTTPStatus

from graphql import OperationType
from starlette.requests import Request
from starlette.responses import Response

from api import engine, watching
from api.calls import Call
from api.context import Context
from api.documents import documents
from api.engine import Answer
from api.failures import BAD_REQUEST, LIMIT_EXCEEDED, UNAUTHENTICATED, Refused, masked
from api.http import media, requests, streams
from api.http.requests import Malformed, Parameters
from api.schema import schema
from app.errors import OpsbookError
from app.observability import metrics

Endpoint = Callable[[Request], Awaitable[Response]]
Identify = Callable[[Request], Awaitable[Context]]

STREAMS_PER_VIEWER = 20
# Whoever has not signed in may ask for `__typename` alone; nothing longer is even parsed for them.
CHARACTERS_OF_NOBODY = 500
NO_STORE = {"Cache-Control": "no-store", "Vary": "Accept, Authorization, Cookie"}
REVALIDATE = {**NO_STORE, "Cache-Control": "private, no-cache"}


def graphql_endpoint(identify: Identify, explorer: Endpoint | None = None) -> Endpoint:
    """Make the endpoint. `identify` finds the viewer; `explorer` answers a browser that comes to look."""
    address = Address(identify)

    async def answer(request: Request) -> Response:
        if explorer is not None and request.method == "GET" and media.wants_page(request):
            return await explorer(request)
        return await address.answer(request)

    return answer


async def schema_endpoint(request: Request) -> Response:
    """The schema in its definition language, with an ETag."""
    text, etag = definition()
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(text, media_type="text/plain", headers=headers)


@cache
def definition() -> tuple[str, str]:
    """The schema's text and its ETag."""
    text = schema().as_str() + "\n"
    return text, _etag(text.encode())


def refusal(request: Request, *, status: int, code: str, message: str) -> Response | None:
    """What others refuse at this address, said as GraphQL says it; None leaves a browser to its pages."""
    if media.wants_page(request):
        return None
    try:
        type_ = media.accepted(request)
    except Refused:
        type_ = media.JSON
    return _refusal(Malformed.because(code, message, status=status), type_)


class Address:
    """What the endpoint remembers: how many streams each viewer holds."""

    def __init__(self, identify: Identify) -> None:
        self.identify = identify
        self.streams: Counter[str] = Counter()

    async def answer(self, request: Request) -> Response:
        """Answer one request, whatever comes."""
        type_ = media.JSON
        try:
            type_ = media.accepted(request)
            return await self._respond(request, type_)
        except Refused as refused:
            return _refusal(refused, type_)
        except OpsbookError as error:
            return _refusal(Malformed.by(error), type_)
        except Exception as error:  # noqa: BLE001 - the edge of the process: masked, logged under a reference
            return _refusal(Malformed([masked(error)], 500), type_)

    async def _respond(self, request: Request, type_: str) -> Response:
        parameters = await _parameters(request)
        context = await self.identify(request)
        text = parameters.text()
        if context.actor.kind == "nobody" and len(text) > CHARACTERS_OF_NOBODY:
            raise Refused.because(UNAUTHENTICATED, engine.SIGN_IN, status=401)
        document = documents().find(text, parameters.operation_name)
        if request.method != "POST":
            _demand_query(document.kind)
            _demand_own_page(request, context)
        call = engine.admit(context, document, parameters.variables or {})
        if type_ == media.EVENTS:
            return await self._stream(call)
        if document.kind is OperationType.SUBSCRIPTION:
            raise Malformed.because(BAD_REQUEST, f"Subscriptions are answered as {media.EVENTS}.", status=406)
        with metrics.timing(None):
            answer = await engine.run(call)
        return _response(request, answer, type_)

    async def _stream(self, call: Call) -> Response:
        async with AsyncExitStack() as ending:
            self._enter(call.context.actor.reference, ending)
            answers = _once(call)
            if call.document.kind is OperationType.SUBSCRIPTION:
                answers = watch = await watching.watch(call)
                ending.push_async_callback(watch.aclose)
            return await streams.stream(_bodies(answers), ending.pop_all().aclose)

    def _enter(self, viewer: str, ending: AsyncExitStack) -> None:
        """Count the stream before anything is awaited: else a hundred at once would all find room."""
        if self.streams[viewer] >= STREAMS_PER_VIEWER:
            raise Malformed.because(LIMIT_EXCEEDED, "You hold too many streams. Close some.", status=429)
        self.streams[viewer] += 1
        ending.callback(self._leave, viewer)

    def _leave(self, viewer: str) -> None:
        self.streams[viewer] -= 1
        if not self.streams[viewer]:
            del self.streams[viewer]


async def _bodies(answers: AsyncIterator[Answer]) -> AsyncIterator[bytes]:
    try:
        async for answer in answers:
            yield answer.body()
    except Refused as refused:
        yield refused.body()
    except OpsbookError as error:
        yield Refused.by(error).body()
    except Exception as error:  # noqa: BLE001 - the edge of the process
        yield Refused([masked(error)]).body()


async def _once(call: Call) -> AsyncIterator[Answer]:
    yield await engine.run(call)


async def _parameters(request: Request) -> Parameters:
    if request.method == "POST":
        media.demand_json(request)
        return await requests.of_body(request)
    return requests.of_address(request)


def _demand_query(kind: OperationType) -> None:
    """GET never changes anything. Source: GraphQL over HTTP, section 5.3."""
    if kind is OperationType.MUTATION:
        raise Malformed.because(BAD_REQUEST, "Send mutations by POST.", status=405)


def _demand_own_page(request: Request, context: Context) -> None:
    """A GET with a cookie must come from our own pages or the address bar: another site could cause it."""
    with_cookie = context.actor.kind != "nobody" and "authorization" not in request.headers
    if with_cookie and request.headers.get("sec-fetch-site") not in ("same-origin", "none"):
        raise Malformed.because("FORBIDDEN", "Send a token, or use POST.", status=403)


def _response(request: Request, answer: Answer, type_: str) -> Response:
    if request.method == "POST":
        return Response(answer.body(), HTTPStatus.OK, NO_STORE, _with_charset(type_))
    etag = _etag(answer.data)
    if not answer.errors and request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers={**REVALIDATE, "ETag": etag})
    headers = NO_STORE if answer.errors else {**REVALIDATE, "ETag": etag}
    return Response(answer.body(), HTTPStatus.OK, headers, _with_charset(type_))


def _refusal(refused: Refused, type_: str) -> Response:
    """Request errors. In plain JSON the draft wants 200 for a well-formed request whose document is wrong.

    So do streams, which answer with a single event: a browser shows no script the body of another status.
    """
    if not isinstance(refused, Malformed):
        if type_ == media.EVENTS and refused.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND):
            return streams.refusal(refused.body())
        if type_ == media.JSON and refused.status == HTTPStatus.BAD_REQUEST:
            refused.status = HTTPStatus.OK
    if type_ == media.EVENTS:
        type_ = media.JSON
    headers = dict(NO_STORE)
    if refused.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="Opsbook"'
    if refused.status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = "POST"
    if refused.retry_after is not None:
        headers["Retry-After"] = str(max(1, round(refused.retry_after.total_seconds())))
    return Response(refused.body(), refused.status, headers, _with_charset(type_))


def _with_charset(type_: str) -> str:
    return f"{type_}; charset=utf-8"


def _etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'
