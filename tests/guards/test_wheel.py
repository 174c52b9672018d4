"""What pip installs works outside the checkout."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.features.house import environment
from tests.patience import HANGS_S

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as pip would build it; its build tool comes with the development tools."""
    folder = tmp_path_factory.mktemp("wheel")
    command = ["pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run(
        [sys.executable, "-m", *command, "--wheel-dir", str(folder), str(ROOT)],
        check=True,
        timeout=HANGS_S,
    )
    return next(folder.glob("*.whl"))


def test_the_files_that_are_no_code_travel_with_it(wheel: Path) -> None:
    """Templates, migrations, topics, words, samples, styles: all is found inside the package."""
    inside = set(zipfile.ZipFile(wheel).namelist())
    rooms = [path for path in (ROOT / "newsletter").rglob("*") if path.is_file()]
    wanted = {str(path.relative_to(ROOT)) for path in rooms if "__pycache__" not in path.parts}
    wanted |= {
        f"newsletter/{path.relative_to(ROOT)}"
        for path in (ROOT / "templates").rglob("*")
        if path.is_file()
    }

    assert sorted(wanted - inside) == []


def test_it_renders_a_page_and_a_mail_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """Only what stands in the wheel is on the path."""
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    program = (
        "from newsletter.web.templating import page, STATIC;"
        "from newsletter.resources import templates;"
        "from newsletter.topics.load import bundled_topic;"
        "from newsletter.store.schema import _config;"
        "from alembic.script import ScriptDirectory; import newsletter;"
        "assert 'installed' in newsletter.__file__, newsletter.__file__;"
        "assert page('failure', sentence='x').status_code == 200;"
        "assert bundled_topic('middle-east');"
        "assert (templates('email') / 'digest' / 'body.html').exists();"
        "assert (STATIC / 'style.css').exists();"
        "assert ScriptDirectory.from_config(_config()).get_current_head(); print('well')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment(PYTHONPATH=str(tmp_path / "installed")),
        capture_output=True,
        text=True,
        timeout=HANGS_S,
        check=False,
    )

    assert done.stdout.strip() == "well", done.stderr
