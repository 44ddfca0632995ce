"""Media types: what the client accepts and what it sends."""

from __future__ import annotations

from email.message import Message

from starlette.requests import Request

from api.failures import BAD_REQUEST
from api.http.requests import Malformed

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"
EVENTS = "text/event-stream"
HTML = "text/html"
# In the order in which we prefer them where the client does not say.
OFFERED = (JSON, GRAPHQL, EVENTS)


def accepted(request: Request) -> str:
    """The media type to answer in.

    Raises: Malformed (406) when the client accepts none that we have.
    """
    ranges = _ranges(request.headers.get("accept", "*/*"))
    best = max(OFFERED, key=lambda offer: (_quality(offer, ranges), -OFFERED.index(offer)))
    if _quality(best, ranges) <= 0:
        raise Malformed.because(BAD_REQUEST, f"Accept {GRAPHQL} or {JSON}.", status=406)
    return best


def wants_page(request: Request) -> bool:
    """Whether a browser asks for a page to look at."""
    ranges = _ranges(request.headers.get("accept", ""))
    named = {name for name, quality in ranges if quality > 0}
    return HTML in named and not named & set(OFFERED)


def demand_json(request: Request) -> None:
    """Refuse a body that is not JSON in UTF-8: forms and plain text need no preflight.

    Raises: Malformed (415).
    """
    header = Message()
    header["content-type"] = request.headers.get("content-type", "")
    charset = str(header.get_param("charset") or "utf-8").lower()
    if "content-type" not in request.headers or header.get_content_type() != JSON:
        raise Malformed.because(BAD_REQUEST, f"Send the body as {JSON}.", status=415)
    if charset not in ("utf-8", "utf8"):
        raise Malformed.because(BAD_REQUEST, "Send the body in UTF-8.", status=415)


def _ranges(header: str) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    for part in header.split(","):
        name, *parameters = (one.strip().lower() for one in part.split(";"))
        quality = next((one[2:] for one in parameters if one.startswith("q=")), "1")
        found.append((name, _number(quality)))
    return found


def _number(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0


def _quality(offer: str, ranges: list[tuple[str, float]]) -> float:
    """The most specific range decides. Streams are sent only to those who name them."""
    names = [offer] if offer == EVENTS else [offer, "application/*", "*/*"]
    for name in names:
        found = [quality for range_, quality in ranges if range_ == name]
        if found:
            return max(found)
    return 0.0
