"""Follow the trend line of each stream: what it comes to, what it stands at, and whose incident that is."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
SCOPES = ("platform", "monetisation", "feature")
STATES = ("learning", "normal", "shift", "drop", "collapse", "surge")
SEVERITIES = ("S0", "S1", "S2", "S3")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "trend_standing",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("minute", MOMENT, nullable=False),
        sa.Column("about", _words("about", SCOPES), nullable=False),
        sa.Column("state", _words("state", STATES), nullable=False),
        sa.Column("severity", _words("severity", SEVERITIES), nullable=False),
        sa.Column("held", _words("held", SEVERITIES), nullable=False),
        sa.Column("inside_since", MOMENT, nullable=True),
        sa.Column("resumed_at", MOMENT, nullable=True),
        sa.Column("told", _words("told", SEVERITIES), nullable=True),
        sa.Column("incident_id", sa.BigInteger(), nullable=True),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_trend_standing_incident_id")),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_trend_standing")),
    )
    op.create_index(op.f("ix_trend_standing_incident_id"), "trend_standing", ["incident_id"])


def _words(name: str, members: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*members, name=name, native_enum=False, create_constraint=True)
