"""Rules of the house that no linter knows."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = sorted((ROOT / "newsletter").rglob("*.py"))
assert SOURCE, "the guards look in the wrong folder"
MAX_LINES = 300
MAX_CHARS = 140  # Of a topic file; some of its letters are half as wide.
HAND_WRITTEN = [path for path in SOURCE if "versions" not in path.parts]


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_module_is_longer_than_a_reader_keeps_in_mind() -> None:
    """A file that outgrows this has two purposes (design, section 3)."""
    lengths = {_name(path): len(path.read_text().splitlines()) for path in HAND_WRITTEN}

    assert {name: length for name, length in lengths.items() if length > MAX_LINES} == {}


def test_a_topic_file_can_be_read_in_a_diff() -> None:
    """A list of names on one long line hides what was changed in it."""
    topics = sorted((ROOT / "newsletter/topics").rglob("*.toml"))
    widest = {_name(path): max(map(len, path.read_text().splitlines())) for path in topics}

    assert widest
    assert {name: chars for name, chars in widest.items() if chars > MAX_CHARS} == {}


def test_every_module_opens_with_what_it_is_for() -> None:
    """A reader who opens a file learns from its first sentence whether it is the right one."""
    docstrings = {
        _name(path): ast.get_docstring(ast.parse(path.read_text())) for path in HAND_WRITTEN
    }
    openings = {name: (text or "").split("\n\n")[0] for name, text in docstrings.items()}

    assert [name for name, text in openings.items() if not text.rstrip().endswith((".", "…"))] == []


def test_below_the_entry_floors_nobody_asks_for_the_time_or_the_environment() -> None:
    """Time and settings are arguments there, so that any evening can be replayed and tested."""
    asks = re.compile(r"datetime\.now\(|date\.today\(|os\.environ|time\.time\(|random\.")
    rooms = ("domain", "feeds", "locales", "mail", "store", "topics", "services")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for room in rooms
        for path in (ROOT / "newsletter" / room).rglob("*.py")
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if asks.search(line)
    ]

    assert found == []


def test_the_store_commits_nothing_by_itself() -> None:
    """A use case is one transaction, and only its service knows where it ends."""
    found = [
        path.name
        for path in (ROOT / "newsletter/store").rglob("*.py")
        if ".commit(" in path.read_text()
    ]

    assert found == []


@pytest.mark.parametrize(
    "folder", sorted(p for p in (ROOT / "templates/email").iterdir() if p.name[0] != "_"), ids=_name
)
def test_every_email_has_its_four_parts(folder: Path) -> None:
    """A mail without a preheader or written text is half a mail."""
    assert {one.name for one in folder.iterdir()} == {
        "subject.txt",
        "preheader.txt",
        "body.html",
        "body.txt",
    }


@pytest.mark.servers
def test_no_path_of_a_machine_stands_in_the_project() -> None:
    """What is committed must mean the same on every machine."""
    listed = subprocess.run(
        ["git", "grep", "-nIE", r"(^|[\"'= ])/(work|home|root|Users)/[a-z]"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found = [
        line for line in listed.stdout.splitlines() if "tests/guards/test_house.py" not in line
    ]

    assert found == []


def test_every_address_in_samples_and_tests_is_one_that_nobody_has() -> None:
    """Mail or requests must never leave for a stranger (RFC 2606)."""
    text = (ROOT / "newsletter/sample/readers.csv").read_text()
    text += (ROOT / "newsletter/sample/newsroom.toml").read_text()
    domains = set(re.findall(r"(?:https?://|@)([\w.-]+)", text))

    assert {domain for domain in domains if not domain.endswith(".example")} == set()


def test_each_dependency_is_named_once_and_by_range() -> None:
    """One exact version would keep security fixes out."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    every = [*told["dependencies"], *told["optional-dependencies"]["embedded"]]

    assert [one for one in every if "==" in one] == []
    assert len({re.split(r"[<>=\[]", one)[0].lower() for one in every}) == len(every)
