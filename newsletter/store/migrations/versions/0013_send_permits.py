"""What all runs share of the rate, the day and throttled providers stands here, not in Redis.

The day begins with what the ledger has of the last 24 hours.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_CHANGES_OFTEN = {"fillfactor": 50}
_COUNT_THE_DAY = """
INSERT INTO send_day (began_at, count)
SELECT date_bin('5 minutes', settled_at, 'epoch'), count(*) FROM delivery
WHERE status = 'sent' AND settled_at > clock_timestamp() - interval '24 hours' GROUP BY 1
"""
_SERVICE = """
INSERT INTO send_permit (name, day_count)
SELECT '*', coalesce(sum(count), 0) FROM send_day
"""


def upgrade() -> None:
    op.create_table(
        "send_permit",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.Float(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "refilled_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.clock_timestamp(),
            nullable=False,
        ),
        sa.Column("rate", sa.Float(), nullable=True),
        sa.Column("rate_before", sa.Float(), nullable=True),
        sa.Column("throttled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("day_count", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_send_permit")),
        postgresql_with=_CHANGES_OFTEN,
    )
    op.create_table(
        "send_run",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waiting", ARRAY(sa.Text()), nullable=False),
        sa.Column("recent", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_send_run")),
        postgresql_with=_CHANGES_OFTEN,
    )
    op.create_table(
        "send_day",
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("began_at", name=op.f("pk_send_day")),
        postgresql_with=_CHANGES_OFTEN,
    )
    op.execute(_COUNT_THE_DAY)
    op.execute(_SERVICE)


def downgrade() -> None:
    raise NotImplementedError("An update is taken back by restoring the backup made before it.")
