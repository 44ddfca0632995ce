"""Call by Slack as well, take presses of its buttons, and keep what each key of the pager may still send."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("page", sa.Column("left_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("page", sa.Column("carried_by", sa.Text(), nullable=True))
    op.add_column(
        "page",
        sa.Column(
            "trouble",
            sa.Enum(
                "refused",
                "not_accepted",
                "unconfirmed",
                name="trouble",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=True,
        ),
    )
    op.create_index(
        "ix_page_trouble",
        "page",
        ["id"],
        unique=False,
        postgresql_where=sa.text("trouble is not null and wanted = 'trigger'"),
    )
    op.create_index(
        "ix_page_carried_by",
        "page",
        ["carried_by"],
        unique=False,
        postgresql_where=sa.text("carried_by is not null"),
    )
    op.add_column("person", sa.Column("slack_id", sa.Text(), nullable=True))
    op.create_unique_constraint(op.f("uq_person_slack_id"), "person", ["slack_id"])
    op.create_table(
        "page_budget",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tokens", sa.Float(), nullable=False),
        sa.Column("filled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_page_budget")),
    )
    op.create_table(
        "slack_press",
        sa.Column("press_key", sa.Text(), nullable=False),
        sa.Column("action_id", sa.Text(), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("user_name", sa.Text(), nullable=True),
        sa.Column("pressed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("page_id", sa.BigInteger(), nullable=True),
        sa.Column("incident_id", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("whisper", sa.Text(), nullable=True),
        sa.Column("answer_url", sa.Text(), nullable=True),
        sa.Column("answer_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answers", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_slack_press_incident_id")),
        sa.ForeignKeyConstraint(["page_id"], ["page.id"], name=op.f("fk_slack_press_page_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slack_press")),
        sa.UniqueConstraint("press_key", name=op.f("uq_slack_press_press_key")),
    )
    op.create_index(op.f("ix_slack_press_due_at"), "slack_press", ["due_at"], unique=False)
    op.create_index(op.f("ix_slack_press_incident_id"), "slack_press", ["incident_id"], unique=False)
