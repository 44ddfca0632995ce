"""Note since when nothing fires, and what comes and goes."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
WAITS = "quiet_at is not null and status in ('triggered', 'acknowledged', 'mitigated')"


def upgrade() -> None:
    """Apply."""
    op.add_column("incident", sa.Column("quiet_at", MOMENT, nullable=True))
    op.add_column("incident", sa.Column("flaps", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("incident", sa.Column("flaps_since", MOMENT, nullable=True))
    op.add_column("incident", sa.Column("flapping_at", MOMENT, nullable=True))
    op.create_index("ix_incident_quiet", "incident", ["quiet_at"], postgresql_where=sa.text(WAITS))
