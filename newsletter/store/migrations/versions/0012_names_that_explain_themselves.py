"""Columns and one table take the names that the code uses: only names change, no row does."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_COLUMNS = (
    ("newsletter", "approval", "approval_policy"),
    ("newsletter", "thin_day", "too_few_stories_policy"),
    ("newsletter", "in_doubt", "uncertain_policy"),
    ("feed", "said", "last_result"),
    ("consent", "means", "channel"),
    ("story", "since", "follows_edition_of"),
    ("password_attempt", "place", "client_network"),
    ("tick", "said", "message"),
)
_POLICIES = _COLUMNS[:3]  # Each has a check on its values that is named after it.


def upgrade() -> None:
    for table, before, after in _COLUMNS:
        op.alter_column(table, before, new_column_name=after)
    for table, before, after in _POLICIES:
        op.execute(
            f"ALTER TABLE {table} RENAME CONSTRAINT ck_{table}_{before} TO ck_{table}_{after}"
        )
    op.rename_table("tick", "job_run")
    op.execute("ALTER TABLE job_run RENAME CONSTRAINT pk_tick TO pk_job_run")


def downgrade() -> None:
    raise NotImplementedError("An update is taken back by restoring the backup made before it.")
