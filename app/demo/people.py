"""The cast of the demo: who works here, who may do what, and whose API tokens there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from app.security.permissions import Role, Scope


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of the demo. `id` is their row's: the demo is only ever loaded into an empty database."""

    id: int
    name: str
    roles: tuple[Role, ...]
    time_zone: str | None = None

    @property
    def email(self) -> str:
        """Their address, at a domain that belongs to nobody. Source: RFC 2606, section 3."""
        return f"{self.name.split()[0].lower()}@example.com"

    @property
    def slack_id(self) -> str:
        """Who they are in the demo's Slack."""
        return f"U0{self.name.split()[0].upper()}"

    @property
    def reference(self) -> str:
        """How records name them."""
        return f"person:{self.id}"


MARA: Final = Member(1, "Mara Okafor", (Role.OPERATOR,))
WREN: Final = Member(2, "Wren Castellan", (Role.OPERATOR,))
JONAS: Final = Member(3, "Jonas Lindqvist", (Role.COMMANDER,))
PRIYA: Final = Member(4, "Priya Raman", (Role.POLICY_OWNER,))
TESSA: Final = Member(5, "Tessa Marchetti", (Role.ADMIN, Role.INTEGRATOR))
INGRID: Final = Member(6, "Ingrid Solberg", (Role.AUDITOR,))
KENJI: Final = Member(7, "Kenji Watanabe", (Role.VIEWER,))
CAST: Final = (MARA, WREN, JONAS, PRIYA, TESSA, INGRID, KENJI)


@dataclass(frozen=True, slots=True)
class Token:
    """An API token that nobody holds: the demo lists it, and its secret was thrown away when it was made."""

    name: str
    scopes: tuple[Scope, ...]
    age: timedelta
    life: timedelta | None = None
    unused_for: timedelta | None = None
    revoked: bool = False


TOKENS: Final = (
    Token("Status page", (Scope.INCIDENTS_READ,), timedelta(days=84), unused_for=timedelta(hours=4)),
    Token(
        "Weekly report",
        (Scope.INCIDENTS_READ, Scope.TASKS_READ),
        timedelta(days=61),
        life=timedelta(days=180),
        unused_for=timedelta(days=2),
    ),
    Token("Old chat bridge", (Scope.INCIDENTS_WRITE,), timedelta(days=88), revoked=True),
)


@dataclass(frozen=True, slots=True)
class Source:
    """A sender of alerts or activity, by its row's id."""

    id: int
    name: str
    format: str

    @property
    def slack_id(self) -> str:
        """Who they are in the demo's Slack."""
        return f"U0{self.name.split()[0].upper()}"

    @property
    def reference(self) -> str:
        """How records name it."""
        return f"source:{self.id}"


PROMETHEUS: Final = Source(1, "prometheus", "alertmanager")
LEGACY: Final = Source(2, "legacy-monitor", "pagerduty")
METRICS: Final = Source(3, "platform-metrics", "activity")
SOURCES: Final = (PROMETHEUS, LEGACY, METRICS)
# Nobody holds its key: it was heard of days ago, and is not due for weeks.
STATEMENTS: Final = Source(4, "monthly-statements", "heartbeat")
