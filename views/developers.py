"""For those who use the API: a first query, an explorer with one's own permissions, and the schema."""

from __future__ import annotations

import time
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api import reference
from api.execute import answer
from views.rendering import page
from views.running import framed, surroundings
from views.typed import whole_number

FIRST = """{
  incidents(filter: {open: true}, first: 5) {
    nodes { number title severity status triggeredAt }
  }
}"""
ABOUT_ONE = """query incident($number: Int!) {
  incident(number: $number) {
    number title status severity
    timeline(last: 10) { nodes { seq kind actor text } }
  }
}"""
UNPROCESSABLE = 422


async def index(request: Request) -> Response:
    """`GET /developers`."""
    frame, _ = await framed(request, None, section="developers")
    address = f"{request.state.house.settings.base_url.rstrip('/')}/graphql"
    return page(request, "developers/index.html", {"frame": frame, "address": address})


async def schema(request: Request) -> Response:
    """`GET /developers/schema`."""
    frame, _ = await framed(request, None, section="developers")
    return page(request, "developers/schema.html", {"frame": frame, "types": reference.types()})


async def explorer(request: Request) -> Response:
    """`GET /graphql` in a browser; `?number=` begins with one incident."""
    about = whole_number(request.query_params.get("number", ""))
    query, variables = (FIRST, "{}") if about is None else (ABOUT_ONE, f'{{"number": {about}}}')
    return await _show(request, query=query, variables=variables)


async def run(request: Request) -> Response:
    """`POST /developers/explorer`: runs a document with the reader's own permissions."""
    typed = await request.form()
    query, text = str(typed.get("query", "")), str(typed.get("variables", "")) or "{}"
    try:
        variables = msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        wrong = {"field": "variables", "message": f"The variables must be a JSON object: {error}."}
        return await _show(request, query=query, variables=text, errors=[wrong])
    began = time.perf_counter()
    found = await answer(await surroundings(request), query, variables)
    took = round((time.perf_counter() - began) * 1000, 1)
    shown = msgspec.json.format(found, indent=2).decode()
    return await _show(request, query=query, variables=text, result=shown, took=took)


async def _show(request: Request, **shown: Any) -> Response:
    frame, _ = await framed(request, None, section="explorer")
    status = UNPROCESSABLE if shown.get("errors") else 200
    found = {"frame": frame, "result": "", "took": None, "errors": [], **shown}
    return page(request, "developers/explorer.html", found, block="result", status=status)


routes = [
    Route("/developers", index),
    Route("/developers/schema", schema),
    Route("/developers/explorer", explorer, methods=["GET"]),
    Route("/developers/explorer", run, methods=["POST"]),
]
