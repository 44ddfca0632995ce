"""The account that the engines run under: PostgreSQL refuses root, so root hands them to `nobody`."""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import NamedTuple

from app.errors import Misconfigured


class Account(NamedTuple):
    """User and group of the engines' processes and folders."""

    uid: int
    gid: int


def engine_account() -> Account | None:
    """Choose the account; None means the present one."""
    if os.geteuid() != 0:
        return None
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return Account(65534, 65534)
    return Account(nobody.pw_uid, nobody.pw_gid)


def make_folder(path: Path, account: Account | None) -> None:
    """Make a folder for the account alone. Its parents stay as they are: the engines never walk through them.

    Raises: Misconfigured, where root may not give files away, as in a container with a single user.
    """
    path.mkdir(mode=0o700, exist_ok=True)
    if account is None:
        return
    try:
        os.chown(path, account.uid, account.gid)
    except OSError as error:
        raise Misconfigured(
            f"PostgreSQL refuses to run as root, and {path} cannot be given to another user"
            f" ({error.strerror}). Start Opsbook as an ordinary user, or set OPSBOOK_DATABASE_URL and"
            " OPSBOOK_REDIS_URL."
        ) from error


def can_reach(path: Path) -> bool:
    """Tell whether any account may walk to this file."""
    return all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents)
