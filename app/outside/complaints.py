"""Says in our words what msgspec complains of: the field by its path, and what it must be."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from msgspec import inspect

from app.errors import InvalidInput

Path = tuple[str, ...]

KINDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "null",
    "object": "an object",
    "array": "a list",
}


def in_our_words(complaint: str, type_: Any) -> InvalidInput:
    """Turn the text of a ValidationError, raised while `type_` was decoded, into an error with a path."""
    what, at, place = complaint.rpartition(" - at ")  # the last one: a quoted value may hold the words
    what, path = (what if at else complaint), _path(place if at else "")
    for pattern, words in _COMPLAINTS:
        if found := pattern.fullmatch(what):
            return words(path, found.groups(), type_)
    return InvalidInput(f"{named(path)} is not valid.", path=path)


def within(error: InvalidInput, at: Path) -> InvalidInput:
    """The same complaint, of a value that was cut out of a larger body, where it stood at `at`."""
    whole = (*at, *error.path)
    return InvalidInput(named(whole) + error.message.removeprefix(named(error.path)), path=whole)


def _path(place: str) -> Path:
    """Read `$.links[0].href` as ("links", "0", "href"); a part that msgspec cannot name is left out."""
    parts = re.findall(r"\.(\w+)|\[(\d+)\]", place)
    return tuple(name or index for name, index in parts)


def named(path: Path) -> str:
    """Write a path as people read it, as in `alerts[0].labels`."""
    if not path:
        return "The body"
    return "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in path).lstrip(".")


def _missing(path: Path, found: tuple[str, ...], type_: Any) -> InvalidInput:
    whole = (*path, found[0])
    choices = _choices(inspect.type_info(type_), whole)
    return InvalidInput(f"{named(whole)} is required{_one_of(choices)}.", path=whole)


def _not_allowed(path: Path, _found: tuple[str, ...], type_: Any) -> InvalidInput:
    choices = ", ".join(_choices(inspect.type_info(type_), path))
    remedy = f"must be one of: {choices}" if choices else "holds a value that is not allowed"
    return InvalidInput(f"{named(path)} {remedy}.", path=path)


def _length(path: Path, found: tuple[str, ...], _type: Any) -> InvalidInput:
    kind, comparison, number = found
    unit = "characters" if kind == "str" else "entries"
    if (comparison, number) == (">=", "1"):
        return InvalidInput(f"{named(path)} must not be empty.", path=path)
    bound = "at least" if comparison == ">=" else "at most"
    return InvalidInput(f"{named(path)} must have {bound} {number} {unit}.", path=path)


def _bound(path: Path, found: tuple[str, ...], _type: Any) -> InvalidInput:
    comparison, number = found
    bound = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}[comparison]
    return InvalidInput(f"{named(path)} must be {bound} {number}.", path=path)


def _wrong_kind(path: Path, found: tuple[str, ...], _type: Any) -> InvalidInput:
    wanted = " or ".join(KINDS.get(one, "of another kind") for one in re.findall(r"\w+", found[0]))
    got = f", not {KINDS.get(found[1], 'this')}" if found[1] else ""
    return InvalidInput(f"{named(path)} must be {wanted}{got}.", path=path)


def _unknown(path: Path, found: tuple[str, ...], _type: Any) -> InvalidInput:
    whole = (*path, found[0])
    return InvalidInput(f"{named(whole)} is not a field here. Leave it out.", path=whole)


def _no_time(path: Path, _found: tuple[str, ...], _type: Any) -> InvalidInput:
    return InvalidInput(f"{named(path)} must be a time such as 2026-01-31T09:30:00Z.", path=path)


def _one_of(choices: tuple[str, ...]) -> str:
    return f"; it is one of: {', '.join(choices)}" if choices else ""


def _choices(type_: inspect.Type, path: Path) -> tuple[str, ...]:
    """List the words that the field at `path` may hold, or nothing when it is not such a field."""
    if isinstance(type_, inspect.UnionType):
        return tuple(dict.fromkeys(word for one in type_.types for word in _choices(one, path)))
    if isinstance(type_, inspect.StructType):
        return _choices_of_field(type_, path)
    if isinstance(type_, inspect.ListType) and path:
        return _choices(type_.item_type, path[1:])
    return tuple(map(str, type_.values)) if isinstance(type_, inspect.LiteralType) and not path else ()


def _choices_of_field(struct: inspect.StructType, path: Path) -> tuple[str, ...]:
    if path == (struct.tag_field,):
        return (str(struct.tag),)
    fields = {field.encode_name: field.type for field in struct.fields}
    return _choices(fields[path[0]], path[1:]) if path and path[0] in fields else ()


_Words = Callable[[Path, tuple[Any, ...], Any], InvalidInput]
_COMPLAINTS: tuple[tuple[re.Pattern[str], _Words], ...] = tuple(
    (re.compile(pattern, re.DOTALL), words)
    for pattern, words in (
        (r"Object missing required field `(.+)`", _missing),
        (r"Object contains unknown field `(.+)`", _unknown),
        (r"Invalid (?:enum )?value .+", _not_allowed),
        (r"Expected `(\w+)` of length (>=|<=) (\d+)", _length),
        (r"Expected `\w+` (>=|<=|>|<) (\S+)", _bound),
        (r"Invalid RFC3339 .+", _no_time),
        (r"Expected `([^`]+)`(?:, got `(\w+)`)?", _wrong_kind),
    )
)
