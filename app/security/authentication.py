"""Who makes a request, by its cookie or its token: once, for pages, GraphQL and exports alike."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.errors import Unauthenticated
from app.security import sessions, tokens
from app.security.permissions import NOBODY, Actor
from app.security.viewer import Viewer
from app.storage.engine import Database

SCHEME = "bearer"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who acts; `viewer` is there when it is a person with a session."""

    actor: Actor
    viewer: Viewer | None = None

    def demand_viewer(self) -> Viewer:
        """The person who has signed in.

        Raises: Unauthenticated when there is none.
        """
        if self.viewer is None:
            raise Unauthenticated("Sign in first.")
        return self.viewer

    def demand_actor(self) -> Actor:
        """Whoever proved who they are.

        Raises: Unauthenticated when nobody did.
        """
        if self.actor is NOBODY:
            raise Unauthenticated("Sign in, or send an API token: Authorization: Bearer ops_…")
        return self.actor

    def as_required(self) -> Identity:
        """Who acts where a second factor is required: without one, a person may set one up and no more."""
        if self.viewer is None or self.viewer.has_second_factor:
            return self
        actor = replace(self.actor, scopes=frozenset(), roles=frozenset())
        return Identity(actor, replace(self.viewer, actor=actor))


ANONYMOUS = Identity(NOBODY)


async def identify(database: Database, *, session_key: str | None, authorization: str | None) -> Identity:
    """Turn what a request carries into who makes it. Beside a token, even a bad one, no cookie counts.

    Raises: Unauthenticated for a token that is not valid.
    """
    token = bearer(authorization)
    if token is not None:
        return Identity(await _holder(database, token))
    viewer = await sessions.who(database, session_key) if session_key else None
    return Identity(viewer.actor, viewer) if viewer else ANONYMOUS


def bearer(authorization: str | None) -> str | None:
    """The token of an Authorization header; None for other schemes, which a proxy in front may use."""
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip() if scheme.lower() == SCHEME else None


async def _holder(database: Database, token: str) -> Actor:
    actor = await tokens.authenticate(database, token)
    if actor is None:
        raise Unauthenticated("The API token is not valid: unknown, revoked or expired. Make a new one.")
    return actor
