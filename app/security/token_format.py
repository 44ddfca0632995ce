"""How an API token looks: `ops_`, 8 signs that lists may show, 43 secret ones, and 6 of a checksum.

Secret scanners find it by `ops_[0-9A-Za-z]{57}` and tell a real one from a lookalike by the checksum.
"""

from __future__ import annotations

import re
import secrets
import string
import zlib
from typing import Final

MARK: Final = "ops_"
SHOWN_LENGTH: Final = 8
SECRET_LENGTH: Final = 43  # signs of 62 kinds: 256 bits
CHECKSUM_LENGTH: Final = 6
ALPHABET: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
SHAPE: Final = re.compile(r"ops_[0-9A-Za-z]{57}")


def new_token() -> str:
    """Make a token that nobody can guess."""
    signs = (secrets.choice(ALPHABET) for _ in range(SHOWN_LENGTH + SECRET_LENGTH))
    body = MARK + "".join(signs)
    return body + _checksum(body)


def shown(token: str) -> str:
    """The beginning by which its holder knows it again, such as `ops_4fTz81Qa`."""
    return token[: len(MARK) + SHOWN_LENGTH]


def is_well_formed(token: str) -> bool:
    """Whether a text has a token's shape and checksum: what was mistyped or guessed needs no look-up."""
    if SHAPE.fullmatch(token) is None:
        return False
    return token[-CHECKSUM_LENGTH:] == _checksum(token[:-CHECKSUM_LENGTH])


def _checksum(body: str) -> str:
    rest, signs = zlib.crc32(body.encode()), ""
    for _ in range(CHECKSUM_LENGTH):
        rest, digit = divmod(rest, len(ALPHABET))
        signs = ALPHABET[digit] + signs
    return signs
