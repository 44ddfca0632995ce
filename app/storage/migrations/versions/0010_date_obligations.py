"""Let a duty come again, remind somebody of it once, and let two people leave it out."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

APPEND_ONLY = """
create trigger append_only before update or delete or truncate on obligation_waiver
    for each statement execute function refuse_change()
"""


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "obligation", sa.Column("ordinal", sa.BigInteger(), server_default=sa.text("1"), nullable=False)
    )
    op.add_column("obligation", sa.Column("nudged_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint(op.f("uq_obligation_incident_id_generation_kind"), "obligation", type_="unique")
    op.create_index(
        "ix_obligation_nudge",
        "obligation",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text(
            "kind in ('first_public_update', 'next_update', 'next_enterprise_update') and nudged_at is null and met_at is null and waived_by is null"
        ),
    )
    op.create_unique_constraint(
        op.f("uq_obligation_incident_id_generation_kind_ordinal"),
        "obligation",
        ["incident_id", "generation", "kind", "ordinal"],
    )
    op.create_table(
        "obligation_waiver",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("obligation_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "role",
            sa.Enum("commander", "policy_owner", name="role", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["obligation_id"], ["obligation.id"], name=op.f("fk_obligation_waiver_obligation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_obligation_waiver_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_obligation_waiver")),
        sa.UniqueConstraint(
            "obligation_id", "person_id", name=op.f("uq_obligation_waiver_obligation_id_person_id")
        ),
        sa.UniqueConstraint("obligation_id", "role", name=op.f("uq_obligation_waiver_obligation_id_role")),
    )
    op.execute(APPEND_ONLY)
