"""How the house is, at one moment."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.domain.subscribers.subscription import SubscriptionStatus
from newsletter.mail.smtp import RelaySet
from newsletter.services.editions import review
from newsletter.services.operations import scheduled_jobs
from newsletter.services.operations.status import read_forecast, status
from newsletter.services.sending.dispatch import dispatch
from tests.services.worlds import composed, polled, readers

DAY = timedelta(days=1)


def test_a_newsletter_stands_with_its_readers_editions_and_deliveries(
    ports, newsletter, store, now
):
    readers(store, newsletter, ["amal", "samir"], now=now)
    edition = composed(store, newsletter, now=now)
    dispatch(ports, edition.id)

    (standing,) = status(ports).newsletters

    assert standing.newsletter == newsletter
    assert standing.next_at == datetime.fromisoformat("2026-03-04T18:00Z")  # tonight's is under way
    assert standing.subscriptions[SubscriptionStatus.CONFIRMED] == 2
    assert [one.id for one in standing.editions] == [edition.id]
    assert standing.deliveries[edition.id][DeliveryStatus.QUEUED] == 2


def test_after_its_minute_the_next_edition_is_tomorrow_s(ports, newsletter, now):
    (standing,) = status(replace(ports, now=lambda: now + timedelta(hours=1))).newsletters

    assert standing.next_at == datetime.fromisoformat("2026-03-04T18:00Z")


def test_only_the_last_editions_are_told(ports, store, newsletter, now):
    for days in range(3):
        composed(store, newsletter, now=now + days * DAY)

    (standing,) = status(ports, last=2).newsletters

    assert [one.on.day for one in standing.editions] == [5, 4]


def test_the_forecast_is_of_the_edition_its_stories_and_its_readers(ports, newsletter, store, now):
    for ask in (
        scheduled_jobs.collect_due,
        scheduled_jobs.compose_due,
        scheduled_jobs.dispatch_due,
    ):
        ask(ports)
    readers(store, newsletter, ["amal", "samir"], now=now)
    edition = composed(store, newsletter, now=now)

    (ready,) = status(ports).newsletters
    review.hold(ports, edition.id, note="Wait for the vote", by="desk")
    held = read_forecast(ports, newsletter)
    review.approve(ports, edition.id, by="desk")
    dispatch(ports, edition.id)
    under_way = read_forecast(ports, newsletter)

    start = "Tonight 18:00 (in 30 min): "
    assert (
        ready.forecast.sentence == f"{start}3 stories, no approval needed, to 2 readers: goes out"
    )
    assert held.sentence == f'{start}will NOT go out: held by an editor, "Wait for the vote"'
    assert under_way.sentence == (
        "Tonight 18:00: being sent since 17:30: 0 of 2 sent; next tomorrow 18:00"
    )


@pytest.mark.parametrize(
    ("minutes", "is_running"),
    [pytest.param(5, True, id="five minutes ago"), pytest.param(6, False, id="longer ago")],
)
def test_without_the_job_that_sends_nothing_goes_out(
    ports, newsletter, store, *, now, minutes, is_running
):
    scheduled_jobs.dispatch_due(ports)
    readers(store, newsletter, ["amal"], now=now)
    composed(store, newsletter, now=now)

    found = read_forecast(replace(ports, now=lambda: now + timedelta(minutes=minutes)), newsletter)

    assert found.goes_out is is_running
    assert found.reason == ("ready" if is_running else "jobs")


@pytest.mark.parametrize(
    ("failures", "reason"),
    [
        pytest.param((0, 0), "not_composed", id="none"),
        pytest.param((1, 0), "not_composed", id="one"),
        pytest.param((2, 1), "feeds_failing", id="all"),
    ],
)
def test_the_forecast_knows_how_many_feeds_fail(
    ports, newsletter, store, *, clock, failures, reason
):
    clock.at = now = clock.at - timedelta(hours=1)  # before it is composed
    for ask in (scheduled_jobs.compose_due, scheduled_jobs.dispatch_due):
        ask(ports)
    readers(store, newsletter, ["amal"], now=now)
    for number, times in enumerate(failures):
        polled(store, f"https://cedar.example/{number}", now=now, failures=times)

    assert read_forecast(ports, newsletter).reason == reason


def test_feeds_and_jobs_are_told_as_they_are_kept(ports, store, now):
    feed = polled(store, "https://cedar.example/rss", now=now + DAY)
    said = scheduled_jobs.compose_due(ports)

    found = status(ports)

    assert found.feeds == (feed,)
    assert found.ticks == {"compose": (now, said)}
    assert (found.at, found.newsletters) == (now, ())


def test_a_sender_that_the_build_will_refuse_is_told_before_the_minute(
    ports, newsletter, store, now
):
    for ask in (
        scheduled_jobs.collect_due,
        scheduled_jobs.compose_due,
        scheduled_jobs.dispatch_due,
    ):
        ask(ports)
    readers(store, newsletter, ["amal"], now=now)
    composed(store, newsletter, now=now)

    found = read_forecast(
        replace(ports, relays=RelaySet.parse("smtp://relay.press.example")), newsletter
    )

    assert (found.goes_out, found.reason) == (False, "refused")
    assert "will NOT go out: its sender is at example.org" in found.sentence


def test_a_status_that_was_given_no_relay_is_one_all_the_same(ports, newsletter, now):
    (standing,) = status(replace(ports, relays=RelaySet()), has_relay=False).newsletters

    assert standing.newsletter == newsletter
