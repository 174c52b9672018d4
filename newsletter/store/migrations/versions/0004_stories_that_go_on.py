"""A story remembers the edition that told its beginning."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("story", sa.Column("since", sa.Date(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("An update is taken back by restoring the backup made before it.")
