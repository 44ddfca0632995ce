from __future__ import annotations

import hashlib
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.errors import InvalidInput, NotFound
from app.incidents.communication import library, rules
from app.incidents.communication.library import FOLDER, ROOT
from app.incidents.words import Severity
from app.templates import Audience, PublicStatus, to_html, to_text

FILES = [wording.path for wording in library.every()]
MOMENT = datetime(2026, 11, 3, 5, 31, tzinfo=UTC)
NEEDED = {
    "affected": "card payments and refunds",
    "summary": "Some payments fail.",
    "started_at": MOMENT,
    "page": "https://ops.example/public",
    "console": "https://ops.example/incidents/1",
    "reference": "OPS-1",
    "title": "pg-3 is out of memory",
}
EVERYTHING = NEEDED | {
    "details": "A provider rejects requests.",
    "advice": "Use another card.",
    "ended_at": MOMENT,
    "next_update_at": MOMENT,
    "commander": "Ivan",
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout of our own, whose templates may be written over."""
    shutil.copytree(ROOT / FOLDER, tmp_path / FOLDER)
    return tmp_path


@pytest.mark.parametrize("audience", Audience)
@pytest.mark.parametrize("status", PublicStatus)
def test_there_is_a_template_for_each_audience_and_status(audience: Audience, status: PublicStatus) -> None:
    assert library.find(audience, status).path == f"{FOLDER}/incident-{audience}-{status}.md"


@pytest.mark.parametrize("severity", Severity)
@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize("values", [NEEDED, EVERYTHING], ids=["needed", "everything"])
def test_every_template_renders_for_each_severity(
    path: str, severity: Severity, values: dict[str, object]
) -> None:
    template = next(one.template for one in library.every() if one.path == path)
    known = values | {"severity": rules.SEVERITY_WORDS[severity], "class": severity.value}

    text, subject = template.render(known), template.subject(known)

    assert "{{" not in text
    assert "{%" not in to_text(text)
    assert "card payments and refunds" in to_html(text)
    assert subject


@pytest.mark.parametrize("path", [path for path in FILES if "internal" not in path])
def test_no_template_for_outsiders_can_speak_of_what_is_internal(path: str) -> None:
    template = next(one.template for one in library.every() if one.path == path)

    assert not {"title", "class", "commander", "console"} & {*template.variables}


def test_an_internal_variable_in_a_public_template_names_file_and_variable(checkout: Path) -> None:
    file = checkout / FOLDER / "incident-community-resolved.md"
    text = (
        file.read_text()
        .replace("  page:", "  title: The title\n  page:")
        .replace("We are sorry", "{{ title }}")
    )
    file.write_text(text)

    with pytest.raises(
        InvalidInput, match=r"incident-community-resolved\.md: `title` is nothing to tell"
    ) as raised:
        library.find(Audience.COMMUNITY, PublicStatus.RESOLVED, root=checkout)

    assert raised.value.path == ("title",)


def test_an_unknown_variable_names_file_and_variable(checkout: Path) -> None:
    file = checkout / FOLDER / "incident-community-resolved.md"
    file.write_text(file.read_text().replace("{{ summary }}", "{{ summmary }}"))

    with pytest.raises(InvalidInput, match=r"incident-community-resolved\.md, line \d+: `summmary`"):
        library.find(Audience.COMMUNITY, PublicStatus.RESOLVED, root=checkout)


def test_a_template_that_changed_on_disk_is_seen_with_its_hash(checkout: Path) -> None:
    file = checkout / FOLDER / "incident-community-resolved.md"
    before = library.find(Audience.COMMUNITY, PublicStatus.RESOLVED, root=checkout).template
    file.write_text(file.read_text() + "\nThank you for your patience.\n")

    after = library.find(Audience.COMMUNITY, PublicStatus.RESOLVED, root=checkout).template

    assert after.render(EVERYTHING).endswith("Thank you for your patience.\n")
    assert after.sha256 == hashlib.sha256(file.read_bytes()).hexdigest() != before.sha256


def test_a_template_that_is_missing_says_which(checkout: Path) -> None:
    (checkout / FOLDER / "incident-enterprise-resolved.md").unlink()

    with pytest.raises(NotFound, match="no template incident-\\*\\.md for enterprise and resolved"):
        library.find(Audience.ENTERPRISE, PublicStatus.RESOLVED, root=checkout)
