"""One place says what an edition's states mean."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2] / "newsletter"
STATES = {"EditionStatus", "HoldReason"}
# Sentences by state: a display, and no decision.
DISPLAYS = {"services/sending/control.py"}


def test_nobody_but_the_domain_of_editions_names_a_state_of_an_edition() -> None:
    """Who may move where is one table: sets of states typed elsewhere drift away from it.

    Others ask domain/editions/states.py and transitions.py. A list of sentences by state is a
    display, and stands in one of the named modules as the keys of a dictionary.
    """
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted(ROOT.rglob("*.py"))
        if not path.is_relative_to(ROOT / "domain/editions")
        for line in _named_states(path)
    ]

    assert found == []


def test_a_state_that_is_named_elsewhere_would_be_noticed(tmp_path: Path) -> None:
    """A guard that finds nothing has to be able to."""
    module = tmp_path / "module.py"
    module.write_text("if edition.status is EditionStatus.SENDING:\n    pass\n")

    assert list(_named_states(module)) == [1]


def _named_states(path: Path) -> Iterator[int]:
    tree = ast.parse(path.read_text())
    is_display = path.is_relative_to(ROOT) and str(path.relative_to(ROOT)) in DISPLAYS
    keys = {
        id(key)
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict) and is_display
        for key in node.keys
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
            continue
        if node.value.id in STATES and id(node) not in keys:
            yield node.lineno
