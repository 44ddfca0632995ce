"""Hostile values: whatever somebody writes is words where the author put it, and changes nothing else."""

from __future__ import annotations

import re
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from app.templates import Body, to_html, to_text

# More than our own reader knows: others read these letters too.
WIDEST = MarkdownIt("gfm-like", {"html": True, "linkify": False})
PLACES = [
    "{{ v }}",
    "Above\n{{ v }}\nbelow",
    "# {{ v }}",
    "- {{ v }}\n- b",
    "1. a\n2. {{ v }} c",
    "> {{ v }}",
    "**{{ v }}** _a_",
    "a {{ v }}{{ v }} b",
    "| a | b |\n| --- | --- |\n| {{ v }} | c |",
    "[{{ v }}](https://status.example) c",
    "![b {{ v }}",
    "wow {{ v }}[b](https://status.example)",
    "[b] {{ v }}",
    "[b]{{ v }}",
    "a\n\n{{ v }}\n\n```\nb\n```",
]
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</p><h1>a",
    "<!-- a",
    "&lt;b&gt; &#60;",
    "[a](javascript:alert(1))",
    "![a](https://evil.example/a.png)",
    "<https://evil.example>",
    "(https://evil.example)",
    "[a]: https://evil.example",
    "](https://evil.example) [",
    "# a",
    "- a",
    "+ a",
    "* a",
    "1. a",
    "2) a",
    ". a",
    "> a",
    "---",
    "===",
    ":-: | :-:",
    "a\n\n# b",
    "a\r\n- b",
    "a\u2028# b",
    "a\x85# b",
    "    code",
    "\tcode",
    "```\ncode",
    "~~~",
    "`a` ``b``",
    "**a** __b__ *c* _d_ ~~e~~",
    "a\\",
    "\\",
    "a!",
    "a | b | c",
    "{{ v }} {% if v %}",
    "a \"b\" 'c'",
    "\u202ea",
]
MARKS = st.text(st.sampled_from("`*_[]()<>&#|~!\"'\\-+=.:/ \t\n\r1a{}%^$@\u2028"), min_size=1, max_size=30)


def words(text: str) -> str:
    text = re.sub("[\u202a-\u202e\u2066-\u2069\ud800-\udfff]", "", text)
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text).strip()


ANYTHING = MARKS | st.text(min_size=1, max_size=30) | st.sampled_from(HOSTILE)
VALUES = ANYTHING.filter(words)


def shape(tokens: list[Token]) -> list[str]:
    kinds: list[str] = []
    for token in tokens:
        kinds += [token.type, *shape(token.children or [])]
    return [kind for kind in kinds if kind != "text"]  # one or several side by side are the same


def texts(tokens: list[Token]) -> str:
    return "".join(token.content if token.type == "text" else texts(token.children or []) for token in tokens)


@pytest.mark.parametrize("place", PLACES)
@given(value=VALUES)
def test_a_value_builds_nothing_and_is_shown_as_it_is(place: str, value: str) -> None:
    body = Body.parse(place, "letter.md")

    tame, hostile = (WIDEST.parse(body.fill({"v": one})) for one in ("word", value))

    assert shape(hostile) == shape(tame)
    assert texts(hostile) == texts(tame).replace("word", words(value))


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("place", ["`{{ v }}`", "```\n{{ v }}\n```", "<p title='{{ v }}'>", "[a](/{{ v }})"])
def test_where_no_value_belongs_it_still_makes_no_element(place: str, value: str) -> None:
    html = to_html(Body.parse(place, "letter.md").fill({"v": value}))

    assert set(re.findall(r"<(\w+)", html)) <= {"p", "code", "pre"}


@given(value=VALUES)
def test_html_of_a_value_is_the_value_escaped(value: str) -> None:
    html = to_html(Body.parse("a {{ v }} b", "letter.md").fill({"v": value}))

    shown = escape(words(value)).replace("&#x27;", "'")
    assert html == f"<p>a {shown} b</p>\n"


@given(value=VALUES)
def test_plain_text_of_a_value_is_the_value(value: str) -> None:
    text = to_text(Body.parse("a {{ v }} b", "letter.md").fill({"v": value}))

    assert text == f"a {words(value)} b\n"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("12:05 UTC, 2026-09-01", "12:05 UTC, 2026-09-01"),
        ("0.9750", "0.9750"),
        ("-7.50 EUR", "-7.50 EUR"),
        ("card-payments/v2 don't; 3 % + 1", "card-payments/v2 don't; 3 % + 1"),
        ("https://status.example/7?a=b", "https://status.example/7?a=b"),
        ("It is *bad* (very)", r"It is \*bad\* \(very\)"),
    ],
)
def test_everyday_values_stay_readable_in_markdown(value: str, written: str) -> None:
    assert Body.parse("{{ v }}", "letter.md").fill({"v": value}) == f"{written}\n"
