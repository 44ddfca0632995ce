"""One source: how its bodies are read, tried on an example before it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.errors import InvalidInput
from views.flash import Toast
from views.rendering import done, page
from views.running import Values, ask, command, framed
from views.settings import heartbeat
from views.settings.reading import source_of

UNPROCESSABLE = 422
ADDRESS = "/settings/sources/{id}"
WORDS: Final = ("status_words", "severity_words")
PLACES: Final = (
    ("summary", "Summary", "What is wrong, in a sentence."),
    ("dedup_key", "Key", "What names the alert: the same key again only counts."),
    ("status", "Status", "Whether it fires or is over. Without one it always fires."),
    ("severity", "Severity", "How bad the sender says it is. Without one it counts as an error."),
    ("scope", "Scope", "Platform, monetisation or feature."),
    ("source", "Origin", "A host, a service, a region."),
    ("component", "Component", "The part that is affected."),
    ("group_key", "Group", "Alerts with the same one share an incident."),
    ("timestamp", "Time", "When it began."),
    ("link", "Link", "Where it can be looked at."),
    ("items", "List", "Where several alerts stand in one body, each read by the paths above."),
)
NAMES: Final = tuple(name for name, _, _ in PLACES)
# What the form does not ask for, and keeps.
KEPT: Final = ("class", "group")
Given = Mapping[str, str]
Errors = Sequence[Mapping[str, str]]


async def source(request: Request) -> Response:
    """`GET /settings/sources/{id}`."""
    found = await source_of(request)
    if found["heartbeat"]:
        return await heartbeat.show(request, found)
    return await _page(request, found, _typed(found))


async def mapped(request: Request) -> Response:
    """`POST …/mapping`: shows what it makes of the example, or keeps it, as the pressed button says."""
    found, typed = await source_of(request), await request.form()
    given = {name: str(typed.get(name, "")).replace("\r\n", "\n") for name in (*NAMES, *WORDS, "example")}
    try:
        mapping = _mapping(found, given)
    except InvalidInput as error:
        return await _page(request, found, given, [{"field": error.path[-1], "message": error.message}])
    if str(typed.get("step", "")) == "preview":
        return await _page(request, found, given, mapping=mapping)
    asked = {"id": found["id"], "mapping": mapping, "example": given["example"]}
    _, refusal = await command(request, "declare_mapping", **asked)
    if refusal:
        return await _page(request, found, given, [{"field": refusal.field, "message": refusal.message}])
    return done(
        request, f"/settings/sources/{found['id']}", Toast("Kept. Its bodies are read so from now on.")
    )


def _typed(found: Values) -> dict[str, str]:
    """What is declared, as the form shows it."""
    mapping: Mapping[str, Any] = found["mapping"] or {}
    places = {name: str(mapping.get(name, "")) for name in NAMES}
    words = {
        name: "\n".join(f"{word} = {means}" for word, means in mapping.get(name, {}).items())
        for name in WORDS
    }
    return {**places, **words, "example": found["mappingExample"] or ""}


def _mapping(found: Values, given: Given) -> dict[str, Any]:
    """What the form says, as the command takes it.

    Raises: InvalidInput for a line of a table that is none.
    """
    kept = {name: place for name, place in (found["mapping"] or {}).items() if name in KEPT}
    places = {name: given[name].strip() for name in NAMES}
    return {**kept, **places, **{name: _table(name, given[name]) for name in WORDS}}


def _table(name: str, text: str) -> dict[str, str]:
    table = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        word, sign, means = (part.strip() for part in line.rpartition("="))
        if not (sign and word and means):
            raise InvalidInput(f"Write each line as in P1 = critical, unlike {line!r}.", path=(name,))
        table[word] = means
    return table


async def _page(
    request: Request,
    found: Values,
    given: Given,
    errors: Errors = (),
    *,
    mapping: Mapping[str, Any] | None = None,
) -> Response:
    mapping = found["mapping"] if mapping is None and not errors else mapping
    made: Values = {}
    if mapping and given["example"].strip():
        try:
            made = await ask(request, "mapping_preview", mapping=mapping, example=given["example"])
        except InvalidInput as error:
            errors = [{"field": error.path[-1] if error.path else "example", "message": error.message}]
    frame, _ = await framed(request, None, section="sources")
    context = {
        "frame": frame,
        "source": found,
        "given": given,
        "places": PLACES,
        "alerts": made.get("mappingPreview") or [],
        "errors": errors,
    }
    return page(request, "settings/source.html", context, status=UNPROCESSABLE if errors else 200)


routes = [
    Route(ADDRESS, source, methods=["GET"]),
    Route(f"{ADDRESS}/mapping", mapped, methods=["POST"]),
]
