from typing import Annotated, Any, Literal

import msgspec
import pytest

from app.errors import InvalidInput
from app.outside import bodies
from app.outside.secret import Secret


class Part(msgspec.Struct):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=5)]
    size: Annotated[int, msgspec.Meta(ge=1)] = 1


class Whole(msgspec.Struct, forbid_unknown_fields=True):
    colour: Literal["red", "blue"]
    parts: list[Part] = []
    key: Secret | None = None
    extra: dict[str, Any] = {}


@pytest.mark.parametrize(
    ("body", "path", "message"),
    [
        (b"{}", ("colour",), "colour is required; it is one of: blue, red."),
        (b"[]", (), "The body must be an object, not a list."),
        (b'{"colour":"green"}', ("colour",), "colour must be one of: blue, red."),
        (b'{"colour":4}', ("colour",), "colour must be text, not a whole number."),
        (b'{"colour":"red","parts":[{}]}', ("parts", "0", "name"), "parts[0].name is required."),
        (
            b'{"colour":"red","parts":[{"name":""}]}',
            ("parts", "0", "name"),
            "parts[0].name must not be empty.",
        ),
        (
            b'{"colour":"red","parts":[{"name":"abcdef"}]}',
            ("parts", "0", "name"),
            "parts[0].name must have at most 5 characters.",
        ),
        (
            b'{"colour":"red","parts":[{"name":"a","size":0}]}',
            ("parts", "0", "size"),
            "parts[0].size must be at least 1.",
        ),
        (b'{"colour":"red","smell":1}', ("smell",), "smell is not a field here. Leave it out."),
        (b'{"colour":"red","key":7}', ("key",), "key must not be empty."),
        (b'{"colour":"not - at `$.parts`"}', ("colour",), "colour must be one of: blue, red."),
    ],
)
def test_wrong_field_is_named_in_our_words(body: bytes, path: tuple[str, ...], message: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        bodies.decode(body, Whole)

    assert (raised.value.path, raised.value.message) == (path, message)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"\xff\xfe", "byte 0"),
        (b'{"colour":"r\xffed"}', "UTF-8"),
        (b'{"colour":', "too early"),
        (b'{"colour":"red","extra":{"a":"\\ud800"}}', "half a character"),
        (b'{"colour":"red","extra":{"a":' + b"[" * 5000 + b"]" * 5000 + b"}}", "nested too deeply"),
        (b'{"colour":"red","extra":{"a":NaN}}', "not valid JSON"),
        (b'{"colour":"red","extra":{"a":"x\\u0000y"}}', "U+0000"),
        (b'{"colour":"red","extra":{"a":[{"b\\u0000":1}]}}', "U+0000"),
    ],
)
def test_body_that_is_no_storable_json_is_refused(body: bytes, words: str) -> None:
    with pytest.raises(InvalidInput, match=words.replace("+", r"\+")):
        bodies.decode(body, Whole)


def test_escaped_backslash_before_u0000_is_no_nul() -> None:
    decoded = bodies.decode(rb'{"colour":"red","extra":{"a":"\\u0000"}}', Whole)

    assert decoded.extra == {"a": r"\u0000"}


def test_secret_is_decoded_and_never_shown() -> None:
    decoded = bodies.decode(b'{"colour":"red","key":"hush"}', Whole)

    assert decoded.key == Secret("hush")
    assert "hush" not in f"{decoded!r} {decoded.key} {decoded.key!r}"
