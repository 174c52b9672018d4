"""What make migration writes is a migration."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import text

from newsletter.store import Store
from tests.patience import HANGS_S

pytestmark = [pytest.mark.own_database, pytest.mark.servers]

ROOT = Path(__file__).parents[2]


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_draft_brings_back_what_a_database_lacks_and_is_well_written(
    store: Store, tmp_path: Path
) -> None:
    """A draft with slips in it would be mended by hand each time, or committed with them."""
    migrations = tmp_path / "migrations"
    shutil.copytree(ROOT / "newsletter/store/migrations", migrations)
    known = {path.name for path in (migrations / "versions").glob("0*.py")}
    with store.begin() as session:
        session.execute(text("ALTER TABLE subscriber DROP COLUMN zone"))

    path = _load(ROOT / ".ci/migration.py").write(store, "subscriber_zone", migrations=migrations)

    draft = path.read_text()
    last = max(known)[:4]
    assert path.name == f"{int(last) + 1:04}_subscriber_zone.py"
    assert f'down_revision = "{last}"' in draft
    assert "lock_timeout" in draft
    assert 'op.add_column("subscriber", sa.Column("zone"' in draft
    compile(draft, path.name, "exec")
    ruff = [str(Path(sys.executable).with_name("ruff")), "format", "--check", str(path)]
    subprocess.run(ruff, check=True, capture_output=True, timeout=HANGS_S)


def test_a_draft_without_a_name_is_refused_in_a_sentence() -> None:
    """make migration, as it stands in make help, says what is missing."""
    done = subprocess.run(
        [sys.executable, str(ROOT / ".ci/migration.py")],
        capture_output=True,
        text=True,
        timeout=HANGS_S,
        check=False,
    )

    assert done.returncode == 2
    assert "make migration NAME=" in done.stderr
