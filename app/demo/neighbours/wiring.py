"""What Opsbook and its stand-in neighbours share, made anew at each start; cheap to import."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.settings import PREFIX


def _key() -> str:
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class Wiring:
    """The ports and the keys of the stand-ins for Slack, Statuspage, GitHub and a mail server."""

    port: int
    mail_port: int
    slack_key: str = field(default_factory=_key)
    slack_secret: str = field(default_factory=_key)
    statuspage_token: str = field(default_factory=_key)
    github_token: str = field(default_factory=_key)

    @property
    def address(self) -> str:
        """Where they are seen."""
        return f"http://127.0.0.1:{self.port}"

    def settings(self) -> dict[str, str]:
        """Name the variables that point Opsbook at them; a test compares them with what the stand-ins say."""
        return {
            f"{PREFIX}SLACK_WEBHOOK_URL": f"{self.address}/slack/services/T0ACME/B0OPSBOOK/{self.slack_key}",
            f"{PREFIX}SLACK_SIGNING_SECRET": self.slack_secret,
            f"{PREFIX}STATUSPAGE_API_URL": f"{self.address}/statuspage",
            f"{PREFIX}STATUSPAGE_PAGE_ID": "kctbh9vrtdwd",
            f"{PREFIX}STATUSPAGE_TOKEN": self.statuspage_token,
            f"{PREFIX}GITHUB_API_URL": f"{self.address}/github",
            f"{PREFIX}GITHUB_TOKEN": self.github_token,
            f"{PREFIX}GITHUB_REPOSITORY": "acme/operations",
            f"{PREFIX}SMTP_URL": f"smtp://127.0.0.1:{self.mail_port}",
        }

    def secrets(self) -> Mapping[str, str]:
        """The variables by which the stand-ins' process gets their keys."""
        return {
            "STAND_IN_SLACK_KEY": self.slack_key,
            "STAND_IN_SLACK_SECRET": self.slack_secret,
            "STAND_IN_STATUSPAGE_TOKEN": self.statuspage_token,
            "STAND_IN_GITHUB_TOKEN": self.github_token,
        }
