"""Deliveries remember that somebody had them sent again while they were in doubt."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "delivery",
        sa.Column("is_repeat", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("An update is taken back by restoring the backup made before it.")
