"""An edition remembers that a person let it go after its minute."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("edition", sa.Column("released_at", sa.DateTime(timezone=True), nullable=True))
    # Of those that wait approved nobody knows whether their minute was moved: it stays as it is.
    op.execute(
        "UPDATE edition SET released_at = sends_at WHERE status = 'approved' AND frozen_at IS NULL"
    )


def downgrade() -> None:
    raise NotImplementedError("An update is taken back by restoring the backup made before it.")
