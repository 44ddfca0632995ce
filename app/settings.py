"""Settings come from `OPSBOOK_*` variables, once, at the start of a process.

Every secret may also be named by `NAME_FILE`, the path of a file that holds it. A variable that no
setting knows is an error that names the nearest one: a typing mistake must not switch a pager off.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal, get_type_hints

from app.errors import Misconfigured

PREFIX = "OPSBOOK_"
Network = IPv4Network | IPv6Network


def secret(**options: Any) -> Any:
    """Declare a setting that is never shown and may come from a file."""
    return field(metadata={"secret": True}, repr=False, **options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the environment says. Absent settings switch their part off, and `opsbook doctor` says so."""

    database_url: str | None = secret(default=None)
    redis_url: str | None = secret(default=None)
    base_url: str = "http://127.0.0.1:8000"
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[Network, ...] = ()
    secret_key: str | None = secret(default=None)
    master_keys: tuple[str, ...] = secret(default=())
    data: Path = Path("~/.local/share/opsbook")
    log_format: Literal["text", "json"] = "text"
    second_factor: Literal["optional", "required"] = "optional"

    pagerduty_events_url: str = "https://events.pagerduty.com"
    pagerduty_api_url: str = "https://api.pagerduty.com"
    pagerduty_api_token: str | None = secret(default=None)
    pagerduty_from: str | None = None
    pagerduty_webhook_secrets: tuple[str, ...] = secret(default=())
    pagerduty_routing_key_operator: str | None = secret(default=None)
    pagerduty_routing_key_commander: str | None = secret(default=None)
    pagerduty_routing_key_policy_owner: str | None = secret(default=None)

    smtp_url: str | None = secret(default=None)
    mail_from: str = "opsbook@localhost"
    slack_webhook_url: str | None = secret(default=None)
    slack_signing_secret: str | None = secret(default=None)
    statuspage_api_url: str = "https://api.statuspage.io"
    statuspage_page_id: str | None = None
    statuspage_token: str | None = secret(default=None)

    github_api_url: str = "https://api.github.com"
    github_token: str | None = secret(default=None)
    github_repository: str | None = None
    github_project: str = "Operations"

    stripe_webhook_secrets: tuple[str, ...] = secret(default=())
    archive_url: str | None = None
    s3_endpoint_url: str | None = None
    archive_retain_years: str | None = None
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: str | None = secret(default=None)
    webhook_allow_private: tuple[Network, ...] = ()

    heartbeat_url: str | None = secret(default=None)
    metrics_token: str | None = secret(default=None)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one setting came from, for `opsbook doctor --settings`."""

    variable: str
    value: str
    source: str


def read(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read and check the settings.

    Raises: Misconfigured, naming the variable and the remedy.
    """
    known = {PREFIX + one.name.upper(): one for one in fields(Settings)}
    _refuse_unknown(environ, known)
    hints = get_type_hints(Settings)
    values: dict[str, Any] = {}
    for variable, one in known.items():
        text = _text(environ, variable, may_be_file=one.metadata.get("secret", False))
        if text is not None:
            values[one.name] = _convert(variable, text, hints[one.name])
    return Settings(**values)


def origins(settings: Settings, environ: Mapping[str, str] = os.environ) -> Iterator[Origin]:
    """List every setting with its source, secrets masked."""
    for one in fields(Settings):
        variable, value = PREFIX + one.name.upper(), getattr(settings, one.name)
        source = next((name for name in (variable, f"{variable}_FILE") if name in environ), "default")
        shown = "set" if one.metadata.get("secret") and value else _shown(value)
        yield Origin(variable, shown, source)


def _shown(value: object) -> str:
    if value is None or value == ():
        return "not set"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _refuse_unknown(environ: Mapping[str, str], known: Mapping[str, Any]) -> None:
    names = {*known, *(f"{name}_FILE" for name, one in known.items() if one.metadata.get("secret"))}
    names.add(f"{PREFIX}CHROMIUM")  # read by the browser tests alone
    for variable in sorted(environ):
        if variable.startswith(PREFIX) and variable not in names:
            nearest = difflib.get_close_matches(variable, names, n=1, cutoff=0.0)[0]
            raise Misconfigured(f"{variable} is no setting of Opsbook. Did you mean {nearest}?")


def _text(environ: Mapping[str, str], variable: str, *, may_be_file: bool) -> str | None:
    path = environ.get(f"{variable}_FILE") if may_be_file else None
    if path is None:
        return environ.get(variable) or None
    if variable in environ:
        raise Misconfigured(f"{variable} and {variable}_FILE are both set. Keep one of them.")
    try:
        return Path(path).read_text(encoding="utf-8").strip() or None
    except OSError as error:
        raise Misconfigured(
            f"{variable}_FILE names {path}, which cannot be read: {error.strerror}."
        ) from error


def _convert(variable: str, text: str, hint: Any) -> object:
    parts = tuple(part for part in (one.strip() for one in text.split(",")) if part)
    if hint == tuple[str, ...]:
        return parts
    if hint == tuple[Network, ...]:
        return tuple(_network(variable, part) for part in parts)
    if hint is Path:
        return Path(text).expanduser()
    choices = getattr(hint, "__args__", ()) if "Literal" in str(hint) else ()
    if choices and text not in choices:
        raise Misconfigured(f"{variable} is {text!r}. It must be one of: {', '.join(choices)}.")
    return text


def _network(variable: str, text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise Misconfigured(
            f"{variable} holds {text!r}, which is no network in CIDR form: {error}."
        ) from error
