"""The viewer inside a statement: each property is a hole, so that all viewers share one plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Boolean, Text

from api.plan.inputs import Hole
from app.security.permissions import Actor, Scope


def _of_viewer(type_: Any, read: Callable[[Actor], Any]) -> Hole:
    return Hole(type_, lambda inputs: read(inputs.actor))


def sees(scope: Scope) -> Hole:
    """Whether the viewer holds a scope."""
    return _of_viewer(Boolean(), lambda actor: actor.can(scope))


def may_see_incidents(actor: Actor) -> bool:
    """A token of one integration sees that integration alone."""
    return actor.can(Scope.INCIDENTS_READ) and actor.integration is None


def may_see_people(actor: Actor) -> bool:
    """Colleagues see each other; a token sees people where incidents or accounts name them."""
    return actor.kind == "person" or may_see_incidents(actor) or actor.can(Scope.ADMIN)


def _person(actor: Actor) -> int | None:
    return actor.id if actor.kind == "person" else None


SEES_INCIDENTS = _of_viewer(Boolean(), may_see_incidents)
SEES_PEOPLE = _of_viewer(Boolean(), may_see_people)
SEES_AUDIT = sees(Scope.AUDIT_READ)
ADMINISTERS = sees(Scope.ADMIN)
PERSON_ID = _of_viewer(BigInteger(), _person)
TOKEN_NAME = _of_viewer(Text(), lambda actor: actor.name if actor.kind == "token" else None)
NAME = _of_viewer(Text(), lambda actor: actor.name)
SCOPES = _of_viewer(ARRAY(Text()), lambda actor: sorted(actor.scopes))
