"""A template in a file: front matter, body, and the hash that leads from what was sent to its wording."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.errors import NotFound
from app.templates import complaints, front_matter
from app.templates.body import Body
from app.templates.front_matter import FrontMatter
from app.templates.rules import LARGEST_TEMPLATE
from app.templates.words import Audience, PublicStatus


@dataclass(frozen=True, slots=True)
class Template:
    """A template as its file was when it was read. `sha256` is of the file's bytes, in hexadecimal.

    `text` and `subject_text` are its wording with the variables in it, for those who edit it before sending.
    """

    path: str
    sha256: str
    audience: Audience
    status: PublicStatus
    variables: Mapping[str, str]
    text: str = field(repr=False)
    subject_text: str | None
    _body: Body = field(repr=False)
    _subject: Body | None = field(repr=False)

    def render(self, values: Mapping[str, object]) -> str:
        """Fill in the text, as Markdown.

        Raises: InvalidInput that names the file and the variable, see `Body.fill`.
        """
        return self._body.fill(values)

    def subject(self, values: Mapping[str, object]) -> str | None:
        """Fill in the subject, as plain words on one line; None when the template has none.

        Raises: InvalidInput that names the file and the variable.
        """
        return self._subject.fill_line(values) if self._subject else None


def read(path: Path, *, known: Collection[str] | None = None) -> Template:
    """Read a template. With `known`, its variables must be among those that the caller can give.

    Raises: NotFound when there is no such file; InvalidInput that names file, line, variable and remedy when
        something in it is wrong, or when declared and used variables do not agree.
    """
    raw = _bytes(path)
    front = front_matter.read(_decoded(raw, path), str(path))
    body = Body.parse(front.body, str(path), front.first_line)
    subject = front.keys.get("subject")
    bodies = [body]
    if subject:
        bodies.append(Body.parse(subject.value, str(path), subject.line))
    _agree(front, bodies, known)
    return Template(
        path=str(path),
        sha256=hashlib.sha256(raw).hexdigest(),
        audience=front.audience,
        status=front.status,
        variables=front_matter.descriptions(front.variables),
        text=front.body.strip(),
        subject_text=subject.value if subject else None,
        _body=body,
        _subject=bodies[1] if subject else None,
    )


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_TEMPLATE + 1)
    except OSError as error:
        raise NotFound(f"{path} cannot be read: {error.strerror}.") from None
    if len(raw) > LARGEST_TEMPLATE:
        raise complaints.wrong(str(path), None, f"Write at most {LARGEST_TEMPLATE:,} bytes.")
    return raw


def _decoded(raw: bytes, path: Path) -> str:
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = 1 + raw.count(b"\n", 0, error.start)
        raise complaints.wrong(str(path), line, "This is not UTF-8. Save the file as UTF-8.") from None


def _agree(front: FrontMatter, bodies: list[Body], known: Collection[str] | None) -> None:
    for body in bodies:
        body.agree(front.variables, "declared under `variables:`")
    used = {name for body in bodies for name in body.uses}
    for name, entry in front.variables.items():
        if name not in used:
            complaint = f"`{name}` is declared and not used. Use it, or take it away."
            raise complaints.wrong(front.source, entry.line, complaint, name=name)
        if known is not None and name not in known:
            remedy = complaints.nearest(name, known)
            raise complaints.wrong(
                front.source, entry.line, f"Opsbook has no value for `{name}`. {remedy}", name=name
            )
