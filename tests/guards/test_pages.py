"""The documents hold together: links lead somewhere, decisions are listed, releases are dated."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
DECISIONS = sorted((ROOT / "docs/decisions").glob("0*.md"))
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
MAX_LINES = 50  # Of a decision: one page. Tables of measurements stand in docs/measurements.
_LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)")
_DATED = re.compile(
    r"# (?P<number>\d{4}) · (?P<title>.+)\n\n"
    r"(?P<date>\d{4}-\d\d-\d\d) · "
    r"(?P<status>(?:proposed|accepted|replaced by \d{4})"
    r"(?:; (?:in part replaced|completed) by \d{4})*)\n\n"
)


def _anchors(page: Path) -> set[str]:
    """Return where a link into the page may lead: GitHub's names for its headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.M)
    words = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {each.strip().replace(" ", "-") for each in words}


def test_every_link_between_documents_leads_somewhere() -> None:
    """A document that leads nowhere was not read by its writer."""
    broken = []
    for page in PAGES:
        for link, anchor in _LINK.findall(page.read_text()):
            target = page.parent / link if link else page
            if not target.exists():
                broken.append(f"{page.relative_to(ROOT)}: {link}")
            elif anchor and anchor not in _anchors(target):
                broken.append(f"{page.relative_to(ROOT)}: {link}#{anchor}")

    assert len(PAGES) > 20
    assert broken == []


def test_every_page_of_the_documents_can_be_reached_from_the_readme() -> None:
    """A page that no other leads to is head by nobody."""
    reached, ahead = set(), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop().resolve()
        if page in reached or page.suffix != ".md" or not page.exists():
            continue
        reached.add(page)
        ahead += [page.parent / link for link, _ in _LINK.findall(page.read_text()) if link]

    assert [str(page.relative_to(ROOT)) for page in PAGES if page.resolve() not in reached] == []


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.name[:4])
def test_a_decision_begins_with_its_date_and_status_and_fits_on_a_page(page: Path) -> None:
    """Of two that differ the later one holds, and one that was replaced must not be followed."""
    text = page.read_text()
    head = _DATED.match(text)

    assert head is not None, "Begin: # NNNN · Title, then 2026-01-02 · accepted"
    assert page.name.startswith(f"{head['number']}-")
    known = {each.name[:4] for each in DECISIONS}
    assert set(re.findall(r"by (\d{4})", head["status"])) <= known
    assert all(f"**{part}.**" in text for part in ("Context", "Decision", "Consequences"))
    assert len(text.splitlines()) <= MAX_LINES


def test_the_list_of_decisions_is_what_their_pages_say() -> None:
    """A decision that is not listed is taken again."""
    rows = []
    for page in DECISIONS:
        head = _DATED.match(page.read_text())
        assert head is not None
        number, title, date, status = head.group("number", "title", "date", "status")
        rows.append(f"| [{number}]({page.name}) | {date} | {title} | {status} |")
    listed = re.findall(r"^\| \[\d{4}\].*$", (ROOT / "docs/decisions/README.md").read_text(), re.M)

    assert rows
    assert listed == rows


def test_what_comes_next_stands_on_top_of_the_change_log() -> None:
    """Ops read from the top what an update brings; whoever changes something writes it there."""
    sections = re.findall(r"^## (.+)$", CHANGELOG, re.M)

    assert sections[0] == "Unreleased"


def test_the_newest_release_is_the_version_of_the_program() -> None:
    """A version without a section was never announced, a section without a version never made."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    releases = re.findall(r"^## (\d.*)$", CHANGELOG, re.M)
    # The first one was made before sections had dates.
    undated = [each for each in releases if not re.fullmatch(r"[\d.]+ · \d{4}-\d\d-\d\d", each)]

    assert releases[0].split(" · ")[0] == version
    assert undated in ([], ["0.1.0"])
