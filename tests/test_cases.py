"""A table that one test tries row by row says which of its rows failed."""

import inspect

import pytest

from tests.cases import for_all, for_each


def test_every_row_is_tried_also_behind_one_that_fails():
    tried = []

    @for_each("number", [1, 2, 3])
    def check(number: int) -> None:
        tried.append(number)
        assert number != 2

    with pytest.raises(AssertionError) as failure:
        check()

    assert tried == [1, 2, 3]
    assert failure.value.__notes__ == ["with: {'number': 2}"]


def test_each_row_that_failed_is_named():
    rows = [pytest.param("a", 1, id="the first"), pytest.param("b", 2, id="the second"), ("c", 3)]

    @for_each(("letter", "number"), rows)
    def check(letter: str, number: int) -> None:
        with pytest.raises(ValueError, match="never"):
            assert number == 2

    with pytest.raises(BaseExceptionGroup, match="3 of 3 cases") as failure:
        check()

    notes = [one.__notes__ for one in failure.value.exceptions]
    assert notes == [
        ["with: the first"],
        ["with: the second"],
        ["with: {'letter': 'c', 'number': 3}"],
    ]


def test_what_is_no_column_stays_a_fixture():
    @for_each("number", [1, 2])
    def check(tmp_path: str, number: int) -> None:
        assert tmp_path == "a folder"

    check(tmp_path="a folder")

    assert list(inspect.signature(check).parameters) == ["tmp_path"]


def test_every_combination_is_tried():
    tried = []

    @for_all(letter="ab", number=[1, 2])
    def check(letter: str, number: int) -> None:
        tried.append((letter, number))

    check()

    assert tried == [("a", 1), ("a", 2), ("b", 1), ("b", 2)]


def test_a_table_without_rows_is_no_test():
    with pytest.raises(AssertionError, match="without rows"):
        for_each("number", [])
