"""The keys of the demo: made once per data directory, in a file that its owner alone may read."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from app.demo.people import SOURCES
from app.errors import Misconfigured

FILE: Final = "keys.json"
ROLES: Final = ("operator", "commander", "policy_owner")
# PagerDuty's integration keys, and our sources' that take their place, have 32 signs.
KEY_BYTES: Final = 16


class Keys(msgspec.Struct, frozen=True):
    """What opens the demo's sources, and what Opsbook and the stand-in for PagerDuty share."""

    sources: Mapping[str, str]
    routing: Mapping[str, str]
    api_token: str
    webhook_secret: str


def kept(folder: Path) -> Keys:
    """Read the keys in a folder, making them at the first call.

    Raises: Misconfigured when the file cannot be read or written.
    """
    path = folder / FILE
    try:
        if not path.exists():
            _make(path)
        return msgspec.json.decode(path.read_bytes(), type=Keys)
    except (OSError, msgspec.MsgspecError) as error:
        raise Misconfigured(
            f"The keys of the demo in {path} cannot be kept: {error}. Remove the file, and new ones are made."
        ) from error


def _make(path: Path) -> None:
    keys = Keys(
        sources={source.name: secrets.token_hex(KEY_BYTES) for source in SOURCES},
        routing={role: secrets.token_hex(KEY_BYTES) for role in ROLES},
        api_token=secrets.token_urlsafe(15),
        webhook_secret=secrets.token_hex(32),
    )
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)  # readable by its owner alone
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(keys))
        with suppress(FileExistsError):  # two at once: the first one's keys are the keys
            os.link(temporary, path)
    finally:
        Path(temporary).unlink()
