from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from app import templates
from app.errors import InvalidInput, NotFound
from app.templates import Audience, PublicStatus

LETTER = """\
---
audience: community
status: investigating
subject: OPS-{{ incident.number }}: we are looking into it

variables:
  incident.number: The incident's number
  summary: What goes wrong, in words for outsiders
---
## {{ summary }}

We will write again.
"""
VALUES = {"incident": {"number": 7}, "summary": "Payments fail"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "incident-community.md"
    path.write_text(LETTER)
    return path


def refusal(path: Path, old: str, new: str) -> str:
    path.write_text(LETTER.replace(old, new))
    with pytest.raises(InvalidInput) as refused:
        templates.read(path, known={"incident.number", "summary", "owner"})
    assert refused.value.message.startswith(str(path))
    return refused.value.message.removeprefix(str(path))


def test_a_template_says_what_it_is_for(path: Path) -> None:
    template = templates.read(path)

    assert template.path == str(path)
    assert (template.audience, template.status) == (Audience.COMMUNITY, PublicStatus.INVESTIGATING)
    assert template.variables == {
        "incident.number": "The incident's number",
        "summary": "What goes wrong, in words for outsiders",
    }


def test_a_template_is_filled_in(path: Path) -> None:
    template = templates.read(path)

    assert template.render(VALUES) == "## Payments fail\n\nWe will write again.\n"
    assert template.subject(VALUES) == "OPS-7: we are looking into it"


def test_a_template_needs_no_subject(path: Path) -> None:
    path.write_text("---\naudience: internal\nstatus: resolved\n---\nIt is over.\n")

    assert templates.read(path).subject(VALUES) is None


@pytest.mark.parametrize("change", [b"\r\n", b"\xef\xbb\xbf"])
def test_the_hash_is_of_the_bytes_of_the_file(path: Path, change: bytes) -> None:
    raw = path.read_bytes().replace(b"\n", change) if change == b"\r\n" else change + path.read_bytes()
    path.write_bytes(raw)

    template = templates.read(path)

    assert template.sha256 == hashlib.sha256(raw).hexdigest()
    assert template.render(VALUES) == "## Payments fail\n\nWe will write again.\n"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("---\naudience", "audience", ", line 1: Begin with front matter"),
        ("---\n##", "##", ", line 1: The front matter does not end"),
        ("community", "comunity", ", line 2: `audience` is one of internal, community, enterprise"),
        ("investigating", "open", ", line 3: `status` is one of investigating, identified"),
        ("audience: community\n", "", ": The front matter lacks `audience`"),
        ("status: investigating", "", ": The front matter lacks `status`"),
        ("audience: community", "audience:", ", line 2: `audience` wants something behind the colon"),
        ("variables:", "variables: none", ", line 6: `variables` wants something on lines of their own"),
        ("status:", "state:", ", line 3: There is no key `state`. Did you mean `status`?"),
        ("status: investigating", "audience: internal", ", line 3: `audience` stands there twice"),
        ("  summary: What", "  summary: A\n  summary: What", ", line 9: `summary` stands there twice"),
        ("\nvariables:", "\n", ", line 7: `incident.number` is indented, and stands under no `variables:`"),
        ("status: investigating", "investigating", ", line 3: Write `key: value`"),
        ("  summary", "\tsummary", ", line 8: Write `key: value`"),
        ("status: investigating", 'status: "resolved"', ", line 3: Write the value of `status` as it is"),
        (
            "{{ summary }}",
            "{{ sumary }}",
            ", line 10: `sumary` is not declared under `variables:`. Did you mean `summary`?",
        ),
        ("{{ incident.number }}", "{{ incident }}", ", line 4: `incident` is not declared"),
        ("{{ summary }}", "", ", line 8: `summary` is declared and not used"),
        ("## {{", "## {{ owners }}{{", ", line 10: `owners` is not declared"),
        ("We will write again.", "{% set a = 1 %}", ", line 12: `set` is not read"),
        ("We will write again.", "\0", ", line 12: It holds characters that cannot be stored"),
        ("We will write again.", "x" * 10_000, ": Write at most 10,000 bytes"),
    ],
)
def test_what_is_wrong_in_a_file_is_named_with_its_line(
    path: Path, old: str, new: str, complaint: str
) -> None:
    assert refusal(path, old, new).startswith(complaint)


def test_a_variable_that_opsbook_cannot_give_names_the_nearest(path: Path) -> None:
    text = refusal(path, "summary", "summaries")

    assert text.startswith(", line 8: Opsbook has no value for `summaries`. Did you mean `summary`?")


def test_a_missing_value_names_file_and_variable(path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"incident-community\.md, line 10: `summary` has no value"):
        templates.read(path).render({"incident": {"number": 7}})


def test_a_file_that_is_not_utf_8_names_the_line(path: Path) -> None:
    path.write_bytes(LETTER.encode().replace(b"again", b"\xff"))

    with pytest.raises(InvalidInput, match="line 12: This is not UTF-8"):
        templates.read(path)


def test_a_file_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="cannot be read: No such file"):
        templates.read(tmp_path / "incident-none.md")
