"""Templates in, responses out: a whole page for a browser, one block of the same template for htmx."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from views import flash, ladder, trends
from views.assets import assets
from views.flash import Toast
from views.formats import FILTERS, SEVERITIES

TEMPLATES = Path(__file__).parent / "templates"
HTMX = {  # the only lines that know htmx's version, besides the swap name `outerMorph`
    "noSwap": [204, 304, 401, 403, 404, "5xx"],
    "defaultTimeout": 15000,
    "morphIgnore": ["data-htmx-powered", "open"],
    "history": "reload",
}

# Bytes; below that the headers weigh more. The level costs half a millisecond for the longest page.
WORTH_PACKING, PACKED_QUICKLY = 1000, 5


@cache
def environment() -> Environment:
    """The one environment, made at the first use: strict, escaping, compiled once."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(FILTERS)
    made.filters.update(trends.FILTERS)
    made.globals.update(
        asset=assets().address,
        imports=assets().imports("ui.js"),
        htmx_config=json.dumps(HTMX),
        severities=SEVERITIES,
        paging_ladder=ladder.of,
    )
    # As a global and not an import: a block rendered by itself does not see its template's imports.
    made.globals["ui"] = made.get_template("ui.html").make_module({})
    return made


def is_fragment(request: Request) -> bool:
    """Whether htmx asks. Nothing else about its headers is read, so that its version does not matter."""
    return request.headers.get("hx-request") == "true"


def part(template: str, block: str, context: Mapping[str, Any]) -> str:
    """Render one block of a template by itself."""
    found = environment().get_template(template)
    return "".join(found.blocks[block](found.new_context(dict(context))))


def page(
    request: Request,
    template: str,
    context: Mapping[str, Any],
    *,
    status: int = 200,
    block: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Answer with a page, or with its `block` when htmx asks. `context` holds `frame` and what it shows."""
    sent = {"cache-control": "no-store", "vary": "HX-Request, Accept-Encoding", **(headers or {})}
    if block and is_fragment(request):
        return _html(request, part(template, block, context), status, sent)
    response = _html(request, environment().get_template(template).render(context), status, sent)
    flash.forget(request, response)
    return response


def _html(request: Request, text: str, status: int, headers: Mapping[str, str]) -> HTMLResponse:
    """A page of 20 KB travels as 5. Answers to posts stay as they are: they alone show secrets, and a secret
    that is packed together with what somebody sent can be guessed by its length (BREACH).
    """
    body, sent = text.encode(), dict(headers)
    if (
        request.method == "GET"
        and len(body) > WORTH_PACKING
        and "gzip" in request.headers.get("accept-encoding", "")
    ):
        body = gzip.compress(body, PACKED_QUICKLY, mtime=0)
        sent["content-encoding"] = "gzip"
    return HTMLResponse(body, status_code=status, headers=sent)


def done(request: Request, address: str, toast: Toast | None = None, *, live: Sequence[str] = ()) -> Response:
    """Answer a command that went through: close the dialog and refresh regions, or go to `address`."""
    if is_fragment(request):
        return Response(status_code=204, headers=triggers(toast, live=live, close=address))
    response = Response(status_code=303, headers={"location": address})
    if toast:
        flash.keep(response, toast)
    return response


def go(request: Request, address: str, toast: Toast | None = None) -> Response:
    """Answer a command that made something: lead to it, also out of a dialog."""
    sent = {"hx-redirect": address} if is_fragment(request) else {"location": address}
    response = Response(status_code=204 if is_fragment(request) else 303, headers=sent)
    if toast:
        flash.keep(response, toast)
    return response


def triggers(
    toast: Toast | None = None, *, live: Sequence[str] = (), close: str | None = None
) -> dict[str, str]:
    """The header that makes htmx toast, refresh live regions and close the dialog (or leave for `close`)."""
    events: dict[str, object] = {f"live:{name}": True for name in live}
    if toast:
        events["toast"] = {"text": toast.text, "level": toast.level}
    if close:
        events["dialog:close"] = {"href": close}
    return {"hx-trigger": json.dumps(events)} if events else {}
