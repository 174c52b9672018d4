"""Print how much of each package the last tests ran, from the data that pytest-cov left.

Usage: python .ci/coverage_report.py

Only the tests' own processes are watched: what the features' commands, workers and pages run in
processes of theirs is not counted.
"""

from collections import Counter
from pathlib import Path

from coverage import Coverage
from coverage.exceptions import CoverageException

DEPTH = 2  # Of the packages in the table: newsletter.store, and not newsletter.store.migrations.


def main() -> None:
    """Print a line for each package, and the total."""
    coverage = Coverage()
    try:
        coverage.load()
    except CoverageException as error:
        print(f"No coverage: {error}")  # noqa: T201
        return
    lines, missing = Counter[str](), Counter[str]()
    for file in coverage.get_data().measured_files():
        _, statements, _, missed, _ = coverage.analysis2(file)
        lines[_package(file)] += len(statements)
        missing[_package(file)] += len(missed)
    print("\nLines run by the tests' own processes")  # noqa: T201
    for name in sorted(lines):
        _show(name, lines[name], missing[name])
    _show("in all", lines.total(), missing.total())


def _package(file: str) -> str:
    parts = Path(file).resolve().relative_to(Path.cwd()).parts
    return ".".join(parts[: min(DEPTH, len(parts) - 1)])


def _show(name: str, count: int, missed: int) -> None:
    share = (count - missed) / count if count else 1.0
    print(f"  {name:24} {count:6,} lines {share:7.1%}")  # noqa: T201


if __name__ == "__main__":
    main()
