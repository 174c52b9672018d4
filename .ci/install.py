"""Install with pip, and show how far it is.

Usage: python .ci/install.py WHAT [--versions-of LOCK] PIP-ARGUMENT…

With --versions-of pip takes the versions of a lock file, for as few of its packages as it needs.

pip is either silent for a minute or writes two hundred lines. Here it is one line that counts, or,
where the output is no terminal, one line every few seconds. What pip says when it fails is shown.
"""

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EVERY_S = 10.0  # In a log; often enough to see that it goes on.
SHOWN_LINES = 30
_STEP = re.compile(r"\s*(Collecting|Downloading|Building|Installing) (\S+)")
_NAME_ENDS = re.compile(r"[^\w.-]")
_HASH = re.compile(r"\s*\\\n\s*--hash=\S+")
_PIP = (sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-color")


def main() -> int:
    """Run pip to its end; its exit code."""
    what, *arguments = sys.argv[1:]
    # An older pip, which Python 3.11 still brings, warns of the name of an extra that it misreads.
    code, lines = _run(what, ("pip>=23.3",))
    if code == 0:
        with tempfile.TemporaryDirectory() as folder:
            code, lines = _run(what, _with_constraints(arguments, Path(folder)))
    _show(f"{what}: {'done' if code == 0 else 'failed'}\n", is_last=True)
    if code != 0:
        sys.stderr.write("".join(lines[-SHOWN_LINES:]))
    return code


def _run(what: str, arguments: list[str] | tuple[str, ...]) -> tuple[int, list[str]]:
    command = [*_PIP, "--progress-bar", "off", *arguments]
    lines: list[str] = []
    packages: set[str] = set()
    shown_at = time.monotonic()
    with subprocess.Popen(  # noqa: S603  # our own program and arguments
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            lines.append(line)
            step = _STEP.match(line)
            if step is None:
                continue
            if step[1] == "Collecting":
                packages.add(_NAME_ENDS.split(step[2])[0])
            if sys.stdout.isatty() or time.monotonic() - shown_at > EVERY_S:
                _show(f"{what}: {len(packages)} packages, {_words(step)}")
                shown_at = time.monotonic()
    return pip.returncode, lines


def _with_constraints(arguments: list[str], folder: Path) -> list[str]:
    """Return the arguments with --versions-of LOCK as pip's --constraint, written into folder.

    Without hashes: with them pip refuses a checkout, which has none.
    """
    if arguments[:1] != ["--versions-of"]:
        return arguments
    _, lock, *others = arguments
    constraints = folder / "constraints.txt"
    constraints.write_text(_HASH.sub("", Path(lock).read_text()))
    return ["--constraint", str(constraints), *others]


def _words(step: "re.Match[str]") -> str:
    """What pip does now; the name of a file says more of itself than anybody reads."""
    if step[1] == "Installing":
        return "writing them"
    return f"{step[1].lower()} {step[2].split('-')[0].rstrip(',')}"


def _show(text: str, *, is_last: bool = False) -> None:
    if sys.stdout.isatty():
        sys.stdout.write(f"\r\033[K{text}")
    else:
        sys.stdout.write(text if is_last else f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
