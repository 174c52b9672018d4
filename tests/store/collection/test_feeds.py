"""Feeds: what we read, how it went last time, and when to ask again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from newsletter.domain.editions.recomposition import FeedHealth
from newsletter.domain.feed import Feed
from newsletter.store.collection import feeds
from tests.store.builders import everything, kept

MINUTE = timedelta(minutes=1)


def test_a_feed_comes_back_as_it_was_added(session, now):
    added = Feed(
        url="https://cedar.example/rss",
        source="The Cedar Post",
        section="Lebanon",
        language="en",
        weight=0.5,
        etag='"7"',
        failures=2,
        last_result="There is nothing at this address (404).",
        due_at=now,
        fetched_at=now - MINUTE,
    )

    stored = feeds.add(session, added, now=now)

    assert stored.id > 0
    assert feeds.list_all(session) == (stored,) == (replace(added, id=stored.id),)


def test_adding_a_known_feed_changes_what_is_said_of_it_and_keeps_how_it_went(session, feed, now):
    feeds.record(session, feed.id, etag='"7"', failures=3, due_at=now + MINUTE)
    again = replace(feed, id=0, source="Cedar", section="", language="ar", weight=2.0, etag="")

    stored = feeds.add(session, again, now=now)

    assert (stored.id, stored.etag, stored.failures) == (feed.id, '"7"', 3)
    assert stored.due_at == now + MINUTE
    assert (stored.source, stored.section, stored.language, stored.weight) == ("Cedar", "", "ar", 2)


@pytest.mark.parametrize(
    ("first", "second", "is_polled"),
    [
        pytest.param(True, False, True, id="a polled one read from a file stays polled"),
        pytest.param(False, True, True, id="one from a file becomes polled"),
        pytest.param(False, False, False, id="one from a file stays so"),
    ],
)
def test_a_feed_is_polled_once_somebody_asked_for_it(session, now, first, second, is_polled):
    made = Feed(url="https://cedar.example/rss", is_polled=first, due_at=now)
    feeds.add(session, made, now=now)

    stored = feeds.add(session, replace(made, is_polled=second), now=now)

    assert stored.is_polled is is_polled


def test_feeds_are_listed_by_source_and_address(session, feed, wire, now):
    second = feeds.add(session, replace(feed, url="https://cedar.example/atom"), now=now)

    assert [one.url for one in feeds.list_all(session)] == [wire.url, second.url, feed.url]


@pytest.mark.parametrize(
    ("changes", "is_due"),
    [
        pytest.param({}, True, id="at its time"),
        pytest.param({"due_at": timedelta(seconds=1)}, False, id="before its time"),
        pytest.param({"is_polled": False}, False, id="read from a file"),
    ],
)
def test_a_polled_feed_is_due_when_its_time_has_come(session, feed, now, changes, is_due):
    changes = {**changes, "due_at": now + changes.get("due_at", timedelta(0))}

    feeds.record(session, feed.id, **changes)

    assert bool(feeds.list_due(session, now=now)) is is_due


def test_the_longest_overdue_feed_comes_first(session, feed, wire, now):
    feeds.record(session, wire.id, due_at=now - MINUTE)

    assert [one.id for one in feeds.list_due(session, now=now)] == [wire.id, feed.id]


def test_how_a_reading_went_is_written_down_for_that_feed_only(session, feed, wire, now):
    feeds.record(session, feed.id, last_result="rss: 3 new.", entry_count=3, succeeded_at=now)

    stored = {one.id: one for one in feeds.list_all(session)}
    assert stored[wire.id] == wire
    assert stored[feed.id] == replace(
        feed, last_result="rss: 3 new.", entry_count=3, succeeded_at=now
    )


def test_a_removed_feed_leaves_its_articles(session, feed, wire, now):
    article = kept(session, feed, "/a", now=now)

    gone = feeds.remove(session, [feed.url, "https://nowhere.example/rss"])

    assert gone == 1
    assert feeds.list_all(session) == (wire,)
    assert everything(session) == (article,)


@pytest.mark.parametrize(
    ("fetched", "is_due"),
    [
        pytest.param(timedelta(days=1), True, id="by a clock that was ahead"),
        pytest.param(timedelta(seconds=20), False, id="by another machine's clock"),
        pytest.param(-MINUTE, False, id="a minute ago"),
    ],
)
def test_a_feed_read_in_the_future_is_due(session, feed, now, fetched, is_due):
    read_at = now + fetched
    feeds.record(session, feed.id, fetched_at=read_at, due_at=read_at + 15 * MINUTE)

    assert bool(feeds.list_due(session, now=now)) is is_due


@pytest.mark.parametrize(
    ("changes", "is_behind"),
    [
        pytest.param({}, True, id="never read"),
        pytest.param({"fetched_at": -9 * MINUTE, "due_at": MINUTE}, False, id="read in time"),
        pytest.param({"fetched_at": -9 * MINUTE, "due_at": -MINUTE}, False, id="due just now"),
        pytest.param({"fetched_at": -60 * MINUTE, "due_at": -6 * MINUTE}, True, id="overdue"),
    ],
)
def test_a_feed_is_behind_that_nobody_has_read_in_time(session, feed, now, changes, is_behind):
    if changes:
        feeds.record(session, feed.id, **{name: now + by for name, by in changes.items()})

    assert bool(feeds.list_overdue(session, now=now, overdue=5 * MINUTE)) is is_behind


def test_how_the_feeds_are_is_counted(session, feed, wire, now):
    feeds.record(session, feed.id, fetched_at=now, failures=2)
    file = Feed(url="file:///saved.xml", is_polled=False, due_at=now)
    feeds.add(session, file, now=now)

    assert feeds.health(session) == FeedHealth(polled=2, unread=1, failing=1, from_files=1)
