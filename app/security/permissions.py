"""Who acts, and what that lets them see and do. Decided here, once, for pages, GraphQL and commands alike."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import structlog

from app.errors import Forbidden, NotFound

log = structlog.get_logger()


class Role(StrEnum):
    """What a person is in the organisation; anybody may be several."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    COMMANDER = "commander"
    POLICY_OWNER = "policy_owner"
    FINANCE = "finance"
    INTEGRATOR = "integrator"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Scope(StrEnum):
    """What an actor may see or do. A token carries scopes; a person's roles grant them."""

    INCIDENTS_READ = "incidents:read"
    INCIDENTS_WRITE = "incidents:write"
    INCIDENTS_COMMAND = "incidents:command"
    REVENUE_READ = "revenue:read"
    REVENUE_EXPORT = "revenue:export"
    REVENUE_WRITE = "revenue:write"
    INTEGRATIONS_READ = "integrations:read"
    INTEGRATIONS_WRITE = "integrations:write"
    CONFIG_READ = "config:read"
    CONFIG_WRITE = "config:write"
    TASKS_READ = "tasks:read"
    TASKS_WRITE = "tasks:write"
    AUDIT_READ = "audit:read"
    AUDIT_EXPORT = "audit:export"
    ADMIN = "admin"


# A role's duty, not a thing to hand to a script: no token may carry it.
PERSONAL = frozenset({Scope.INCIDENTS_COMMAND})

READS = frozenset(
    {Scope.INCIDENTS_READ, Scope.REVENUE_READ, Scope.INTEGRATIONS_READ, Scope.CONFIG_READ, Scope.TASKS_READ}
)

GRANTS: dict[Role, frozenset[Scope]] = {
    Role.VIEWER: READS,
    Role.OPERATOR: READS | {Scope.INCIDENTS_WRITE, Scope.TASKS_WRITE, Scope.INTEGRATIONS_WRITE},
    Role.COMMANDER: READS | {Scope.INCIDENTS_WRITE, Scope.INCIDENTS_COMMAND, Scope.TASKS_WRITE},
    Role.POLICY_OWNER: READS | {Scope.INCIDENTS_WRITE},
    Role.FINANCE: READS | {Scope.REVENUE_EXPORT, Scope.REVENUE_WRITE, Scope.TASKS_WRITE},
    Role.INTEGRATOR: READS | {Scope.INTEGRATIONS_WRITE, Scope.CONFIG_WRITE},
    Role.AUDITOR: READS | {Scope.AUDIT_READ, Scope.AUDIT_EXPORT},
    Role.ADMIN: READS | {Scope.ADMIN, Scope.AUDIT_READ},
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: a person, a token, an outside system that proved itself, or Opsbook itself."""

    kind: Literal["person", "token", "provider", "link", "source", "system", "nobody"]
    id: int | None
    name: str
    scopes: frozenset[Scope] = frozenset()
    roles: frozenset[Role] = frozenset()
    integration: str | None = None

    @property
    def reference(self) -> str:
        """A stable name for records: `person:3`, `token:7`, `system`."""
        return self.kind if self.id is None else f"{self.kind}:{self.id}"

    def can(self, scope: Scope) -> bool:
        """Whether this actor holds a scope."""
        return scope in self.scopes

    def demand(self, scope: Scope, *, sees: Scope | None = None) -> None:
        """Refuse an actor without `scope`.

        Raises: NotFound when it may not even see the thing (`sees`); Forbidden when it sees but may not act.
        """
        if self.can(scope):
            return
        log.warning("permission_refused", actor=self.reference, needs=scope.value)
        if sees is not None and not self.can(sees):
            raise NotFound("There is no such thing, or it is not for you.")
        raise Forbidden(f"This needs {scope}, which {self.name} does not have.")

    def demand_person(self, verb: str) -> int:
        """Give the id of the person who acts: a name stands under what they `verb`.

        Raises: Forbidden for tokens and links.
        """
        if self.kind != "person" or self.id is None:
            raise Forbidden(f"Only a person can {verb} this. Sign in and do it there.")
        return self.id


NOBODY = Actor("nobody", None, "nobody")
SYSTEM = Actor("system", None, "Opsbook", scopes=frozenset(Scope))


def granted(roles: Collection[Role]) -> frozenset[Scope]:
    """The scopes that roles grant together."""
    return frozenset[Scope]().union(*(GRANTS[role] for role in roles))


def known_roles(words: Collection[str]) -> frozenset[Role]:
    """Read roles from storage. A word that only a newer release knows grants nothing."""
    return frozenset(role for role in Role if role in words)


def known_scopes(words: Collection[str]) -> frozenset[Scope]:
    """Read scopes from storage. A word that only a newer release knows allows nothing."""
    return frozenset(scope for scope in Scope if scope in words)
