"""What make's smaller targets do: clean asks, hooks run the tools that lint runs."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.patience import HANGS_S

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the Makefile, its scripts, and a database that somebody may want back."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / ".data").mkdir()
    (tmp_path / ".data/secret-key").write_text("it signed every link")
    (tmp_path / ".venv").mkdir()
    return tmp_path


def _clean(checkout: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["make", "-C", str(checkout), "clean", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=HANGS_S,
    )
    return done.stdout


def test_clean_leaves_the_database_where_nobody_can_be_asked(checkout: Path) -> None:
    """It may be the only copy of a list of subscribers; a script must not lose it."""
    output = _clean(checkout)

    assert "Left: .data" in output
    assert "make clean DATABASE=delete" in output
    assert (checkout / ".data/secret-key").exists()
    assert not (checkout / ".venv").exists()


def test_clean_deletes_the_database_on_request(checkout: Path) -> None:
    """What the first sentence offers has to work."""
    assert "Deleted: .data" in _clean(checkout, "DATABASE=delete")
    assert not (checkout / ".data").exists()


@pytest.mark.parametrize(
    ("answer", "is_there"),
    [
        pytest.param("\n", True, id="return alone"),
        pytest.param("yes\n", True, id="a yes to something else"),
        pytest.param("delete\n", False, id="the word itself"),
    ],
)
def test_clean_asks_whoever_sits_there(checkout: Path, answer: str, *, is_there: bool) -> None:
    """One key too many must cost nothing."""
    ours, theirs = os.openpty()
    os.write(ours, answer.encode())
    subprocess.run([checkout / ".ci/clean"], stdin=theirs, check=True, timeout=HANGS_S)
    os.close(theirs)
    os.close(ours)

    assert (checkout / ".data").exists() is is_there


def test_the_hooks_run_what_lint_runs_and_nothing_from_the_net() -> None:
    """A commit that passes here and fails there was checked in vain; so was one made on a train."""
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    entries = [hook["entry"] for repo in config["repos"] for hook in repo["hooks"]]
    tools = {entry.split()[0].removeprefix(".venv/bin/") for entry in entries} - {"git"}

    assert [repo["repo"] for repo in config["repos"]] == ["local"]
    assert {hook["language"] for repo in config["repos"] for hook in repo["hooks"]} == {"system"}
    assert tools == {"ruff", "mypy", "lint-imports"}
    assert all(f"$(BIN)/{tool}" in MAKEFILE for tool in tools)
