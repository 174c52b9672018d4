"""The day's quota: a rolling one, for all runs together."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from newsletter.domain.throttling.limits import ALL_PROVIDERS, PermitRequest, SendLimits
from newsletter.store.delivery.send_permits import SLOT
from tests.store.delivery.throttling_simulation import PLENTY, World

DAY_S = timedelta(days=1).total_seconds()
SLOT_S = SLOT.total_seconds()


def test_the_day_holds_and_says_how_long(session):
    world = World(session, SendLimits(per_day=3_000))
    runs = [world.joins(name, gmail=PLENTY) for name in "ab"]

    world.passes(10)

    assert world.count() == 3_000
    assert all(run.grant.permits[ALL_PROVIDERS] == 0 for run in runs)
    assert DAY_S - 60 <= runs[0].wait_s <= DAY_S + 2 * SLOT_S


def test_the_day_is_a_rolling_one(session):
    world = World(session, SendLimits(per_day=3_000))
    for name in "ab":
        world.joins(name, gmail=PLENTY)
    world.passes(10)

    for _ in range(30):
        world.sleeps(3600)
        world.passes(0.5)
    world.passes(5)

    assert world.most_within(DAY_S) == 3_000
    assert world.count() == 6_000


def test_a_message_counts_for_24_hours_and_a_slot(session):
    world = World(session, SendLimits(per_day=3_000))
    world.joins("a", gmail=PLENTY)
    world.passes(10)

    world.sleeps(timedelta(hours=23, minutes=59).total_seconds())
    world.passes(5)
    before = world.count()
    world.sleeps(2 * SLOT_S)
    world.passes(10)

    assert (before, world.count()) == (3_000, 6_000)


def test_permits_that_nobody_used_do_not_count_for_the_day(session):
    world = World(session, SendLimits(per_day=3_000))
    world.joins("a", gmail=1_000)
    world.passes(5)
    world.joins("b", gmail=PLENTY)
    world.passes(10)

    assert world.count(run="a") == 1_000
    assert world.count() == 3_000


def test_permits_that_come_back_after_their_slot_has_ended_are_not_missing_in_the_next(session):
    world = World(session, SendLimits(per_day=100))
    end = SLOT_S - 0.1
    world.exchange("a", PermitRequest(wanted={ALL_PROVIDERS: 60}), at=end)
    world.exchange("a", PermitRequest(back={ALL_PROVIDERS: 50}), at=end + 0.2)
    world.exchange("a", PermitRequest(wanted={ALL_PROVIDERS: 90}), at=end + 1)

    slots = session.scalars(text("SELECT count FROM send_day ORDER BY began_at")).all()

    assert slots == [10, 90]


def test_what_is_sent_while_no_quota_is_set_counts_for_one_that_is_set_later(session):
    World(session, SendLimits()).exchange("a", PermitRequest(used=400))

    drawn = World(session, SendLimits(per_day=1_000)).exchange(
        "a", PermitRequest(wanted={ALL_PROVIDERS: 5_000}), at=1
    )

    assert drawn.permits == {ALL_PROVIDERS: 600}


@pytest.mark.parametrize("per_second", [0, 100])
def test_what_a_killed_run_held_counts_as_sent(session, per_second):
    limits = SendLimits(per_day=40, per_second=per_second)
    world = World(session, limits)
    world.exchange("other", PermitRequest(), at=0)
    world.exchange("killed", PermitRequest(wanted={ALL_PROVIDERS: 10}), at=1)

    drawn = [
        world.exchange("other", PermitRequest(wanted={ALL_PROVIDERS: 99}), at=60 + turn)
        for turn in range(3)
    ]

    assert sum(one.permits[ALL_PROVIDERS] for one in drawn) == 30
