"""Decodes the JSON that outside systems send, and says in our words which field is wrong."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import Any, TypeVar, overload

import msgspec

from app.errors import InvalidInput
from app.outside import complaints
from app.outside.secret import Secret

T = TypeVar("T")


@overload
def decode(body: bytes, type_: type[T], *, at: Sequence[str] = ()) -> T: ...
@overload
def decode(body: bytes, type_: Any, *, at: Sequence[str] = ()) -> Any: ...
def decode(body: bytes, type_: Any, *, at: Sequence[str] = ()) -> Any:
    """Decode a JSON body into `type_`. A part of a larger one says where in it it stands.

    Raises: InvalidInput, whose `path` leads to the field.
    """
    try:
        return _decode(body, type_)
    except InvalidInput as error:
        raise complaints.within(error, tuple(at)) if at else error from None


def _decode(body: bytes, type_: Any) -> Any:
    try:
        decoded = _decoder(type_).decode(body)
        # PostgreSQL's text cannot hold U+0000; the bytes are searched first because almost none have it.
        unstorable = rb"\u0000" in body and _holds_nul(msgspec.json.decode(body))
    except msgspec.ValidationError as error:
        raise complaints.in_our_words(str(error), type_) from None
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise InvalidInput(_why_no_json(error, body)) from None
    if unstorable:
        raise InvalidInput("The body holds the character U+0000, which no text may hold. Leave it out.")
    return decoded


@functools.cache
def _decoder(type_: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(type_, dec_hook=_custom)


def _custom(type_: type, value: Any) -> Any:
    if type_ is Secret and isinstance(value, str) and value:
        return Secret(value)
    raise ValueError("Expected `str` of length >= 1")  # msgspec adds the path


def _holds_nul(value: Any) -> bool:
    if isinstance(value, dict):
        return any("\0" in key or _holds_nul(one) for key, one in value.items())
    if isinstance(value, list):
        return any(map(_holds_nul, value))
    return isinstance(value, str) and "\0" in value


def _why_no_json(error: Exception, body: bytes) -> str:
    if not body.strip():
        return "The body is empty. Send a JSON object."
    if isinstance(error, RecursionError):
        return "The body is nested too deeply. Send flatter JSON."
    if isinstance(error, UnicodeDecodeError):
        return "The body is not UTF-8. Encode it as UTF-8."
    at = re.search(r"\(byte (\d+)\)", str(error))
    where = f"It goes wrong at byte {at[1]}." if at else "It ends too early or holds half a character."
    return f"The body is not valid JSON. {where}"
