"""The rules of pace, as numbers."""

from math import inf

import pytest

from newsletter.domain.throttling.limits import (
    RECOVERY_DOUBLING_S,
    divide_connections,
    seconds_for,
)


def test_how_long_a_rate_takes_for_so_many_counts_that_it_doubles_each_minute():
    sent = sum(4.0 * 2 ** (turn / 100 / RECOVERY_DOUBLING_S) / 100 for turn in range(100 * 90))

    assert seconds_for(sent, 4.0) == pytest.approx(90, rel=0.01)
    assert seconds_for(1_000, inf) == 0


@pytest.mark.parametrize("cap", [1, 3, 20, 25])
@pytest.mark.parametrize("runs", [1, 2, 3, 7])
def test_the_parts_of_all_runs_make_up_the_cap(cap, runs):
    parts = [
        divide_connections({"gmail": cap}, runs=runs, rank=rank)["gmail"] for rank in range(runs)
    ]

    assert sum(parts) == cap
    assert max(parts) - min(parts) <= 1
