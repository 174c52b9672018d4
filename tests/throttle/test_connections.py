"""Runs share the connections that a provider takes."""

import pytest

from newsletter.domain.throttling.limits import ROTATE_S, Ask, Limits
from tests.throttle.limiter_simulation import PLENTY, World


def test_a_share_is_given_on_only_as_the_messages_of_the_other_run_come_back(quotas):
    first, second = (quotas(run=name, connections={"gmail": 10}) for name in "ab")
    shares = []
    first.turn(Ask(), now=quotas.at(0))
    for flying in (10, 10, 7, 5, 0):
        first.turn(Ask(in_flight={"gmail": flying}), now=quotas.at(1))
        shares.append(second.turn(Ask(), now=quotas.at(1)).shares["gmail"])

    assert shares == [0, 0, 3, 5, 5]


@pytest.mark.parametrize("cap", [1, 3, 20, 25])
@pytest.mark.parametrize("runs", [1, 2, 3, 7])
def test_the_shares_make_up_the_cap_and_in_time_everybody_has_one(quotas, cap, runs):
    everybody = [quotas(run=f"run {each}", connections={"gmail": cap}) for each in range(runs)]
    had = [0] * runs
    for step in range(runs):
        second = quotas.at(step * ROTATE_S)
        for _ in range(3):  # they hear of one another, let go, and are given theirs
            shares = [run.turn(Ask(), now=second).shares["gmail"] for run in everybody]
        had = [sum(both) for both in zip(had, shares, strict=True)]

        assert sum(shares) == cap
        assert max(shares) - min(shares) <= 1

    assert had == [cap] * runs


@pytest.mark.parametrize("cap", [1, 3, 10])
def test_shares_and_messages_in_flight_never_pass_the_cap(redis_url, cap):
    world = World(redis_url, Limits(connections={"orange": cap, "gmail": 20}))
    runs = [world.joins("a", orange=PLENTY, gmail=PLENTY)]
    world.passes(2)
    for name in "bcde":
        runs.append(world.joins(name, orange=PLENTY, gmail=PLENTY))
        world.passes(1)
    world.passes(50)
    for run in runs[:2]:
        world.leaves(run)
        world.passes(1)
    # One dies: its messages in flight are nobody's, its share is for a while.
    world.runs.remove(runs[2])
    world.passes(20)

    assert world.most_flying["orange"] == world.most_shares["orange"] == cap
    assert world.most_shares["gmail"] == 20
    assert min(world.count(run=name, provider="orange") for name in "abde") > 0
    assert sum(run.grants.shares["orange"] for run in world.runs) == cap


def test_a_cap_of_one_provider_holds_up_no_other(redis_url):
    world = World(redis_url, Limits(connections={"orange": 3}))
    world.joins("a", orange=PLENTY, gmail=PLENTY)

    world.passes(10)

    assert world.count(provider="gmail") >= 0.9 * 9 * 1_000 - world.count(provider="orange")
    assert 0 < world.count(provider="orange") <= 3 * 10 / 0.1
