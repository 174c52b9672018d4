"""Sets of headlines that an editor has decided on, a TSV file each.

about: 1 when it is about the region. known_miss: "yes" when the topic is known to decide otherwise.
All headlines are our own, in the style that a set's name says.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Headline:
    """A title and its lead, and what the editor says of them."""

    is_about: bool
    language: str
    title: str
    lead: str
    is_known_miss: bool


def read_set(name: str) -> list[Headline]:
    """Return the headlines of the set of this name."""
    with (FOLDER / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        Headline(
            is_about={"1": True, "0": False}[row["about"]],
            language=row["language"],
            title=row["title"],
            lead=row["lead"],
            is_known_miss={"yes": True, "": False}[row["known_miss"]],
        )
        for row in rows
    ]
