"""Keep silences, and the alerts that they hold back: those need no incident."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
STATUSES = "status in ('triggered', 'acknowledged', 'resolved', 'suppressed')"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "silence",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("matchers", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("includes_s0", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.CheckConstraint("ends_at >= starts_at", name=op.f("ck_silence_span")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_silence")),
    )
    op.create_index(op.f("ix_silence_ends_at"), "silence", ["ends_at"])
    op.add_column("alert", sa.Column("labels", postgresql.JSONB(), server_default="{}", nullable=False))
    op.add_column("alert", sa.Column("silence_id", sa.BigInteger(), nullable=True))
    op.alter_column("alert", "incident_id", nullable=True)
    op.create_foreign_key(op.f("fk_alert_silence_id"), "alert", "silence", ["silence_id"], ["id"])
    op.create_index(
        op.f("ix_alert_silence_id"),
        "alert",
        ["silence_id"],
        postgresql_where=sa.text("silence_id is not null"),
    )
    op.create_index(op.f("ix_alert_first_occurred_at"), "alert", ["first_occurred_at"])
    op.drop_constraint("status", "alert", type_="check")
    op.create_check_constraint("status", "alert", STATUSES)
