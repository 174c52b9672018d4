"""Names that say what they are: no participles for calls, fields and modules (CONTRIBUTING.md)."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = [
    path for path in sorted((ROOT / "newsletter").rglob("*.py")) if "migrations" not in path.parts
]
# As the name of a call nobody can tell it from a value; as a value it does not say of what.
PARTICIPLES = frozenset(
    "answered asked begun chosen filled found frozen given held judged kept made meant placed "
    "returned said selected settled shown sized taken told written".split()
)
VAGUE_ARGUMENTS = frozenset({"told", "said", "kept", "given", "held"})


def _names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Return the lines and names of calls, classes, their fields, and vague arguments."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                is_banned = name.strip("_") in PARTICIPLES
            case ast.ClassDef(name=name):
                is_banned = name.strip("_") in PARTICIPLES
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.arg(arg=name):
                is_banned = name.strip("_") in VAGUE_ARGUMENTS
            case _:
                continue
        if is_banned:
            yield node.lineno, name


def _offenders(text: str, name: str) -> list[str]:
    return [f"{name}:{line} {word}" for line, word in _names(ast.parse(text))]


def test_no_call_and_no_field_is_named_by_a_participle() -> None:
    """A function is a verb and its object, a predicate, or a noun for a pure value."""
    found = [
        offender
        for path in SOURCE
        for offender in _offenders(path.read_text(), str(path.relative_to(ROOT)))
    ]

    assert found == []


def test_no_module_is_named_by_a_participle() -> None:
    """A file is a noun of the field or a use case."""
    assert [str(path) for path in SOURCE if path.stem in PARTICIPLES] == []


def test_a_participle_is_found_wherever_a_name_is_given() -> None:
    """A guard that finds nothing would pass everything."""
    text = "class A:\n    held: int\n\n    def told(self, *, given: int) -> None: ...\n"

    assert sorted(_offenders(text, "a.py")) == ["a.py:2 held", "a.py:4 given", "a.py:4 told"]
