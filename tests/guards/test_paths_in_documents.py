"""The files and functions that the documents lead a newcomer to are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Not the decisions: they name what there was on their day.
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"]
PAGES += [*sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs/how-to").glob("*.md"))]
EXAMPLES = {
    "newsletter/cli/commands/collection/outlets.py",
    "templates/email/farewell/subject.txt",
    "saved-feeds/",
    "entry_id",
}
_PATH = re.compile(
    r"(?<![\w/.:<-])((?:[\w.-]+/)+(?:[\w-]+\.(?:py|md|toml|txt|lua|html))?)(?![\w/-])"
)
_FUNCTION = re.compile(r"`([\w/]+\.py)` `(\w+)`")


def _is_there(path: str, page: Path) -> bool:
    """Whether it is in the checkout, in the package, or beside the page."""
    return any((place / path).exists() for place in (ROOT, ROOT / "newsletter", page.parent))


def _paths_in(page: Path) -> set[str]:
    """Return the paths in code and in links, but for those with a word to be replaced (NAME)."""
    text = page.read_text()
    code = re.findall(r"`([^`\n]+)`|^ {4,}(\S.*)$|^# (\S+\.py)", text, re.M)
    words = [word for group in code for part in group for word in part.split()]
    paths = {path for word in words for path in _PATH.findall(word)}
    return {path for path in paths if not re.search(r"\b[A-Z]{4,}\b|^\.venv/|^/", path)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_path_that_a_page_names_is_there(page: Path) -> None:
    """A newcomer who opens a file that is gone trusts the rest of the page no more."""
    known = EXAMPLES
    missing = [each for each in sorted(_paths_in(page) - known) if not _is_there(each, page)]

    assert missing == []


def test_paths_are_found_in_the_pages() -> None:
    """A pattern that finds nothing would pass everything."""
    assert len(_paths_in(ROOT / "docs/architecture.md")) > 50
    assert len(_paths_in(ROOT / "docs/how-to/add-a-setting.md")) > 5


def test_every_function_that_the_walks_name_stands_in_its_file() -> None:
    """A walk is followed by searching for its next step."""
    steps = [step for page in PAGES for step in _FUNCTION.findall(page.read_text())]
    missing = []
    for path, name in steps:
        file = next(each for each in (ROOT / path, ROOT / "newsletter" / path) if each.exists())
        if not re.search(rf"^(?:async )?(?:def|class) {name}\b", file.read_text(), re.M):
            missing.append(f"{path} {name}")

    assert len(steps) > 10
    assert missing == []


def test_every_name_of_the_code_that_a_page_has_is_in_the_code() -> None:
    """A name that is nowhere else is an old one."""
    files = [*(ROOT / "newsletter").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    known = {word for file in files for word in re.findall(r"\w+", file.read_text())}
    named = {
        (page.name, name)
        for page in PAGES
        if page.name != "operate.md"  # it has words of proxies and of Prometheus
        for name in re.findall(r"`([A-Z][a-z]+[A-Z]\w+|[a-z]+(?:_[a-z]+)+)`", page.read_text())
    }

    assert len(named) > 20
    assert {each for each in named if each[1] not in known | EXAMPLES} == set()


def test_every_target_of_make_that_a_page_names_is_there() -> None:
    """The same for what a newcomer types."""
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z]+):", makefile, re.M))
    # Two that come with the tests' and the languages' own changes.
    pages = [*PAGES, *(ROOT / "docs/decisions").glob("0*.md")]
    named = {
        (page.name, name)
        for page in pages
        for name in re.findall(r"(?:`|^ {4})make ([a-z]+)", page.read_text(), re.M)
    }

    assert len(named) > 10
    assert {each for each in named if each[1] not in targets} == set()
