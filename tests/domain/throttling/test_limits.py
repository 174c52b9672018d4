"""The rules of pace, as numbers."""

from math import inf

import pytest

from newsletter.domain.throttling.limits import (
    DOUBLE_S,
    FLOOR_PER_S,
    HOLD_S,
    OVER,
    Pace,
    seconds_for,
    slowed,
)


@pytest.mark.parametrize(
    ("before", "observed", "after"),
    [
        pytest.param(None, 400.0, Pace(200.0, 400.0, 100.0), id="half of what it was"),
        pytest.param(None, 0.0, Pace(FLOOR_PER_S, FLOOR_PER_S, 100.0), id="never nothing"),
        pytest.param(Pace(8.0, 16.0, 97.0), 8.0, Pace(8.0, 16.0, 97.0), id="said twice at once"),
        pytest.param(Pace(8.0, 16.0, 40.0), 90.0, Pace(8.0, 16.0, 100.0), id="it had doubled"),
        pytest.param(Pace(8.0, 16.0, 40.0), 2.0, Pace(1.0, 2.0, 100.0), id="it was not used up"),
        pytest.param(Pace(8.0, 16.0, -999.0), 90.0, Pace(45.0, 90.0, 100.0), id="long recovered"),
    ],
)
def test_a_provider_that_says_slower_gets_half(before, observed, after):
    assert slowed(before, observed=observed, now=100.0) == after


def test_it_doubles_each_minute_until_it_is_forgotten():
    pace = Pace(10.0, 20.0, since=0.0)
    doublings = [pace.at(count * DOUBLE_S) for count in range(5)]

    assert doublings == [10, 20, 40, 80, inf]
    assert OVER * 20.0 == 160


def test_a_clock_that_was_set_back_speeds_nothing_up():
    assert Pace(10.0, 20.0, since=500.0).at(0.0) == 10.0


def test_no_more_than_one_halving_comes_of_what_was_under_way():
    pace = slowed(None, observed=100.0, now=0.0)
    for step in range(int(HOLD_S * 10)):
        pace = slowed(pace, observed=100.0, now=step / 10)

    assert pace.per_s == 50.0


def test_how_long_a_pace_takes_for_so_many_counts_that_it_doubles_each_minute():
    begin = Pace(4.0, 8.0, 0.0)
    sent = sum(begin.at(turn / 100) / 100 for turn in range(100 * 90))

    assert seconds_for(sent, 4.0) == pytest.approx(90, rel=0.01)
    assert seconds_for(1_000, inf) == 0
