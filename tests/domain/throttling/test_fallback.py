"""What a run grants itself when it hears of nobody."""

from math import inf

import pytest

from newsletter.domain.throttling.fallback import LastKnown, SafePace
from newsletter.domain.throttling.limits import (
    DOUBLE_S,
    SAFE_PER_S,
    SAFE_RUNS,
    SERVICE,
    Ask,
    Limits,
    Pace,
)

EAGER = Ask(wanted={SERVICE: 10_000, "gmail": 10_000})


def granted(pace: SafePace, seconds: int, *, provider: str = SERVICE) -> int:
    return sum(
        pace.grants(EAGER, now=turn / 5).permits.get(provider, 0) for turn in range(5 * seconds + 1)
    )


@pytest.mark.parametrize(
    ("limits", "known", "per_s"),
    [
        pytest.param(Limits(), LastKnown(), SAFE_PER_S / SAFE_RUNS, id="nothing is known"),
        pytest.param(Limits(), LastKnown(runs=2), SAFE_PER_S / 2, id="no rate is set"),
        pytest.param(Limits(per_second=40), LastKnown(runs=2), 20, id="a rate"),
        pytest.param(Limits(per_second=0.5), LastKnown(runs=1), 0.5, id="a very low one"),
        pytest.param(
            Limits(per_second=40),
            LastKnown(runs=2, paces={SERVICE: Pace(8, 16, 0)}),
            4,
            id="slowed",
        ),
    ],
)
def test_it_is_this_runs_part_of_the_rate(limits, known, per_s):
    pace = SafePace(limits, known, day_left=None, now=0)

    assert granted(pace, 10) == pytest.approx(10 * per_s, rel=0.15)


def test_no_more_than_a_seconds_worth_is_saved_up():
    pace = SafePace(Limits(per_second=40), LastKnown(runs=2), day_left=None, now=0)
    pace.grants(Ask(), now=0)

    assert pace.grants(EAGER, now=100).permits[SERVICE] == 21
    assert pace.grants(Ask(held={SERVICE: 15}, wanted={SERVICE: 99}), now=200).permits[SERVICE] == 6


def test_a_slowed_provider_stays_slow_and_recovers():
    known = LastKnown(runs=2, paces={"gmail": Pace(10, 20, since=0)})
    pace = SafePace(Limits(), known, day_left=None, now=0)

    assert granted(pace, 10, provider="gmail") == pytest.approx(50, rel=0.1)
    assert "gmail" not in pace.grants(EAGER, now=4 * DOUBLE_S).permits


def test_who_says_slower_meanwhile_is_slowed_and_remembered_for_the_others():
    known = LastKnown(runs=2, paces={"yahoo": Pace(10, 20, since=0)})
    pace = SafePace(Limits(), known, day_left=None, now=0)

    pace.grants(Ask(slowed={"gmail": 30.0}), now=0)

    assert pace.slowed(now=0) == {"gmail": 30.0}
    assert granted(pace, 10, provider="gmail") == pytest.approx(150, rel=0.15)
    assert pace.slowed(now=4 * DOUBLE_S) == {}


def test_the_day_is_not_passed():
    pace = SafePace(Limits(per_day=100), LastKnown(runs=1), day_left=7, now=0)

    assert granted(pace, 10) == 7
    assert pace.grants(EAGER, now=11).wait_s == inf


def test_shares_are_those_it_had_or_those_of_a_run_among_several():
    limits = Limits(connections={"orange": 3, "gmail": 20})
    had = SafePace(limits, LastKnown(shares={"orange": 1, "gmail": 7}), day_left=None, now=0)
    never = SafePace(limits, LastKnown(), day_left=None, now=0)

    assert had.grants(Ask(), now=0).shares == {"orange": 1, "gmail": 7}
    assert never.grants(Ask(), now=0).shares == {"orange": 1, "gmail": 20 // SAFE_RUNS}
