"""Page again whoever stays silent, take back answers that lead nowhere, and let policies be written."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ROLES = ("operator", "incident_commander", "policy_owner", "comms_lead", "scribe", "administrator")
HELD = "status = 'acknowledged' and severity in ('S0', 'S1')"
HALF_AN_HOUR = "interval '30 minutes'"


def upgrade() -> None:
    """Apply."""
    for table in ("escalation_step", "page", "participant"):
        among = ", ".join(f"'{role}'" for role in ROLES)
        op.drop_constraint(op.f("role"), table, type_="check")
        op.create_check_constraint(op.f("role"), table, f"role in ({among})")

    op.add_column("escalation_step", sa.Column("person_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_escalation_step_person_id"), "escalation_step", "person", ["person_id"], ["id"]
    )
    op.add_column("escalation_step", sa.Column("since", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "escalation_step", sa.Column("repeat", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("escalation_step", sa.Column("repeats", sa.BigInteger(), nullable=True))
    op.execute(
        "update escalation_step set repeats = 3"
        " where fired_at is null and cancelled_at is null and role = 'incident_commander'"
    )

    op.add_column("incident", sa.Column("lapses_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "incident",
        sa.Column("lapses_after", sa.Interval(), server_default=sa.text(HALF_AN_HOUR), nullable=False),
    )
    op.execute(
        f"update incident set lapses_at = clock_timestamp() + {HALF_AN_HOUR} where status = 'acknowledged'"
    )
    op.create_index("ix_incident_lapses", "incident", ["lapses_at"], postgresql_where=sa.text(HELD))

    op.add_column(
        "escalation_policy",
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.execute(
        "update escalation_policy set is_default = true where id = (select min(id) from escalation_policy)"
    )
    op.create_index(
        "uq_escalation_policy_default",
        "escalation_policy",
        ["is_default"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )
    version = "escalation_policy_version"
    op.add_column(version, sa.Column("repeats", sa.BigInteger(), server_default=sa.text("3"), nullable=False))
    op.add_column(
        version,
        sa.Column("lapses_after", sa.Interval(), server_default=sa.text(HALF_AN_HOUR), nullable=False),
    )
    op.add_column(version, sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("alert_source", sa.Column("policy_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_alert_source_policy_id"), "alert_source", "escalation_policy", ["policy_id"], ["id"]
    )
