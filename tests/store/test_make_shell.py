"""make shell is a prompt on the database that is set."""

import subprocess
import sys
from pathlib import Path

from tests.features.house import environment
from tests.patience import HANGS_S

ROOT = Path(__file__).parents[2]
LINES = """
with store.begin() as it: print("rows", it.connection().exec_driver_sql("TABLE feed").all())

print(type(ports).__name__)
"""


def test_the_prompt_has_the_store_and_the_ports(store_url: str, tmp_path: Path) -> None:
    """A prompt that does not start is found out when somebody is in a hurry."""
    done = subprocess.run(
        [sys.executable, str(ROOT / ".ci/shell.py")],
        input=LINES,
        env=environment(NEWSLETTER_DATABASE_URL=store_url, NEWSLETTER_DATA_DIR=str(tmp_path)),
        capture_output=True,
        text=True,
        timeout=HANGS_S,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "rows []" in done.stdout
    assert "Ports" in done.stdout
