"""Around midnight: the edition that is composed belongs to the day on which it goes out."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from newsletter.domain.newsletter import Newsletter
from newsletter.services.operations import scheduled_jobs
from newsletter.store import Store
from newsletter.store.editions import editions, newsletters
from tests.services.worlds import AMMAN, BAGHDAD, BEIRUT, news, readers

TUESDAY, WEDNESDAY = date(2026, 3, 3), date(2026, 3, 4)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
AFTER_MIDNIGHT = {"sends_at": time(0, 15), "compose_lead": HOUR}
BEFORE_MIDNIGHT = {"sends_at": time(23, 0), "grace": 2 * HOUR}


def changed(store: Store, newsletter: Newsletter, **changes: object) -> Newsletter:
    now = datetime.fromisoformat("2026-03-01T12:00Z")
    with store.begin() as session:
        return newsletters.save(session, replace(newsletter, **changes), now=now)  # type: ignore[arg-type]


def dates(store: Store, newsletter: Newsletter) -> list[date]:
    """Those for which there is an edition, the earliest first."""
    with store.begin() as session:
        return sorted(one.on for one in editions.list_recent(session, newsletter.id))


@pytest.mark.parametrize(
    ("changes", "at", "composed"),
    [
        pytest.param(
            AFTER_MIDNIGHT, "2026-03-03T23:30Z", [WEDNESDAY], id="tomorrow's, the evening before"
        ),
        pytest.param(
            AFTER_MIDNIGHT, "2026-03-03T23:15Z", [WEDNESDAY], id="tomorrow's, at its minute"
        ),
        pytest.param(
            AFTER_MIDNIGHT, "2026-03-03T23:14Z", [], id="tomorrow's, a minute before its time"
        ),
        pytest.param(
            AFTER_MIDNIGHT | {"zone": "Asia/Beirut"},
            "2026-03-03T21:30Z",
            [WEDNESDAY],
            id="tomorrow's, east of Greenwich",
        ),
        pytest.param(
            AFTER_MIDNIGHT | {"zone": "America/New_York"},
            "2026-03-04T04:30Z",
            [WEDNESDAY],
            id="tomorrow's, west of Greenwich",
        ),
        pytest.param(
            AFTER_MIDNIGHT | {"days": frozenset({2})},
            "2026-03-03T23:30Z",
            [],
            id="tomorrow's, on a day off",
        ),
        pytest.param(
            BEFORE_MIDNIGHT, "2026-03-04T00:10Z", [TUESDAY], id="yesterday's, within its grace"
        ),
        pytest.param(
            BEFORE_MIDNIGHT, "2026-03-04T01:00Z", [TUESDAY], id="yesterday's, at its grace's end"
        ),
        pytest.param(BEFORE_MIDNIGHT, "2026-03-04T01:01Z", [], id="yesterday's, past its grace"),
        pytest.param(
            BEFORE_MIDNIGHT | {"zone": "Asia/Beirut"},
            "2026-03-03T22:10Z",
            [TUESDAY],
            id="yesterday's, east of Greenwich",
        ),
        pytest.param(
            BEFORE_MIDNIGHT | {"days": frozenset({3})},
            "2026-03-04T00:10Z",
            [],
            id="yesterday's, on a day off",
        ),
    ],
)
def test_the_edition_that_is_owed_is_composed(ports, newsletter, clock, changes, at, composed):
    store = ports.store
    changed(store, newsletter, **changes)
    clock.at = datetime.fromisoformat(at)
    news(store, BEIRUT, AMMAN, BAGHDAD, now=clock.at - 5 * HOUR)

    said = scheduled_jobs.compose_due(ports)

    assert dates(store, newsletter) == composed
    assert said == ("composed evening" if composed else "composed nothing")


@pytest.mark.parametrize(
    ("changes", "begins"),
    [
        pytest.param(AFTER_MIDNIGHT, "2026-03-03T22:00Z", id="one that goes out after midnight"),
        pytest.param(BEFORE_MIDNIGHT, "2026-03-03T21:00Z", id="one that goes out before midnight"),
    ],
)
def test_over_a_night_one_edition_is_composed_and_goes_out_at_its_minute(
    ports, newsletter, clock, queue, changes, begins
):
    store = ports.store
    product = changed(store, newsletter, **changes)
    clock.at = datetime.fromisoformat(begins)
    readers(store, newsletter, ["amal"], now=clock.at)
    news(store, BEIRUT, AMMAN, BAGHDAD, now=clock.at - HOUR)
    sent_at = []

    for _ in range(5 * 12):
        scheduled_jobs.compose_due(ports)
        scheduled_jobs.dispatch_due(ports)
        sent_at += [clock.at] * len(queue)
        queue.clear()
        clock.at += 5 * MINUTE

    assert len(dates(store, newsletter)) == 1
    assert [at.time() for at in sent_at] == [product.sends_at]
