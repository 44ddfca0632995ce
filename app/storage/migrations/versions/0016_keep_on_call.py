"""Keep who takes turns, who stands in, who is on call until when, and the calendars that show it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ROLES = ("operator", "incident_commander", "policy_owner", "comms_lead", "scribe")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SOURCES = ("rota", "cover", "pagerduty")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "rota",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "role", sa.Enum(*ROLES, name="role", native_enum=False, create_constraint=True), nullable=False
        ),
        sa.Column("members", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column(
            "weekday",
            sa.Enum(*WEEKDAYS, name="weekday", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("at", sa.Time(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rota")),
    )
    op.create_index(
        "uq_rota_role", "rota", ["role"], unique=True, postgresql_where=sa.text("replaced_at is null")
    )
    op.create_table(
        "on_call_cover",
        sa.Column(
            "role", sa.Enum(*ROLES, name="role", native_enum=False, create_constraint=True), nullable=False
        ),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.Text(), nullable=True),
        sa.Column("schedule_id", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint("begins_at < ends_at", name=op.f("ck_on_call_cover_forwards")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_on_call_cover_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_on_call_cover")),
    )
    op.create_index(op.f("ix_on_call_cover_due_at"), "on_call_cover", ["due_at"], unique=False)
    op.create_index("ix_on_call_cover_role_ends_at", "on_call_cover", ["role", "ends_at"], unique=False)
    op.create_table(
        "on_call_shift",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "role", sa.Enum(*ROLES, name="role", native_enum=False, create_constraint=True), nullable=False
        ),
        sa.Column(
            "source",
            sa.Enum(*SOURCES, name="source", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("schedule_id", sa.Text(), nullable=True),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("begins_at < ends_at", name=op.f("ck_on_call_shift_forwards")),
        sa.CheckConstraint(
            "source = 'pagerduty' or person_id is not null and ends_at is not null",
            name=op.f("ck_on_call_shift_planned"),
        ),
        sa.CheckConstraint("source <> 'pagerduty' or name is not null", name=op.f("ck_on_call_shift_named")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_on_call_shift_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_on_call_shift")),
    )
    op.create_index("ix_on_call_shift_role_ends_at", "on_call_shift", ["role", "ends_at"], unique=False)
    op.create_index(
        "uq_on_call_shift_role_begins_at",
        "on_call_shift",
        ["role", "begins_at"],
        unique=True,
        postgresql_where=sa.text("source <> 'pagerduty'"),
    )
    op.create_table(
        "on_call_calendar",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("everybody", sa.Boolean(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_on_call_calendar_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_on_call_calendar")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_on_call_calendar_token_sha256")),
    )
    op.create_index(
        "uq_on_call_calendar_person_id",
        "on_call_calendar",
        ["person_id", "everybody"],
        unique=True,
        postgresql_where=sa.text("revoked_at is null"),
    )
