"""The status page as an Atom feed. Source: RFC 4287."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree import ElementTree as Xml

from api.public import PublicIncident, PublicUpdate

NAMESPACE = "http://www.w3.org/2005/Atom"
TITLE = "Status of our services"
# A feed without an entry has to say when it was changed, too.
NEVER = datetime(2026, 1, 1, tzinfo=UTC)


def atom(base_url: str, incidents: Sequence[PublicIncident]) -> bytes:
    """Write the feed: each message is an entry, newest first."""
    entries = sorted(
        ((one, update) for one in incidents for update in one.updates),
        key=lambda pair: pair[1].at,
        reverse=True,
    )
    root = Xml.Element("feed", xmlns=NAMESPACE)
    _add(root, "title", TITLE)
    _add(root, "id", f"{base_url}/public")
    _add(root, "link", rel="alternate", type="text/html", href=f"{base_url}/public")
    _add(root, "link", rel="self", type="application/atom+xml", href=f"{base_url}/public.atom")
    _add(root, "updated", _moment(entries[0][1].at if entries else NEVER))
    _add(_add(root, "author"), "name", "Operations")
    for one, update in entries:
        _entry(root, base_url, one, update)
    written: bytes = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _entry(root: Xml.Element, base_url: str, one: PublicIncident, update: PublicUpdate) -> None:
    address = f"{base_url}/public/incidents/{one.number}#{update.key}"
    entry = _add(root, "entry")
    _add(entry, "title", f"{update.subject} ({update.status.value})")
    _add(entry, "id", address)
    _add(entry, "link", rel="alternate", type="text/html", href=address)
    _add(entry, "updated", _moment(update.at))
    _add(entry, "content", update.html, type="html")


def _add(parent: Xml.Element, tag: str, text: str = "", **attributes: str) -> Xml.Element:
    made = Xml.SubElement(parent, tag, attributes)
    made.text = text or None
    return made


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
