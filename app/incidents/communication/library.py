"""The shared templates, read from the checkout each time: a file that changed on disk is seen at once.

Source: handbook, "Use the shared templates in docs/operations/templates/incident-*.md".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app import templates
from app.errors import InvalidInput, NotFound
from app.templates import Audience, PublicStatus, Template

ROOT = Path(__file__).parents[3]
FOLDER = "docs/operations/templates"

# What a text may speak of. Customers are never told an incident's own title, or who works on it.
_ALWAYS = frozenset(
    {
        "affected",
        "summary",
        "details",
        "advice",
        "severity",
        "started_at",
        "ended_at",
        "next_update_at",
        "page",
    }
)
KNOWN: dict[Audience, frozenset[str]] = {
    Audience.COMMUNITY: _ALWAYS,
    Audience.ENTERPRISE: _ALWAYS | {"reference"},
    Audience.INTERNAL: _ALWAYS | {"reference", "title", "class", "commander", "console"},
}


@dataclass(frozen=True, slots=True)
class Wording:
    """A template with the path by which the repository knows it."""

    path: str
    template: Template


def find(audience: Audience, status: PublicStatus, *, root: Path = ROOT) -> Wording:
    """The template for an audience and a status, whatever its file is called.

    Raises: NotFound when there is none; InvalidInput that says what is wrong with a file.
    """
    for wording in every(root=root):
        if (wording.template.audience, wording.template.status) == (audience, status):
            return wording
    raise NotFound(f"{FOLDER} has no template incident-*.md for {audience} and {status}. Add one.")


def every(*, root: Path = ROOT) -> Iterator[Wording]:
    """All templates, by name. Raises: InvalidInput that names file, line and remedy."""
    for path in sorted((root / FOLDER).glob("incident-*.md")):
        yield Wording(f"{FOLDER}/{path.name}", _read(path))


def _read(path: Path) -> Template:
    found = templates.read(path)
    known = KNOWN[found.audience]
    for name in found.variables:
        if name not in known:
            choices = ", ".join(f"`{one}`" for one in sorted(known))
            raise InvalidInput(
                f"{path}: `{name}` is nothing to tell {found.audience} readers. They are told {choices}.",
                path=(name,),
            )
    if found.subject_text is None:
        raise InvalidInput(f"{path}: The front matter lacks `subject`.", path=("subject",))
    return found
