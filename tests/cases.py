"""Tables of cases that one test tries row by row: as cheap as a loop, and a failure names its rows.

pytest.mark.parametrize makes a test of each row, with fixtures of its own, an entry in the report
and a share in every worker's start. That is worth it where a row needs a fresh server or folder. A
rule that turns values into values needs none of it: its rows go into for_each.
"""

import functools
import inspect
import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

import pytest

Test = Callable[..., None]
_Param = type(pytest.param())


def for_each(
    names: str | Sequence[str], rows: Iterable[Any], *, ids: Iterable[str] = ()
) -> Callable[[Test], Test]:
    """Return a decorator that has one test try every row of a table.

    Names, rows and ids are written as for pytest.mark.parametrize, pytest.param included. All rows
    are tried, also behind one that fails, and the error lists each that failed by its id. Fixtures
    are made once for all rows, so this is for tests that leave nothing behind in them.
    """
    columns = names.replace(",", " ").split() if isinstance(names, str) else list(names)
    cases = [_case(columns, row) for row in rows]
    cases = [(name, case[1]) for name, case in zip(ids, cases, strict=True)] if ids else cases
    assert cases, "a table without rows tests nothing"

    def decorate(test: Test) -> Test:
        @functools.wraps(test)
        def test_each(**fixtures: Any) -> None:
            _try_each(lambda values: test(**values, **fixtures), cases)

        signature = inspect.signature(test)
        others = [value for name, value in signature.parameters.items() if name not in columns]
        cast("Any", test_each).__signature__ = signature.replace(parameters=others)
        return test_each

    return decorate


def for_all(**choices: Iterable[Any]) -> Callable[[Test], Test]:
    """Return a decorator that has one test try every combination of these arguments' values."""
    return for_each(tuple(choices), list(itertools.product(*choices.values())))


def _case(columns: Sequence[str], row: Any) -> tuple[str, dict[str, Any]]:
    """Return what a row is called, and its values by the names of the arguments."""
    if isinstance(row, _Param):
        assert not row.marks, "a row with a mark needs pytest.mark.parametrize"
        named = dict(zip(columns, row.values, strict=True))
        return str(row.id or named), named
    named = dict(zip(columns, row if len(columns) > 1 else (row,), strict=True))
    return str(named), named


def _try_each(attempt: Callable[[dict[str, Any]], None], cases: Sequence[tuple[str, Any]]) -> None:
    failures: list[BaseException] = []
    for name, values in cases:
        try:
            attempt(values)
        except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001  # kept and raised
            error.add_note(f"with: {name}")
            failures.append(error)
    if len(failures) == 1:
        raise failures[0]
    if failures:
        raise BaseExceptionGroup(f"{len(failures)} of {len(cases)} cases", failures)
