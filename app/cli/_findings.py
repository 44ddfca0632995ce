"""What `opsbook doctor` finds, beginning with what the settings alone tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import urlsplit

from app.errors import Misconfigured
from app.security.secrets import Keyring
from app.settings import Settings


class Verdict(StrEnum):
    """A warning is worth knowing; what failed must be seen to."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `remedy` says what to do, and is empty when all is well."""

    name: str
    verdict: Verdict
    detail: str
    remedy: str = ""


def ok(name: str, detail: str) -> Finding:
    """All is well."""
    return Finding(name, Verdict.OK, detail)


def failed(name: str, detail: str, remedy: str) -> Finding:
    """Something must be done."""
    return Finding(name, Verdict.FAILED, detail, remedy)


def of_settings(settings: Settings, *, key_is_set: bool) -> Iterator[Finding]:
    """Look at what needs nobody else to judge."""
    yield _base_url(settings.base_url)
    yield _secret_key(settings, key_is_set=key_is_set)
    yield _master_keys(settings)
    yield _heartbeat(settings)


def _base_url(url: str) -> Finding:
    parts, name = urlsplit(url), "base URL"
    host = parts.hostname
    if parts.scheme not in ("http", "https") or host is None:
        return failed(name, f"{url} is no address of a site.", "Set OPSBOOK_BASE_URL to https://HOST.")
    if parts.scheme == "http" and not _is_loopback(host):
        detail = f"{url} is not encrypted, and browsers keep no session there."
        return failed(name, detail, "Set OPSBOOK_BASE_URL to an address that begins with https://.")
    if _is_loopback(host):
        remedy = "Set OPSBOOK_BASE_URL to the address that people open."
        return Finding(name, Verdict.WARNING, f"Links in pages and mail lead to {url}, this machine.", remedy)
    return ok(name, f"Links in pages and mail lead to {url}.")


def _secret_key(settings: Settings, *, key_is_set: bool) -> Finding:
    where = "OPSBOOK_SECRET_KEY is set." if key_is_set else f"It is kept under {settings.data}."
    return ok("secret key", where)


def _master_keys(settings: Settings) -> Finding:
    name, count = "master keys", len(settings.master_keys)
    try:
        Keyring.of(settings.master_keys, settings.secret_key or "")
    except Misconfigured as error:
        return failed(name, error.message, "Set OPSBOOK_MASTER_KEYS, the newest first.")
    if not count:
        return ok(name, "None is set: secrets are sealed under the secret key.")
    return ok(name, f"{count} set; the first seals, all open.")


def _heartbeat(settings: Settings) -> Finding:
    name = "heartbeat"
    if settings.heartbeat_url is None:
        remedy = "Set OPSBOOK_HEARTBEAT_URL to a check of a service such as Healthchecks."
        return Finding(name, Verdict.WARNING, "Nobody outside notices when Opsbook falls silent.", remedy)
    return ok(name, "Somebody outside is told every ten seconds that pages leave.")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
