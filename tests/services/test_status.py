"""How the house is, at one moment."""

from datetime import datetime, timedelta

from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.subscription import SubscriptionStatus
from newsletter.services import tick
from newsletter.services.dispatch import dispatch
from newsletter.services.status import status
from tests.services.worlds import composed, polled, readers

DAY = timedelta(days=1)


def test_a_newsletter_stands_with_its_readers_editions_and_deliveries(
    ports, newsletter, store, now
):
    readers(store, newsletter, ["amal", "samir"], now=now)
    edition = composed(store, newsletter, now=now)
    dispatch(ports, edition.id)

    (standing,) = status(store, now=now).newsletters

    assert standing.newsletter == newsletter
    assert standing.next_at == datetime.fromisoformat("2026-03-03T18:00Z")
    assert standing.readers[SubscriptionStatus.CONFIRMED] == 2
    assert [one.id for one in standing.editions] == [edition.id]
    assert standing.deliveries[edition.id][DeliveryStatus.QUEUED] == 2


def test_after_its_minute_the_next_edition_is_tomorrow_s(store, newsletter, now):
    (standing,) = status(store, now=now + timedelta(hours=1)).newsletters

    assert standing.next_at == datetime.fromisoformat("2026-03-04T18:00Z")


def test_only_the_last_editions_are_told(store, newsletter, now):
    for days in range(3):
        composed(store, newsletter, now=now + days * DAY)

    (standing,) = status(store, now=now, last=2).newsletters

    assert [one.on.day for one in standing.editions] == [5, 4]


def test_feeds_and_jobs_are_told_as_they_are_kept(ports, store, now):
    feed = polled(store, "https://cedar.example/rss", now=now + DAY)
    said = tick.compose_due(ports)

    found = status(store, now=now)

    assert found.feeds == (feed,)
    assert found.ticks == {"compose": (now, said)}
    assert (found.at, found.newsletters) == (now, ())
