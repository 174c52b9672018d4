"""Write a migration from the tables as they are to the models as they are now: make migration.

Usage: python .ci/migration.py NAME. The comparison needs a database at the last migration, so an
embedded PostgreSQL is started in a folder that is gone afterwards. What comes out is a draft: it
knows no data and no running workers. docs/how-to/write-a-migration.md says what to make of it.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from newsletter import embedded
from newsletter.embedded import EmbeddedService
from newsletter.store import Store
from newsletter.store.schema import migrate

MIGRATIONS = Path(__file__).parents[1] / "newsletter/store/migrations"
_ALEMBICS_COMMENT = re.compile(r"^ *# ###.*\n", re.M)
_NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")


def main() -> int:
    """Write the file; return the exit code."""
    name = "".join(sys.argv[1:])
    if not _NAME.fullmatch(name):
        sys.stderr.write("Name it in lower case words: make migration NAME=story_note\n")
        return 2
    with (
        tempfile.TemporaryDirectory() as folder,
        embedded.engines(Path(folder), frozenset({EmbeddedService.DATABASE})) as urls,
    ):
        store = Store(urls[EmbeddedService.DATABASE])
        try:
            migrate(store)
            path = write(store, name, migrations=MIGRATIONS)
        finally:
            store.dispose()
    sys.stdout.write(f"Written: {path}. It is a draft: docs/how-to/write-a-migration.md\n")
    return 0


def write(store: Store, name: str, *, migrations: Path) -> Path:
    """Write the migration of that name into the folder's versions and return its path.

    store is a database at the folder's last migration.
    """
    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    head = ScriptDirectory.from_config(config).get_current_head() or "0"
    with store.begin() as session:
        config.attributes["connection"] = session.connection()
        written = command.revision(
            config,
            message=name.replace("_", " ").capitalize(),
            rev_id=f"{int(head) + 1:04}",
            autogenerate=True,
        )
    assert not isinstance(written, list)
    assert written is not None
    path = Path(written.path)
    path.write_text(_ALEMBICS_COMMENT.sub("", path.read_text()))
    subprocess.run(  # noqa: S603  # our own program and arguments
        [Path(sys.executable).with_name("ruff"), "format", "--quiet", path], check=True
    )
    return path


if __name__ == "__main__":
    sys.exit(main())
