"""Deliveries in monthly partitions, claimed by the batch; pauses, deadlines, what doubt means."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_COPY = """
INSERT INTO delivery
    (month, edition_id, subscriber_id, batch, status, due_at, attempts, reply_code, reply, settled_at)
SELECT date_trunc('month', e."on")::date, d.edition_id, d.subscriber_id, d.batch,
    CASE WHEN d.status = 'sending' THEN 'uncertain' ELSE d.status END,
    d.due_at, d.attempts, d.reply_code, d.reply, d.settled_at
FROM delivery_before AS d JOIN edition AS e ON e.id = d.edition_id
"""
_BATCHES = """
INSERT INTO delivery_batch
    (edition_id, batch, month, due_at, queued, deferred, sent, failed, uncertain)
SELECT edition_id, batch, month, min(due_at), count(*) FILTER (WHERE status = 'queued'),
    count(*) FILTER (WHERE status = 'queued' AND attempts > 0),
    count(*) FILTER (WHERE status = 'sent'), count(*) FILTER (WHERE status = 'failed'),
    count(*) FILTER (WHERE status = 'uncertain')
FROM delivery GROUP BY edition_id, batch, month
"""
_PARTITIONS = """
DO $$ DECLARE first date; BEGIN
    FOR first IN SELECT DISTINCT date_trunc('month', "on")::date FROM edition LOOP
        EXECUTE format(
            'CREATE TABLE delivery_%s PARTITION OF delivery FOR VALUES FROM (%L) TO (%L) '
            'WITH (fillfactor = 70)',
            to_char(first, 'YYYY_MM'), first, (first + interval '1 month')::date
        );
    END LOOP;
END $$
"""


_EDITION_STATUSES = (
    "status IN ('draft', 'approved', 'held', 'skipped', 'sending', 'sent', 'cancelled')"
)


def upgrade() -> None:
    op.add_column(
        "newsletter",
        sa.Column("in_doubt", sa.Text(), server_default=sa.text("'stop'"), nullable=False),
    )
    op.add_column(
        "newsletter",
        sa.Column("max_refused", sa.Float(), server_default=sa.text("0.1"), nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_newsletter_in_doubt"), "newsletter", "in_doubt IN ('stop', 'repeat')"
    )
    op.add_column("subscription", sa.Column("paused_until", sa.DateTime(timezone=True)))
    op.add_column("edition", sa.Column("deadline_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE edition SET deadline_at = frozen_at + interval '4 hours'")
    op.drop_constraint(op.f("ck_edition_status"), "edition")
    op.create_check_constraint(op.f("ck_edition_status"), "edition", _EDITION_STATUSES)
    _partition_deliveries()


def _partition_deliveries() -> None:
    op.execute("CREATE TEMPORARY TABLE delivery_before AS SELECT * FROM delivery")
    op.drop_table("delivery")
    op.create_table(
        "delivery",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("edition_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subscriber_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("reply_code", sa.Integer(), nullable=True),
        sa.Column("reply", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('queued', 'sending', 'sent', 'failed', 'uncertain')",
            name=op.f("ck_delivery_status"),
        ),
        sa.PrimaryKeyConstraint("month", "edition_id", "subscriber_id", name=op.f("pk_delivery")),
        postgresql_partition_by="RANGE (month)",
    )
    op.create_index(
        op.f("ix_delivery_edition_id_batch_subscriber_id"),
        "delivery",
        ["edition_id", "batch", "subscriber_id"],
    )
    op.create_table(
        "delivery_batch",
        sa.Column("edition_id", sa.BigInteger(), nullable=False),
        sa.Column("batch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fence", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("through", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("queued", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False)
            for name in ("deferred", "sent", "failed", "uncertain")
        ),
        sa.ForeignKeyConstraint(
            ["edition_id"],
            ["edition.id"],
            name=op.f("fk_delivery_batch_edition_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("edition_id", "batch", name=op.f("pk_delivery_batch")),
        postgresql_with={"fillfactor": 50},
    )
    op.create_index(
        op.f("ix_delivery_batch_lease_ends_at"),
        "delivery_batch",
        ["lease_ends_at"],
        postgresql_where=sa.text("lease_ends_at IS NOT NULL"),
    )
    for statement in (_PARTITIONS, _COPY, _BATCHES):
        op.execute(statement)
    op.drop_table("delivery_before")


def downgrade() -> None:
    raise NotImplementedError("An update is taken back by restoring the backup made before it.")
