from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.errors import InvalidInput
from app.templates import Body, check

LONG = "x" * 5_001


def filled(text: str, **values: Any) -> str:
    return Body.parse(text, "letter.md").fill(values)


@pytest.mark.parametrize("value", [None, "", " \n"])
def test_a_value_that_is_missing_is_named_with_its_file_and_line(value: str | None) -> None:
    with pytest.raises(InvalidInput, match=r"^letter\.md, line 2: `summary` has no value\.") as refusal:
        filled("\n{{ summary }}", summary=value)

    assert refusal.value.path == ("summary",)


def test_all_that_is_missing_is_named_at_once_also_where_no_branch_leads() -> None:
    with pytest.raises(InvalidInput, match=r"`summary`, `incident\.number` have no value"):
        filled("{{ summary }}{% if yes %}{{ incident.number }}{% endif %}", yes=False, incident={})


def test_a_variable_that_is_asked_for_first_may_be_missing() -> None:
    text = "{% if owner is defined %}{{ owner }}{% endif %}{{ impact | default('unknown') }}"

    assert filled(text) == "unknown\n"


def test_a_variable_that_is_asked_for_elsewhere_is_still_an_error_where_it_is_shown() -> None:
    with pytest.raises(InvalidInput, match=r"`owner` has no value\. Give it one, or ask `is defined` first"):
        filled("{% if owner is defined %}{% endif %}{{ owner }}")


def test_an_entry_that_lacks_a_field_is_named_as_it_is_declared() -> None:
    with pytest.raises(InvalidInput, match=r"line 1: `timeline\.text` has no value"):
        filled("{% for one in timeline %}{{ one.text }}{% endfor %}", timeline=[{"text": "a"}, {}])


@pytest.mark.parametrize(
    ("text", "value", "complaint"),
    [
        ("{{ x }}", True, "ask for it with `if`"),
        ("{{ x }}", ["a"], "is a list or a group"),
        ("{{ x }}", {"a": 1}, "is a list or a group"),
        ("{{ x }}", 1.5, "of a kind that no text can hold"),
        ("{{ x }}", object(), "of a kind that no text can hold"),
        ("{{ x }}", b"a", "of a kind that no text can hold"),
        ("{{ x }}", 10**30, "no number of at most 30 digits"),
        ("{{ x }}", Decimal("1E+1000000"), "no number of at most 30 digits"),
        ("{{ x }}", Decimal("1E-1000000"), "no number of at most 30 digits"),
        ("{{ x }}", Decimal("NaN"), "no number of at most 30 digits"),
        ("{{ x }}", datetime(2026, 9, 1), "a moment without a time zone"),  # noqa: DTZ001 - on purpose
        ("{{ x }}", datetime.max.replace(tzinfo=UTC), "a moment that no calendar has"),
        ("{{ x }}", LONG, "longer than 5,000 characters"),
        ("{{ x.y }}", "a", "has no fields"),
        ("{{ x | date }}", "a", "is no date"),
        ("{{ x | time }}", datetime(2026, 9, 1).date(), "has no time of day"),  # noqa: DTZ001 - a date
        ("{{ x | truncate(0) }}", "a", "between 1 and 5,000"),
        ("{{ x | join('') }}", "abc", "is no list"),
        ("{{ x | join('') }}", ["a", 10**5000], "has an entry that is no number"),
        ("{{ x | join('') }}", ["x" * 5_000] * 5, "joined to more than 20,000"),
        ("{{ x | link }}", "javascript:alert(1)", "no address that begins with https"),
        ("{{ x | link }}", "//evil.example", "no address"),
        ("{{ x | link }}", "https://[", "no address"),
        ("{% for one in x %}{% endfor %}", "abc", "is no list"),
        ("{% for one in x %}{% endfor %}", ["a"] * 101, "more than 100 entries"),
        ("{% if x < 1 %}{% endif %}", "a", "compared with another kind"),
    ],
)
def test_a_value_that_does_not_fit_is_an_error_about_its_variable(
    text: str, value: object, complaint: str
) -> None:
    with pytest.raises(InvalidInput, match=complaint) as refusal:
        filled(text, x=value)

    assert refusal.value.message.startswith("letter.md")
    assert refusal.value.path[0].startswith("x")


def test_a_text_that_becomes_too_long_is_refused() -> None:
    with pytest.raises(InvalidInput, match="longer than 20,000 characters"):
        filled("{{ x }}" * 5, x=LONG[1:])


def test_a_text_that_takes_too_many_steps_is_refused() -> None:
    conditions = "{% if one == 'a' %}{% endif %}" * 50

    with pytest.raises(InvalidInput, match="too many steps"):
        filled(f"{{% for one in x %}}{conditions}{{% endfor %}}", x=["b"] * 100)


def test_the_longest_list_fits_into_the_steps() -> None:
    line = "- {{ one.at | time }}: {{ one.text }}{% if one.by is defined %} ({{ one.by }}){% endif %}\n" * 2
    entry = {"at": datetime(2026, 9, 1, tzinfo=UTC), "text": "Paged", "by": "Ivan"}

    text = filled(f"{{% for one in x %}}{line}{{% endfor %}}", x=[entry] * 100)

    assert text.count("00:00 UTC: Paged (Ivan)") == 200


def test_an_edited_text_may_use_what_is_known() -> None:
    body = check("{{ incident.number }} and {{ summary }}", known={"incident.number", "summary", "owner"})

    assert body.fill({"incident": {"number": 7}, "summary": "All is well"}) == "7 and All is well\n"


def test_an_unknown_variable_of_an_edited_text_names_the_nearest() -> None:
    with pytest.raises(InvalidInput, match=r"line 1: `sumary` is not known\. Did you mean `summary`\?"):
        check("{{ sumary }}", known={"summary", "owner"})


def test_a_subject_is_plain_words_on_one_line() -> None:
    body = Body.parse("OPS-{{ number }}: {{ title }}", "letter.md")

    assert body.fill_line({"number": 7, "title": "A *b*\r\nBcc: c"}) == "OPS-7: A *b* Bcc: c"


def test_a_subject_has_an_end() -> None:
    with pytest.raises(InvalidInput, match="more than 200 characters"):
        Body.parse("{{ title }}", "letter.md").fill_line({"title": "x" * 201})
