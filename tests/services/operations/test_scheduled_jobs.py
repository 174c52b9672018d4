"""What is due this minute is done, and every job says that it ran."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from newsletter.domain.editions.edition import Edition, EditionStatus
from newsletter.domain.newsletter import Newsletter
from newsletter.services.operations import scheduled_jobs
from newsletter.services.sending.deliver import deliver
from newsletter.store import Store
from newsletter.store.delivery import partitions
from newsletter.store.editions import editions, newsletters
from newsletter.store.operations import job_runs
from tests.services.worlds import (
    AMMAN,
    BAGHDAD,
    BEIRUT,
    composed,
    edition_of,
    item,
    news,
    polled,
    readers,
    rss,
)

TODAY = date(2026, 3, 3)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TO_COMPOSE = datetime.fromisoformat("2026-03-03T17:00Z")


def found(store: Store, newsletter: Newsletter, on: date = TODAY) -> Edition | None:
    with store.begin() as session:
        return editions.by_date(session, newsletter.id, on)


def changed(store: Store, newsletter: Newsletter, now: datetime, **changes: object) -> None:
    with store.begin() as session:
        newsletters.save(session, replace(newsletter, **changes), now=now)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("job", "name"),
    [
        pytest.param(scheduled_jobs.collect_due, "collect", id="collect"),
        pytest.param(scheduled_jobs.compose_due, "compose", id="compose"),
        pytest.param(scheduled_jobs.dispatch_due, "dispatch", id="dispatch"),
        pytest.param(scheduled_jobs.recover_due, "recover", id="recover"),
    ],
)
def test_a_job_with_nothing_to_do_says_when_it_ran(ports, job, name, clock):
    job(ports)
    clock.at += MINUTE

    said = job(ports)

    with ports.store.begin() as session:
        assert job_runs.list_all(session) == {name: (clock.at, said)}
    assert said


def test_collecting_reads_the_feeds_that_are_due(ports, web, store, now):
    polled(store, web.serve("/a", rss(item("/a"), item("/b"))), now=now)
    polled(store, web.serve("/b", status=500), now=now)
    polled(store, web.serve("/c", rss(item("/c"))), now=now + MINUTE)

    assert scheduled_jobs.collect_due(ports) == "2 feeds, 2 new articles, 1 failed"
    assert sorted(web.paths_asked()) == ["/a", "/b"]


@pytest.mark.parametrize(
    ("at", "is_composed"),
    [
        pytest.param(TO_COMPOSE - MINUTE, False, id="before its time"),
        pytest.param(TO_COMPOSE, True, id="at its time"),
        pytest.param(TO_COMPOSE + 3 * HOUR, True, id="late, within the grace"),
        pytest.param(TO_COMPOSE + 3 * HOUR + MINUTE, False, id="past the grace"),
    ],
)
def test_an_edition_is_composed_when_its_time_has_come(
    ports, newsletter, store, clock, at, is_composed
):
    news(store, BEIRUT, AMMAN, BAGHDAD, now=TO_COMPOSE - HOUR)
    clock.at = at

    said = scheduled_jobs.compose_due(ports)

    assert said == ("composed evening" if is_composed else "composed nothing")
    assert (found(store, newsletter) is not None) is is_composed


def test_on_a_day_off_nothing_is_composed(ports, newsletter, store, now):
    changed(store, newsletter, now, days=frozenset({1, 3, 4, 5, 6, 7}))

    assert scheduled_jobs.compose_due(ports) == "composed nothing"
    assert found(store, newsletter) is None


def test_an_edition_is_composed_once_by_the_clock(ports, newsletter, store, now):
    first = composed(store, newsletter, now=now)

    assert scheduled_jobs.compose_due(ports) == "composed nothing"
    assert found(store, newsletter) == first


def test_the_date_is_that_of_the_newsletter_s_zone(ports, newsletter, store, clock):
    changed(store, newsletter, clock.at, zone="Asia/Tokyo", sends_at=time(8, 0))
    clock.at = datetime.fromisoformat("2026-03-03T22:30Z")

    scheduled_jobs.compose_due(ports)

    edition = found(store, newsletter, date(2026, 3, 4))
    assert edition is not None
    assert edition.sends_at == datetime.fromisoformat("2026-03-03T23:00Z")


def test_a_newsletter_that_cannot_be_composed_does_not_stop_the_others(
    ports, newsletter, store, now
):
    with store.begin() as session:
        for slug, topic in (("a-broken", "no-such-topic"), ("z-good", "middle-east")):
            made = replace(newsletter, slug=slug, topic=topic)
            newsletters.save(session, made, now=now)
    changed(store, newsletter, now, topic="no-such-topic")

    assert scheduled_jobs.compose_due(ports) == "composed z-good"


def test_editions_are_sent_off_at_their_minute(ports, newsletter, store, clock, queue):
    readers(store, newsletter, ["amal"], now=clock.at)
    edition = composed(store, newsletter, now=clock.at)
    clock.at = edition.sends_at - MINUTE
    before = scheduled_jobs.dispatch_due(ports)
    clock.at = edition.sends_at

    said = scheduled_jobs.dispatch_due(ports)

    assert (before, said) == ("nothing due", f"{edition.id} sending")
    assert queue == [(edition.id, (0,))]


def test_what_was_lost_is_found(ports, newsletter, store, clock, queue):
    readers(store, newsletter, ["amal"], now=clock.at)
    composed(store, newsletter, now=clock.at)
    clock.at += HOUR
    scheduled_jobs.dispatch_due(ports)

    assert scheduled_jobs.recover_due(ports) == "0 uncertain, 1 batches queued, 0 done"
    assert len(queue) == 2


def test_old_months_are_let_go_and_that_is_noted(ports, store, clock):
    with store.begin() as session:
        partitions.ensure(session, date(2024, 5, 1))

    first, second = (scheduled_jobs.retain_due(ports, keep_months=13) for _ in range(2))

    assert (first, second) == ("let go of delivery_2024_05", "let go of nothing")
    with store.begin() as session:
        assert job_runs.list_all(session)["retain"] == (clock.at, second)


def test_an_evening_passes_from_feed_to_mailbox(ports, newsletter, clock, web, mail):
    store = ports.store
    queue: list[tuple[int, int]] = []
    ports = replace(
        ports, enqueue=lambda edition, batches: queue.extend((edition, one) for one in batches)
    )
    titles = {"/a": BEIRUT, "/b": AMMAN, "/c": BAGHDAD}
    body = rss(*(item(path, title=title) for path, title in titles.items()))
    readers(store, newsletter, ["amal", "samir"], now=clock.at)
    clock.at = TO_COMPOSE - HOUR
    polled(store, web.serve("/rss", body), now=clock.at)

    for _ in range(26):
        for job in (
            scheduled_jobs.collect_due,
            scheduled_jobs.compose_due,
            scheduled_jobs.dispatch_due,
            scheduled_jobs.recover_due,
        ):
            job(ports)
        while queue:
            deliver(ports, *queue.pop())
        clock.at += 5 * MINUTE

    edition = found(store, newsletter)
    assert edition is not None
    assert edition.status is EditionStatus.SENT
    assert edition.sent_at == edition.sends_at == TO_COMPOSE + HOUR
    assert {story.title for story in edition.stories} == set(titles.values())
    assert mail.recipients() == ["amal@example.org", "samir@example.org"]


def test_an_evening_s_mail_reaches_each_reader_once(ports, newsletter, store, clock, mail):
    readers(store, newsletter, ["amal", "samir"], now=clock.at)
    edition = composed(store, newsletter, now=clock.at)
    clock.at = edition.sends_at

    for _ in range(3):
        scheduled_jobs.dispatch_due(ports)
        scheduled_jobs.recover_due(ports)
        deliver(ports, edition.id, 0)
        clock.at += MINUTE

    assert mail.recipients() == ["amal@example.org", "samir@example.org"]
    assert edition_of(store, edition.id).status is EditionStatus.SENT
