"""Drop the index of due pages that knows no urgency: with it, a claim sorted all that were due."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.drop_index("ix_page_due_at", table_name="page")
