"""An edition has an identity that no other database repeats, and so has the database itself.

Editions that were sent off keep the Message-IDs they had: some of their messages may be in doubt,
and a repeat has to be recognised. Links that are out already stay good: the installation knows up
to which ids they may have been signed without its uid. An edition may have failed as a whole.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_UID = "substr(replace((gen_random_uuid())::text, '-', ''), 1, 12)"


_STATUSES = "'draft', 'approved', 'held', 'skipped', 'sending', 'sent', 'failed', 'cancelled'"


def upgrade() -> None:
    op.drop_constraint(op.f("ck_edition_status"), "edition")
    op.create_check_constraint(op.f("ck_edition_status"), "edition", f"status IN ({_STATUSES})")
    op.add_column("edition", sa.Column("uid", sa.Text(), server_default="", nullable=False))
    op.alter_column("edition", "uid", server_default=sa.text(_UID))
    op.execute(f"UPDATE edition SET uid = {_UID} WHERE frozen_at IS NULL")  # noqa: S608  # ours
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("uid", sa.Text(), server_default=sa.text(_UID), nullable=False),
        sa.Column("last_legacy_subscription", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_legacy_edition", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_installation_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )
    op.execute(
        "INSERT INTO installation (id, last_legacy_subscription, last_legacy_edition) "
        "SELECT 1, (SELECT coalesce(max(id), 0) FROM subscription), "
        "(SELECT coalesce(max(id), 0) FROM edition) WHERE EXISTS (SELECT FROM newsletter)"
    )


def downgrade() -> None:
    raise NotImplementedError("An update is taken back by restoring the backup made before it.")
