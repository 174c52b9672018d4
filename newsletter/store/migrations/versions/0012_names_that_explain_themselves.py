"""Columns and one table take the names that the code uses: only names change, no row does."""

from alembic import op
from sqlalchemy import text

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

# From PostgreSQL 18 on, "not null" is a constraint with a name, made of table and column.
_NOT_NULLS = """
SELECT t.relname AS table, c.conname AS before, t.relname || '_' || a.attname || '_not_null' AS after
FROM pg_constraint AS c
JOIN pg_class AS t ON t.oid = c.conrelid
JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
WHERE c.contype = 'n' AND t.relnamespace = current_schema()::regnamespace
    AND t.relname IN ('newsletter', 'feed', 'consent', 'story', 'password_attempt', 'job_run')
    AND c.conname <> t.relname || '_' || a.attname || '_not_null'
"""


def upgrade() -> None:
    for table, before, after in _COLUMNS:
        op.alter_column(table, before, new_column_name=after)
    for table, before, after in _POLICIES:
        op.execute(
            f"ALTER TABLE {table} RENAME CONSTRAINT ck_{table}_{before} TO ck_{table}_{after}"
        )
    op.rename_table("tick", "job_run")
    op.execute("ALTER TABLE job_run RENAME CONSTRAINT pk_tick TO pk_job_run")
    for table, before, after in op.get_bind().execute(text(_NOT_NULLS)).all():
        op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {before} TO {after}")


def downgrade() -> None:
    raise NotImplementedError("An update is taken back by restoring the backup made before it.")
