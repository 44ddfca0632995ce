"""The mail relay that OPSBOOK_SMTP_URL names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote, urlsplit

from app.errors import Misconfigured
from app.outside.secret import Secret

FORMS = "smtp://host, smtp+starttls://user:password@host:587 or smtps://user:password@host"
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
OWN_HOSTS = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class Relay:
    """Where mail goes, and how. `tls`: from the first byte, after STARTTLS, or when STARTTLS is offered."""

    host: str
    port: int
    tls: Literal["always", "upgrade", "if_offered"]
    user: str | None = None
    password: Secret | None = field(default=None)

    @classmethod
    def parse(cls, url: str) -> Relay:
        """Read the URL. A password never travels in the clear, except within this machine.

        Raises: Misconfigured, without quoting the URL: it may hold a password.
        """
        try:
            parts = urlsplit(url)
            port = parts.port or PORTS[parts.scheme]
        except (ValueError, KeyError):
            raise Misconfigured(f"OPSBOOK_SMTP_URL is no mail relay. Write {FORMS}.") from None
        if not parts.hostname:
            raise Misconfigured(f"OPSBOOK_SMTP_URL names no host. Write {FORMS}.")
        user, password = (unquote(one) if one else None for one in (parts.username, parts.password))
        clear = parts.scheme == "smtp" and (parts.hostname in OWN_HOSTS or not password)
        return cls(
            host=parts.hostname,
            port=port,
            tls="always" if parts.scheme == "smtps" else "if_offered" if clear else "upgrade",
            user=user,
            password=Secret(password) if password else None,
        )

    def masked(self, text: str) -> str:
        """Take the password out of what the relay said."""
        return self.password.masked(text) if self.password else text
