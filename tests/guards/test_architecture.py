"""docs/architecture.md shows the floors and the tables that there are."""

import re
import tomllib
from pathlib import Path

from newsletter.store.schema import METADATA

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/architecture.md").read_text()
# "a ||--o{ b : column": a solid line is a foreign key, a dotted one is none.
_LINE = re.compile(r"^ {4}(\w+) [|o]{2}(--|\.\.)[|o][{|] (\w+) : (\w+)$", re.M)


def _picture(kind: str) -> str:
    block = re.search(rf"^```mermaid\n{kind}\n(.*?)^```$", PAGE, re.M | re.S)
    assert block is not None
    return block[1]


def test_every_table_is_in_the_picture_and_in_the_list() -> None:
    """A table that is in neither was made without a word on what its rows are."""
    picture = _picture("erDiagram")
    drawn = {name for line in _LINE.finditer(picture) for name in (line[1], line[3])}
    drawn |= set(re.findall(r"^ {4}(\w+)$", picture, re.M))
    listed = re.findall(r"^\| `(\w+)` \| \S", PAGE, re.M)

    assert drawn == set(METADATA.tables)
    assert sorted(listed) == sorted(METADATA.tables)


def test_every_foreign_key_is_a_solid_line_and_no_other() -> None:
    """Whoever deletes a row has to know what hangs on it."""
    keys = {
        (key.column.table.name, table.name, key.parent.name)
        for table in METADATA.tables.values()
        for key in table.foreign_keys
    }
    lines = [line.groups() for line in _LINE.finditer(_picture("erDiagram"))]

    assert {
        (parent, child, column) for parent, kind, child, column in lines if kind == "--"
    } == keys
    assert all(column in METADATA.tables[child].columns for _, _, child, column in lines)


def test_the_ends_of_a_line_say_how_many_rows_there_may_be() -> None:
    """o| for a column that may be empty, || for one that may not."""
    ends = re.findall(r"^ {4}\w+ (\S+?)--\S+ (\w+) : (\w+)$", _picture("erDiagram"), re.M)
    wrong = [
        f"{child}.{column}"
        for end, child, column in ends
        if (end == "|o") is not METADATA.tables[child].columns[column].nullable
    ]

    assert ends
    assert wrong == []


def test_the_floors_are_those_of_the_contract() -> None:
    """The contract is what holds; a picture of other floors would send people to closed doors."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = next(each["layers"] for each in settings["contracts"] if each["type"] == "layers")
    floors = [set(re.findall(r"\w+", layer)) for layer in layers]
    # In brackets: a room that may not be there yet.
    optional = {room for layer in layers for room in re.findall(r"\((\w+)\)", layer)}
    block = re.search(r"^```\n( __main__.*?)^```$", PAGE, re.M | re.S)
    assert block is not None
    drawn = re.findall(r"^ (\S+(?: \| \S+)*)(?:  |$)", block[1], re.M)

    assert [
        set(line.split(" | ")) | (floor & optional)
        for line, floor in zip(drawn, floors, strict=True)
    ] == floors
