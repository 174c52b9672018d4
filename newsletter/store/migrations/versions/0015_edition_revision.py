"""An edition has a revision, which each change raises: whoever decides names the one they saw."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "edition", sa.Column("revision", sa.Integer(), server_default="1", nullable=False)
    )


def downgrade() -> None:
    raise NotImplementedError("An update is taken back by restoring the backup made before it.")
