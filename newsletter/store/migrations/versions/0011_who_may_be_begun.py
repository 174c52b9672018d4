"""A claim says by name whom its worker may have begun, no longer up to which subscriber."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# A worker that died before the update may have begun whoever was queued up to its mark.
_KEEP = """
UPDATE delivery_batch AS b SET window_ids = ARRAY(
    SELECT d.subscriber_id FROM delivery AS d
    WHERE d.month = b.month AND d.edition_id = b.edition_id AND d.batch = b.batch
        AND d.status = 'queued' AND d.subscriber_id <= b.through
    ORDER BY d.subscriber_id
)
WHERE b.lease_ends_at IS NOT NULL AND b.through > 0
"""


def upgrade() -> None:
    op.add_column(
        "delivery_batch",
        sa.Column(
            "window_ids", ARRAY(sa.BigInteger()), server_default=sa.text("'{}'"), nullable=False
        ),
    )
    op.execute(_KEEP)
    op.drop_column("delivery_batch", "through")


def downgrade() -> None:
    raise NotImplementedError("An update is taken back by restoring the backup made before it.")
