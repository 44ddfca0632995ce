"""The secret key of this installation: from the environment, or made once and kept beside the data."""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from app.errors import Misconfigured
from app.settings import Settings

FILE: Final = "secret-key"
SHORTEST: Final = 32


def secret_key(settings: Settings, data: Path) -> str:
    """Answer `OPSBOOK_SECRET_KEY`, or the key under the data folder, making it at the first call.

    Raises: Misconfigured when the key is too short to be random, or its file cannot be read or written.
    """
    if settings.secret_key is not None:
        return _long_enough(settings.secret_key, "OPSBOOK_SECRET_KEY has")
    path = data.expanduser() / FILE
    try:
        if not path.exists():
            _make(path)
        return _long_enough(path.read_text(encoding="ascii").strip(), f"{path} holds")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(
            f"The secret key in {path} cannot be kept: {error}. Set OPSBOOK_SECRET_KEY instead."
        ) from error


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)  # readable by its owner alone
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # two at once: the first one's key is the key
            os.link(temporary, path)
    finally:
        Path(temporary).unlink()


def _long_enough(key: str, where: str) -> str:
    if len(key) < SHORTEST:
        raise Misconfigured(
            f"{where} fewer than {SHORTEST} characters. Make a key with `openssl rand -hex 32`."
        )
    return key
