"""Let an incident go on in another one."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

GOES_ON = "merged_into_id is null or (status = 'merged' and merged_into_id <> id)"


def upgrade() -> None:
    """Apply."""
    op.add_column("incident", sa.Column("merged_into_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_incident_merged_into_id"), "incident", "incident", ["merged_into_id"], ["id"]
    )
    op.create_check_constraint(op.f("ck_incident_merged_into"), "incident", GOES_ON)
    op.create_index(
        "ix_incident_merged_into",
        "incident",
        ["merged_into_id"],
        postgresql_where=sa.text("merged_into_id is not null"),
    )
