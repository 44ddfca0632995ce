"""Count the activity feed by minutes: its streams, what was added, hours, and what is usual."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
KIND = sa.Enum("activity", "failure", name="kind", native_enum=False, create_constraint=True)
SCOPE = sa.Enum(
    "platform", "monetisation", "feature", name="scope", native_enum=False, create_constraint=True
)


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "activity_event", sa.Column("value", sa.Float(53), server_default=sa.text("1"), nullable=False)
    )
    op.add_column("activity_event", sa.Column("source_id", sa.BigInteger(), nullable=True))
    op.add_column("activity_event", sa.Column("external_id", sa.Text(), nullable=True))
    op.create_index("ix_activity_event_kind", "activity_event", ["kind", "occurred_at", "id"])
    op.create_index(
        "uq_activity_event_external",
        "activity_event",
        ["source_id", "external_id"],
        unique=True,
        postgresql_where=sa.text("external_id is not null"),
    )
    op.create_table(
        "activity_stream",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("first_at", MOMENT, nullable=False),
        sa.Column("kept_from", MOMENT, nullable=True),
        sa.Column("kind", KIND, server_default="activity", nullable=False),
        sa.Column("scope", SCOPE, nullable=True),
        sa.Column("core", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("threshold", sa.Float(53), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=True),
        sa.Column("changed_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_stream")),
        sa.UniqueConstraint("name", name=op.f("uq_activity_stream_name")),
    )
    op.create_table(
        "activity_kind",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "kind", name=op.f("pk_activity_kind")),
    )
    op.create_table(
        "activity_delta",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("minute", MOMENT, nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Float(53), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_delta")),
    )
    op.create_table(
        "activity_hour",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("hour", MOMENT, nullable=False),
        sa.Column("minutes", postgresql.ARRAY(sa.Float(53)), nullable=False),
        sa.PrimaryKeyConstraint("stream", "hour", name=op.f("pk_activity_hour")),
    )
    op.create_table(
        "activity_kind_hour",
        sa.Column("hour", MOMENT, nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hour", "stream", "kind", name=op.f("pk_activity_kind_hour")),
    )
    op.create_table(
        "activity_usual",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("hour_of_week", sa.SmallInteger(), nullable=False),
        sa.Column("expected", sa.Float(53), nullable=False),
        sa.Column("spread", sa.Float(53), nullable=False),
        sa.Column("weeks", sa.SmallInteger(), nullable=False),
        sa.Column("for_hour", MOMENT, nullable=False),
        sa.Column("computed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("stream", "hour_of_week", name=op.f("pk_activity_usual")),
    )
    op.create_table(
        "activity_receipt",
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("source_id", "key", name=op.f("pk_activity_receipt")),
    )
    op.create_index(op.f("ix_activity_receipt_received_at"), "activity_receipt", ["received_at"])
    # Rows live for seconds: without this, vacuum would come too late for a table that is empty on average.
    op.execute(
        "alter table activity_delta set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)"
    )
    _count_from_now_on()


def _count_from_now_on() -> None:
    """Count what the feed holds, and by a trigger whatever is added; nobody writes to it in between."""
    op.execute("lock table activity_event in share row exclusive mode")
    op.execute(
        f"insert into activity_delta (stream, kind, minute, events, value) {COUNTED.format(rows='activity_event')}"
    )
    op.execute(
        f"""
        create function count_activity() returns trigger language plpgsql as $$
        begin
            insert into activity_delta (stream, kind, minute, events, value)
            {COUNTED.format(rows="added")};
            return null;
        end $$
        """
    )
    op.execute(
        """
        create trigger count_activity after insert on activity_event
        referencing new table as added for each statement execute function count_activity()
        """
    )


COUNTED = """
    select stream, kind, date_bin('1 minute', occurred_at, 'epoch'), count(*), sum(value)
      from {rows} group by 1, 2, 3
"""
