"""Any text is filled in within its bounds, or refused in our words; known attacks on Jinja2 are refused."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import InvalidInput
from app.templates import Body
from app.templates.rules import LARGEST_OUTPUT

VALUES = {
    "a": "ΐ" * 5_000,
    "b": ["x" * 5_000] * 100,
    "c": [{"a": 1, "b": "y"}] * 100,
    "n": 7,
    "t": datetime(2026, 9, 1, tzinfo=UTC),
}
PIECES = """
    {{ }} {% %} {{- -}} {%- -%} {# #} if elif else endif for endfor in is defined not and or == != < <= ( ) [
    ] a b c n t a.b one one.a | upper lower truncate(9) join(',') default('x') date time link ' " . , ~ + ** 9
    1.5 \\ raw endraw set block include range lipsum loop self none true
"""
WORDS = st.sampled_from(PIECES.split()) | st.text(max_size=3)
TEMPLATES = st.lists(WORDS, max_size=40).map(" ".join) | st.text()
ATTACKS = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ a.__class__ }}",
    "{{ a|attr('__class__') }}",
    "{{ a['__class__'] }}",
    "{{ '{0.__class__}'.format(a) }}",
    "{{ '%s' % a }}",
    "{{ ('{0.__class__}'|format)(a) }}",
    "{{ a|format('x') }}",
    "{{ b|map(attribute='__class__')|list }}",
    "{{ b|map('attr', '__class__')|first }}",
    "{{ b|groupby('__class__') }}",
    "{{ b|selectattr('__class__') }}",
    "{{ b|sort(attribute='__class__') }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ joiner.__init__.__globals__ }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ lipsum.__globals__ }}",
    "{{ lipsum(n=200000) }}",
    "{{ dict(a=1) }}",
    "{{ range(10**9)|list }}",
    "{% for x in range(99999) %}{% for y in range(99999) %}{% endfor %}{% endfor %}",
    "{% for x in b recursive %}{{ loop(b) }}{% endfor %}",
    "{{ '%1000000000d' % 1 }}",
    "{{ '%1000000000d'|format(1) }}",
    "{{ 'a' * 400000000 }}",
    "{{ 'a'|center(400000000) }}",
    "{{ 'a'|indent(400000000) }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ a|wordwrap(1) }}",
    "{{ a|batch(1)|list }}",
    "{{ a|replace('', a)|replace('', a) }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% set x = a %}{% for i in b %}{% set x = x ~ x %}{% endfor %}",
    "{% include 'letter.md' %}",
    "{% extends 'letter.md' %}",
    "{% import 'os' as os %}",
    "{{ url_for.__globals__ }}",
    "{{ config }}",
    "{{ get_flashed_messages() }}",
    "{{ a|tojson }}{{ a|safe }}",
    "{% debug %}",
    "{% do a %}",
    "{{ caller() }}",
    "{{ 1" + "0" * 5_000 + " }}",
    "{{ 1e999999999 }}",
    "{{ 0x" + "f" * 5_000 + " }}",
]
HEAVY = [
    "{{ a }}" * 1_400,
    "{{ a|upper|upper|upper }}" * 400,
    "{% for one in b %}" + "{% if one == a %}{% endif %}" * 350 + "{% endfor %}",
    "{% for one in b %}" + "{% if a|upper|lower|upper == n %}{% endif %}" * 200 + "{% endfor %}",
    "{% for one in b %}" + "{{ one|truncate(1) }}" * 450 + "{% endfor %}",
    "{% if b|join('') == a %}{% endif %}" * 250,
    "{% if a|upper == a %}{% endif %}" * 350,
    "{{" * 5_000,
    "{%" * 5_000,
    "{#" * 5_000,
    "{% raw " * 1_400,
    "{{ " + " " * 9_900,
    "{%- " + "\n" * 9_000,
    "{{ '" + "a" * 9_900,
    "{{ " + "a." * 4_900 + "a }}",
    "{{ " + "(" * 900 + "a" + ")" * 900 + " }}",
    "{{ a " + "or a " * 1_900 + "}}",
    "{% if a %}" * 900,
]


def outcome(text: str) -> str | None:
    try:
        return Body.parse(text, "letter.md").fill(VALUES)
    except InvalidInput:
        return None


@given(TEMPLATES)
@settings(max_examples=400, deadline=2_000)
def test_any_text_is_filled_in_or_refused_and_nothing_else(text: str) -> None:
    filled = outcome(text)

    assert filled is None or len(filled) <= LARGEST_OUTPUT * 3


@pytest.mark.parametrize("text", ATTACKS)
def test_known_attacks_are_refused_when_they_are_read(text: str) -> None:
    with pytest.raises(InvalidInput):
        Body.parse(text, "letter.md").agree(VALUES, "known")


@pytest.mark.parametrize("text", HEAVY)
def test_the_heaviest_texts_take_no_time(text: str) -> None:
    began = time.process_time()

    outcome(text)

    assert time.process_time() - began < 2
