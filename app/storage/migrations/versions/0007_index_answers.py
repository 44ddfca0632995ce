"""Index the few entries of timelines that figures over time are made of."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_index(
        "ix_incident_event_answers",
        "incident_event",
        ["incident_id"],
        postgresql_include=["kind", "actor", "occurred_at", "payload"],
        postgresql_where=sa.text(
            "kind in ('acknowledged', 'acknowledged_also', 'policy_owner_acknowledged', 'escalated')"
        ),
    )
