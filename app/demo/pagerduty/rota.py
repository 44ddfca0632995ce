"""Who is on call for which role: three of PagerDuty's services, each with a person and a phone."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr

from app.demo.pagerduty.schedule import Person, Schedule

OPERATOR, COMMANDER, POLICY_OWNER = "operator", "commander", "policy_owner"
KEY_LENGTH = 32


OLIVE = Person("PUOLIVE", "Olive Okafor", "olive@opsbook.example")
IVAN = Person("PUIVANI", "Ivan Ivanov", "ivan@opsbook.example")
PAULA = Person("PUPAULA", "Paula Petrova", "paula@opsbook.example")
CAST = {OPERATOR: OLIVE, COMMANDER: IVAN, POLICY_OWNER: PAULA}
NAMES = {OPERATOR: "Operator on call", COMMANDER: "Incident commander", POLICY_OWNER: "Trust & Safety"}


@dataclass(slots=True)
class Rota:
    """One role's service. The switches are what can make a 202 page nobody."""

    role: str
    id: str
    policy_id: str
    name: str
    routing_key: str = field(repr=False)
    on_call: Person | None
    enabled: bool = True
    maintenance: bool = False
    auto_pause: bool = False
    grouping: str | None = None
    auto_resolve_seconds: int | None = None
    escalates_after_minutes: int | None = None
    schedule: Schedule = field(init=False)

    def __post_init__(self) -> None:
        self.schedule = Schedule(f"PC{self.id[2:]}")

    @property
    def takes_events(self) -> bool:
        """Tell whether a trigger opens an incident at all."""
        return self.enabled and not self.maintenance and self.on_call is not None


def three_rotas(routing_keys: Mapping[str, str], people: Mapping[str, Person]) -> dict[str, Rota]:
    """Set up the three roles; a key that is not given is made."""
    return {
        role: _rota(role, routing_keys.get(role) or secrets.token_hex(KEY_LENGTH // 2), people[role])
        for role in CAST
    }


def named(role: str, text: str) -> Person:
    """Make a person of `Mara Okafor <mara@example.com>`.

    Raises: ValueError when either part is missing.
    """
    name, email = parseaddr(text)
    if not name or "@" not in email:
        raise ValueError(f"{text!r} is not of the form Name <address>.")
    return Person(f"PU{_mark(role)}", name, email)


def _rota(role: str, routing_key: str, person: Person) -> Rota:
    if len(routing_key) != KEY_LENGTH:
        raise ValueError(f"The routing key of {role} must have {KEY_LENGTH} characters.")
    rota = Rota(role, f"PS{_mark(role)}", f"PE{_mark(role)}", NAMES[role], routing_key, person)
    rota.escalates_after_minutes = 7 if role == OPERATOR else None
    return rota


def _mark(role: str) -> str:
    return role[:4].upper()
