"""Values as words of a Markdown text: whatever somebody wrote, it stays one run of text where it was put.

Source: CommonMark 0.31.2, section 2.4: any ASCII punctuation may be escaped. What means something everywhere
is escaped everywhere, what means something at the beginning of a line only at the beginning of a value.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

SCHEMES = ("http", "https", "mailto")

# A line break could end the list item or the heading that the value stands in.
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
# Marks that turn the rest of a line around, and halves of surrogate pairs, which no encoding takes.
_UNWRITABLE = re.compile("[\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_ANYWHERE = re.compile(r"[\\*_\[\]()<>&#|~!\"]")
# `1. `, `- ` and `+ ` begin a list, `---` and `===` make a heading of the line above, and a colon may follow
# the author's own brackets, where it would take their line away as a definition.
_AT_THE_START = re.compile(r"^(\d*)(?=\.(?:\s|$))|^()(?=:|[-+=]+(?:\s|$))")
# Where a value is put into a link's address, ` '` would begin the link's title.
_AFTER_A_BLANK = re.compile(r"(?<!\S)'")


class Verbatim(str):
    """Markdown that a filter made, and that is not escaped again."""

    __slots__ = ()


def words(value: str) -> str:
    """A value as plain words on one line, for subjects."""
    return _BLANKS.sub(" ", _UNWRITABLE.sub("", value)).strip()


def in_markdown(value: str) -> str:
    """A value as words of a Markdown text."""
    if isinstance(value, Verbatim):
        return value
    text = _ANYWHERE.sub(r"\\\g<0>", words(value))
    text = _AFTER_A_BLANK.sub(r"\\'", _AT_THE_START.sub(r"\1\\", text))
    # In a span of code a backslash escapes nothing; an entity at least ends nothing there.
    return text.replace("`", "&#96;")


def is_address(url: str) -> bool:
    """Whether a link may lead there: absolute, and on the web or to a mailbox."""
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets that hold no IPv6 address
        return False
    return parts.scheme in SCHEMES and bool(parts.netloc or (parts.scheme == "mailto" and parts.path))


def link(url: str) -> Verbatim:
    """An address in the brackets that make it a link by itself, and also behind a link's text."""
    return Verbatim(f"<{quote(words(url), safe='/:?#@$&*+,=-._~%!')}>")
