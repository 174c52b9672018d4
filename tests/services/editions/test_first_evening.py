"""The first evening goes out: feeds are read first, and nothing is skipped before its minute."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from newsletter.domain.editions.edition import EditionStatus, HoldReason
from newsletter.domain.newsletter import TooFewStoriesPolicy
from newsletter.services.editions.recompose import compose_now
from newsletter.services.operations import scheduled_jobs
from newsletter.store.collection import feeds
from newsletter.store.editions import editions, newsletters
from tests.services.worlds import (
    AMMAN,
    BAGHDAD,
    BEIRUT,
    CAIRO,
    item,
    news,
    polled,
    readers,
    rss,
    statuses,
)

TODAY = date(2026, 3, 3)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SENDS = datetime.fromisoformat("2026-03-03T18:00Z")
CUT_OFF = SENDS - HOUR
THREE = {"/a": BEIRUT, "/b": AMMAN, "/c": BAGHDAD}


@pytest.fixture
def clock(clock):
    """A quarter of an hour before the minute: past the cut-off."""
    clock.at = SENDS - 15 * MINUTE
    return clock


@pytest.fixture
def found(store, newsletter):
    def find(on=TODAY):
        with store.begin() as session:
            return editions.by_date(session, newsletter.id, on)

    return find


@pytest.fixture
def minutes(ports, clock, queue):
    """Lets the beat run until a time, each five minutes; when something was sent off."""

    def run(
        until,
        *,
        jobs=(scheduled_jobs.compose_due, scheduled_jobs.collect_due, scheduled_jobs.dispatch_due),
    ):
        sent_at = []
        while clock.at <= until:
            for job in jobs:
                job(ports)
            sent_at += [clock.at] * len(queue)
            queue.clear()
            clock.at += 5 * MINUTE
        return sent_at

    return run


def document(*, at: datetime | None = None, stories: dict[str, str] = THREE) -> str:
    return rss(*(item(path, title=title, at=at) for path, title in stories.items()))


@pytest.mark.parametrize(
    "published",
    [
        pytest.param(CUT_OFF - HOUR, id="with what was published before the cut-off"),
        pytest.param(CUT_OFF + 20 * MINUTE, id="with what was published after it"),
        pytest.param(None, id="with entries that have no date"),
    ],
)
def test_a_first_evening_begun_past_its_cut_off_goes_out_at_its_minute(
    ports, newsletter, *, web, clock, found, minutes, published
):
    readers(ports.store, newsletter, ["amal"], now=clock.at)
    polled(ports.store, web.serve("/rss", document(at=published)), now=clock.at)

    sent_at = minutes(SENDS + 5 * MINUTE)

    edition = found()
    assert sent_at == [SENDS]
    assert {story.title for story in edition.stories} == set(THREE.values())


def test_composing_alone_reads_a_feed_that_nobody_has_read(ports, newsletter, web, clock, found):
    polled(ports.store, web.serve("/rss", document(at=CUT_OFF - HOUR)), now=clock.at)

    assert scheduled_jobs.compose_due(ports) == "composed evening"

    assert len(found().stories) == 3
    assert found().closes_at == CUT_OFF


def test_a_feed_that_is_added_on_the_evening_is_in_it(
    ports, newsletter, web, clock, minutes, found
):
    polled(ports.store, web.serve("/rss", document(at=CUT_OFF - HOUR)), now=clock.at)
    minutes(SENDS - 15 * MINUTE)
    late = document(at=CUT_OFF - 2 * HOUR, stories={"/d": CAIRO})
    polled(ports.store, web.serve("/late", late), now=clock.at, source="Gulf Wire")

    minutes(SENDS - MINUTE)

    assert CAIRO in {story.title for story in found().stories}


@pytest.mark.parametrize("late", [timedelta(0), 10 * MINUTE], ids=["cut-off", "after the minute"])
def test_a_feed_that_comes_back_is_in_the_evening_once_it_is_read(
    ports, newsletter, web, clock, found, late
):
    polled(ports.store, web.serve("/rss", status=500), now=clock.at)
    scheduled_jobs.compose_due(ports)
    web.serve("/rss", document(at=CUT_OFF - HOUR))
    with ports.store.begin() as session:
        (feed,) = feeds.list_all(session)
        feeds.record(session, feed.id, due_at=clock.at)
    clock.at += 6 * MINUTE

    scheduled_jobs.compose_due(ports)

    assert (found().status, found().reason, len(found().stories)) == ("draft", "", 3)


@pytest.mark.parametrize(
    ("feed", "says"),
    [
        pytest.param(None, "No feed is read yet", id="without a feed"),
        pytest.param({"status": 500}, "None of the feeds could be read", id="with none that works"),
        pytest.param({"body": rss()}, "no story about the topic", id="with nothing in them"),
        pytest.param(
            {"body": document(at=SENDS - 5 * DAY)}, "no story about", id="with old news only"
        ),
        pytest.param(
            {"body": document(at=CUT_OFF - HOUR, stories={"/a": BEIRUT})},
            "1 of at least 3",
            id="with too little",
        ),
    ],
)
def test_what_has_nothing_to_say_is_skipped_at_its_minute_and_not_before(
    ports, newsletter, *, web, clock, found, minutes, feed, says
):
    if feed is not None:
        polled(ports.store, web.serve("/rss", **feed), now=clock.at)

    minutes(SENDS - MINUTE)
    before = found()
    sent_at = minutes(SENDS)

    assert (before.status, found().status, sent_at) == ("draft", "skipped", [])
    assert says in before.reason
    assert says in found().reason
    assert "anew" in before.reason
    assert "anew" not in found().reason


def test_a_skipped_evening_stays_skipped(ports, newsletter, clock, found, minutes):
    minutes(SENDS)
    news(ports.store, *THREE.values(), now=clock.at, published_at=CUT_OFF - MINUTE)

    sent_at = minutes(SENDS + 15 * MINUTE)

    assert (found().status, sent_at) == (EditionStatus.SKIPPED, [])


def test_a_thin_day_becomes_a_draft_when_news_comes_in(ports, store, newsletter, clock, found):
    with store.begin() as session:
        newsletters.save(
            session,
            replace(newsletter, too_few_stories_policy=TooFewStoriesPolicy.HOLD),
            now=clock.at,
        )
    news(store, BEIRUT, AMMAN, now=CUT_OFF - HOUR)
    scheduled_jobs.compose_due(ports)
    held = found()
    news(store, BAGHDAD, now=clock.at + MINUTE)
    clock.at += 2 * MINUTE

    scheduled_jobs.compose_due(ports)

    assert (held.status, held.hold) == (EditionStatus.HELD, HoldReason.TOO_FEW_STORIES)
    assert (found().status, found().hold, found().reason) == (EditionStatus.DRAFT, None, "")


@pytest.mark.parametrize("min_stories", [1, 3], ids=["fewer are enough", "unchanged"])
def test_how_many_stories_are_enough_counts_as_it_is_at_the_minute(
    ports, store, newsletter, *, clock, found, minutes, min_stories
):
    readers(store, newsletter, ["amal"], now=clock.at)
    news(store, BEIRUT, now=CUT_OFF - HOUR)
    scheduled_jobs.compose_due(ports)
    with store.begin() as session:
        newsletters.save(session, replace(newsletter, min_stories=min_stories), now=clock.at)

    assert minutes(SENDS) == ([SENDS] if min_stories == 1 else [])


def test_begun_after_its_minute_within_its_grace_the_first_evening_goes_out(
    ports, newsletter, web, clock, minutes, found
):
    clock.at = SENDS + HOUR
    readers(ports.store, newsletter, ["amal"], now=clock.at)
    polled(ports.store, web.serve("/rss", document(at=SENDS)), now=clock.at)

    assert minutes(SENDS + HOUR + 3 * MINUTE) == [SENDS + HOUR]
    assert found().closes_at == SENDS + HOUR


def test_after_an_outage_feeds_are_read_before_the_evening_is_decided(
    ports, newsletter, web, clock, minutes, found
):
    store = ports.store
    readers(store, newsletter, ["amal"], now=clock.at)
    url = web.serve("/rss", document(at=SENDS - 9 * HOUR, stories={"/d": CAIRO}))
    polled(store, url, now=SENDS - 8 * HOUR)
    clock.at = SENDS - 8 * HOUR
    scheduled_jobs.collect_due(ports)
    web.serve("/rss", document(at=SENDS - 3 * HOUR))
    clock.at = SENDS + 40 * MINUTE

    sent_at = minutes(
        clock.at,
        jobs=(scheduled_jobs.dispatch_due, scheduled_jobs.compose_due, scheduled_jobs.dispatch_due),
    )

    assert sent_at == [SENDS + 40 * MINUTE]
    assert {story.title for story in found().stories} == {CAIRO, *THREE.values()}


def test_two_newsletters_do_not_wait_for_each_other(ports, newsletter, web, clock, minutes, found):
    store = ports.store
    with store.begin() as session:
        early = replace(newsletter, slug="early", sends_at=time(17, 50))
        early = newsletters.save(session, early, now=clock.at)
    for each in (newsletter, early):
        readers(store, each, ["amal"], now=clock.at)
    polled(store, web.serve("/rss", document(at=CUT_OFF - HOUR)), now=clock.at)

    assert minutes(SENDS) == [SENDS - 10 * MINUTE, SENDS]


def test_a_person_s_first_look_reads_the_feeds_that_nobody_has_read(ports, newsletter, web, clock):
    polled(ports.store, web.serve("/rss", document(at=CUT_OFF - HOUR)), now=clock.at)

    assert len(compose_now(ports, newsletter, TODAY).stories) == 3


def test_who_looks_at_an_old_evening_asks_nobody(ports, newsletter, web, clock):
    polled(ports.store, web.serve("/rss", document(at=CUT_OFF - HOUR)), now=clock.at)

    compose_now(ports, newsletter, TODAY - 7 * DAY)

    assert web.asked == []


def test_nothing_is_composed_twice_without_need(ports, newsletter, web, clock, found):
    polled(ports.store, web.serve("/rss", document(at=CUT_OFF - HOUR)), now=clock.at)
    scheduled_jobs.compose_due(ports)
    first = found()
    said = []
    for _ in range(3):
        clock.at += MINUTE
        said.append(scheduled_jobs.compose_due(ports))

    assert set(said) == {"composed nothing"}
    assert found() == first


def test_with_nothing_to_say_nothing_is_composed_twice_either(ports, newsletter, web, clock, found):
    polled(ports.store, web.serve("/rss", rss()), now=clock.at)

    said = []
    for _ in range(4):
        said.append(scheduled_jobs.compose_due(ports))
        clock.at += MINUTE

    assert said == ["composed evening", *["composed nothing"] * 3]
    assert web.paths_asked() == ["/rss"]


def test_many_beats_at_once_send_one_first_evening_once(ports, newsletter, web, clock, found):
    clock.at = SENDS
    readers(ports.store, newsletter, ["amal", "samir"], now=clock.at)
    polled(ports.store, web.serve("/rss", document(at=CUT_OFF - HOUR)), now=clock.at)

    for _ in range(2):
        with ThreadPoolExecutor(4) as pool:
            jobs = [scheduled_jobs.compose_due, scheduled_jobs.dispatch_due] * 2
            for done in [pool.submit(job, ports) for job in jobs]:
                done.result()
        clock.at += MINUTE

    edition = found()
    assert (edition.status, len(edition.stories)) == (EditionStatus.SENDING, 3)
    assert statuses(ports.store, edition.id) == {"queued": 2}
