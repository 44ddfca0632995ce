"""Make the timeline and the audit trail append-only, and bring the first escalation policy."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = ("incident_event", "audit_event", "severity_decision", "escalation_policy_version")


def upgrade() -> None:
    """Apply."""
    op.execute(
        """
        create function refuse_change() returns trigger language plpgsql as $$
        begin
            raise exception '% is append-only: add a row instead', tg_table_name
                using errcode = 'integrity_constraint_violation';
        end $$
        """
    )
    for table in APPEND_ONLY:
        op.execute(
            f"""
            create trigger append_only before update or delete or truncate on {table}
            for each statement execute function refuse_change()
            """
        )
    # Handbook, "Paging sequence": the on-call operator, then the commander after five minutes.
    op.execute(
        sa.text(
            """
            with policy as (insert into escalation_policy (name) values ('default') returning id)
            insert into escalation_policy_version (policy_id, version, steps, created_at, created_by)
            select id, 1, cast(:steps as jsonb), clock_timestamp(), 'Opsbook' from policy
            """
        ).bindparams(
            steps='[{"role": "operator", "after_seconds": 0},'
            ' {"role": "incident_commander", "after_seconds": 300}]'
        )
    )
