"""Keep what senders declare: how their bodies are read, and how often a heartbeat is due."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "alert_source", sa.Column("mapping", postgresql.JSONB(astext_type=sa.Text()), nullable=True)
    )
    op.add_column("alert_source", sa.Column("mapping_example", sa.Text(), nullable=True))
    op.create_table(
        "heartbeat",
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("every_seconds", sa.BigInteger(), nullable=False),
        sa.Column("grace_seconds", sa.BigInteger(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=True),
        sa.Column("last_beat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("missed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("due_at is null or missed_at is null", name=op.f("ck_heartbeat_awaited")),
        sa.ForeignKeyConstraint(["source_id"], ["alert_source.id"], name=op.f("fk_heartbeat_source_id")),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_heartbeat")),
    )
    op.create_index(op.f("ix_heartbeat_due_at"), "heartbeat", ["due_at"], unique=False)
