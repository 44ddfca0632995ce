from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from app.errors import InvalidInput
from app.templates import Body

VALUES = {
    "title": "Checkout fails",
    "parts": ["checkout", "payouts"],
    "count": 3,
    "share": Decimal("0.9750"),
    "is_public": True,
    "nothing": None,
    "blank": " \n",
    "empty": [],
    "began_at": datetime(2026, 9, 1, 14, 5, tzinfo=UTC),
    "day": date(2026, 9, 1),
    "incident": {"number": 7, "owner": {"name": "Olive"}},
    "timeline": [{"at": "12:05", "text": "Paged"}, {"at": "12:06"}],
    "status_page": "https://status.example/7?a=(b)",
}


def filled(text: str) -> str:
    return Body.parse(text, "letter.md").fill(VALUES).removesuffix("\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Plain *words*, and {# no #}comment", "Plain *words*, and comment"),
        ("{{ title }} {{ count }} {{ share }}", "Checkout fails 3 0.9750"),
        ("{{ incident.number }} {{ incident.owner.name }}", "7 Olive"),
        ("{{ 'words' }} {{ 7 }}", "words 7"),
        ("{{ began_at }}, {{ day }}", "1 September 2026, 14:05 UTC, 1 September 2026"),
        ("{{ began_at | date }} at {{ began_at | time }}", "1 September 2026 at 14:05 UTC"),
        ("{{ title | upper }} {{ title | lower }}", "CHECKOUT FAILS checkout fails"),
        ("{{ 'olive' | capitalize }} {{ title | truncate(9) }}", "Olive Checkout…"),
        ("{{ parts | join(', ') }}", "checkout, payouts"),
        ("{{ nothing | default('unknown') }} {{ title | default('-') }}", "unknown Checkout fails"),
        ("{{ blank | default('nothing') | upper }}", "NOTHING"),
        ("[Status]({{ status_page | link }})", "[Status](<https://status.example/7?a=%28b%29>)"),
        ("{% if is_public %}yes{% else %}no{% endif %}", "yes"),
        ("{% if count > 3 %}a{% elif count == 3 %}b{% else %}c{% endif %}", "b"),
        ("{% if not is_public or count != 3 and true %}a{% else %}b{% endif %}", "b"),
        ("{% if share < 1 and share >= 0 and count <= 3 %}a{% endif %}", "a"),
        ("{% if nothing is defined %}a{% elif title is defined %}b{% endif %}", "b"),
        ("{% if nothing is not defined or count is defined %}a{% endif %}", "a"),
        ("{% if 'a' == title %}a{% elif day == began_at %}b{% else %}c{% endif %}", "c"),
        ("{% for one in parts %}- {{ one }}\n{% endfor %}", "- checkout\n- payouts"),
        (
            "{% for one in timeline %}{{ one.at }}{% if one.text is defined %}:{{ one.text }}{% endif %}"
            "{% endfor %}",
            "12:05:Paged12:06",
        ),
        ("{% for one in empty %}x{% else %}Nothing.{% endfor %}", "Nothing."),
        ("One\n{% if is_public %}\nTwo\n{% endif %}\nThree", "One\nTwo\nThree"),
    ],
)
def test_what_the_language_has_is_filled_in(text: str, expected: str) -> None:
    assert filled(text) == expected


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{{ 1 + 1 }}", "Arithmetic is not read"),
        ("{{ -1 }}", "Arithmetic is not read"),
        ("{{ 2 ** 9 }}", "Arithmetic is not read"),
        ("{{ 'a' ~ title }}", "Arithmetic is not read"),
        ("{{ 'a' * 400000000 }}", "Arithmetic is not read"),
        ("{{ '%1000000000d' % 1 }}", "Arithmetic is not read"),
        ("{{ title() }}", "A call is not read"),
        ("{{ title.upper() }}", "A call is not read"),
        ("{{ incident['number'] }}", "square brackets is not read"),
        ("{{ title[0] }}", "square brackets is not read"),
        ("{{ title[1:2] }}", "square brackets is not read"),
        ("{{ 1.5 }}", "A number with a point"),
        ("{{ none }}", "A number with a point, or none, is not read"),
        ("{{ 1234567890 }}", "more than 9 digits"),
        ("{{ [1, 2] }}", "List is not read"),
        ("{{ {'a': 1} }}", "Dict is not read"),
        ("{{ (1, 2) }}", "Tuple is not read"),
        ("{{ 'a' if count else 'b' }}", "An `if` within braces is not read"),
        ("{{ title | attr('__class__') }}", "no filter `attr`"),
        ("{{ parts | map(attribute='x') | list }}", "no filter `list`"),
        ("{{ title | uper }}", "Did you mean `upper`?"),
        ("{{ title | upper(1) }}", "takes nothing"),
        ("{{ title | truncate }}", "takes one whole number"),
        ("{{ title | truncate(true) }}", "takes one whole number"),
        ("{{ title | truncate(count) }}", "takes a text in quotes or a whole number"),
        ("{{ title | join(sep=', ') }}", "Filter is not read"),
        ("{{ title | default }}", "takes one text in quotes"),
        ("{{ 'a' | default('b') }}", "This is no variable"),
        ("{{ title is string }}", "`is string` is not read"),
        ("{{ 'a' in title }}", "Compare two values with"),
        ("{{ 1 < count < 4 }}", "Compare two values with"),
        ("{{ title.__class__ }}", "This is no variable"),
        ("{{ Title }}", "This is no variable"),
        ("{{ 'a'.title }}", "This is no variable"),
        ("{{ 'tab\\t' }}", "holds a backslash"),
        ("{% raw %}{{ title }}{% endraw %}", "`raw` is not read"),
        ("{% set a = 1 %}", "`set` is not read"),
        ("{% set a %}x{% endset %}", "`set` is not read"),
        ("{% macro a() %}x{% endmacro %}", "`macro` is not read"),
        ("{% call a() %}x{% endcall %}", "`call` is not read"),
        ("{% filter upper %}x{% endfilter %}", "`filter` is not read"),
        ("{% with a = 1 %}x{% endwith %}", "`with` is not read"),
        ("{% block a %}x{% endblock %}", "`block` is not read"),
        ("{% include 'a' %}", "`include` is not read"),
        ("{% import 'a' as a %}", "`import` is not read"),
        ("{% from 'a' import b %}", "`import` is not read"),
        ("{% extends 'a' %}", "`extends` is not read"),
        ("{% autoescape false %}x{% endautoescape %}", "`autoescape` is not read"),
        ("{% break %}", "unknown tag 'break'"),
        ("{% for a in parts %}{% for b in parts %}{% endfor %}{% endfor %}", "stands within another"),
        ("{% for a in parts recursive %}{% endfor %}", "with one name and one list"),
        ("{% for a in parts if a %}{% endfor %}", "with one name and one list"),
        ("{% for a, b in parts %}{% endfor %}", "with one name and one list"),
        ("{% for a in 'abc' %}{% endfor %}", "This is no variable"),
        ("{% for a in range(9) %}{% endfor %}", "This is no variable"),
        ("{{ title", "unexpected end of template"),
        ("title }}", "`}}` closes nothing"),
        ("{% if count %}", "Unexpected end of template"),
        ("{{ }}", "Expected an expression"),
        ("\0", "characters that cannot be stored"),
        ("\ud800", "characters that cannot be stored"),
        ("(" * 20_000, "at most 10,000 characters"),
        ("{{ " + "(" * 5_000 + ")" * 4_000 + " }}", "."),
        ("{{ " + "not " * 2_000 + "a }}", "nested too deeply"),
        ("{{ a" + "|upper" * 13 + " }}", "nested too deeply"),
        ("{{ a" + ".a" * 3_000 + " }}", "This is no variable"),
        ("{% if a %}" * 13 + "{% endif %}" * 13, "nested too deeply"),
    ],
)
def test_what_the_language_has_not_is_refused_when_it_is_read(text: str, complaint: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        Body.parse(text, "letter.md")

    assert refusal.value.message.startswith("letter.md")
    assert complaint in refusal.value.message


def test_a_complaint_names_the_line() -> None:
    with pytest.raises(InvalidInput, match=r"^letter\.md, line 12: There is no filter `uper`"):
        Body.parse("One\n\n{{ title\n  | uper }}\n", "letter.md", first_line=9)
