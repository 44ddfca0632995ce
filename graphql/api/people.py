"""People and the viewer: who may sign in, and who asks."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import case, or_

from api import plan, viewer
from api.node import Node
from api.plan import column
from app.security.models import ApiToken as ApiTokenTable
from app.security.models import Person as PersonTable
from app.security.models import Session as SessionTable

PERSON = PersonTable.__table__.c
SESSION = SessionTable.__table__.c
TOKEN = ApiTokenTable.__table__.c


@plan.table_type(
    PersonTable.__table__,
    sees=viewer.SEES_PEOPLE,
    node="person",
    description="Somebody who may sign in, or a team that takes part by its role.",
)
class Person(Node):
    """A colleague."""

    name: str = column(PERSON.name, "What colleagues call them.")
    email: str = column(PERSON.email, "Where mail reaches them; empty for a team.")
    roles: list[str] = column(PERSON.roles, "What they are in the organisation, such as `operator`.")
    time_zone: str | None = column(
        PERSON.time_zone, "The zone their times are shown in; null is the browser's."
    )
    slack_id: str | None = column(
        PERSON.slack_id, "Their member id in Slack: what they press there, they do in their own name."
    )
    deactivated_at: datetime | None = column(PERSON.deactivated_at, "Since when they may no longer sign in.")
    second_factor_since: datetime | None = column(
        case((or_(viewer.ADMINISTERS, PERSON.id == viewer.PERSON_ID), PERSON.second_factor_since)),
        "Since when signing in asks them for a code. Only they and administrators see it.",
    )


@plan.table_type(description="Who asks: a signed-in person or a token.")
class Viewer:
    """The caller."""

    person: Person | None = plan.one(PERSON.id == viewer.PERSON_ID, "The person; null for a token.")
    name: str = column(viewer.NAME, "How records name the caller.")
    token_name: str | None = column(viewer.TOKEN_NAME, "The token's name; null for a person.")
    scopes: list[str] = column(viewer.SCOPES, "What the caller may see and do, such as `incidents:read`.")


@plan.table_type(
    SessionTable.__table__,
    sees=SESSION.person_id == viewer.PERSON_ID,
    node="session",
    description="One of your signed-in browsers.",
)
class Session(Node):
    """A session of the viewer."""

    created_at: datetime = column(SESSION.created_at, "When it signed in.")
    last_seen_at: datetime = column(SESSION.last_seen_at, "When it last asked for something.")
    expires_at: datetime = column(SESSION.expires_at, "When it ends at the latest.")
    user_agent: str = column(SESSION.user_agent, "What the browser calls itself.")
    address: str = column(SESSION.address, "The address it signed in from.")
    revoked_at: datetime | None = column(SESSION.revoked_at, "When it was ended.")


@plan.table_type(
    ApiTokenTable.__table__,
    sees=or_(viewer.ADMINISTERS, TOKEN.owner_id == viewer.PERSON_ID),
    node="token",
    description="A key for a script or a partner. The key itself is shown once, when it is made.",
)
class ApiToken(Node):
    """An API token's metadata."""

    name: str = column(TOKEN.name, "What it is for.")
    prefix: str = column(TOKEN.prefix, "How the key begins, to tell keys apart.")
    scopes: list[str] = column(TOKEN.scopes, "What it may see and do.")
    integration: str | None = column(TOKEN.integration, "The integration it is bound to, if any.")
    created_at: datetime = column(TOKEN.created_at, "When it was made.")
    created_by: str = column(TOKEN.created_by, "Who made it.")
    expires_at: datetime | None = column(TOKEN.expires_at, "When it ends by itself.")
    last_used_at: datetime | None = column(TOKEN.last_used_at, "When it was last used.")
    revoked_at: datetime | None = column(TOKEN.revoked_at, "When it was revoked.")
