"""Editions that are not frozen: which there are, and what came in for them."""

from datetime import timedelta

import pytest

from newsletter.domain.editions.edition import EditionStatus
from newsletter.domain.editions.transitions import Transition
from newsletter.domain.feed import Feed
from newsletter.store.collection import articles, feeds
from newsletter.store.editions import editions, open_editions
from newsletter.store.editions.transitions import transition
from tests.store.builders import TODAY, digest, entry, kept, new_edition, saved_edition, story

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def edition(session, newsletter, feed, now):
    """An edition of one article, its window closed at now."""
    lead = kept(session, feed, "/a", now=now - HOUR)
    made = digest(now, story(lead))
    edition_id = editions.save_composed(session, new_edition(newsletter), made, now=now)
    assert edition_id is not None
    return editions.by_id(session, edition_id)


@pytest.mark.parametrize(
    ("published", "has_news"),
    [
        pytest.param(-HOUR, True, id="in the window"),
        pytest.param(timedelta(0), False, id="after it"),
        pytest.param(-3 * DAY, False, id="long before it"),
    ],
)
def test_news_is_what_is_in_the_window_and_not_decided(
    session, edition, feed, now, *, published, has_news
):
    before = open_editions.has_news(session, edition, closes_at=now, late=DAY)

    articles.upsert_entries(session, feed, [entry("/b", published_at=now + published)], now=now)

    assert not before
    assert open_editions.has_news(session, edition, closes_at=now, late=DAY) is has_news


@pytest.mark.parametrize(
    ("changes", "is_new"),
    [
        pytest.param({}, True, id="one that is polled"),
        pytest.param({"is_polled": False}, False, id="a file"),
    ],
)
def test_a_new_feed_brought_nothing_before(session, edition, feed, now, *, changes, is_new):
    ask = {"closes_at": now, "late": DAY, "of_new_feeds": True}
    known = [entry("/b", published_at=now - HOUR)]
    articles.upsert_entries(session, feed, known, now=now + HOUR)
    of_known = open_editions.has_news(session, edition, **ask)
    new = Feed(url="https://gulf.example/rss", due_at=now, **changes)
    new = feeds.add(session, new, now=now)

    articles.upsert_entries(session, new, [entry("/c", published_at=now - HOUR)], now=now + HOUR)

    assert not of_known
    assert open_editions.has_news(session, edition, **ask) is is_new


def test_open_are_those_that_are_not_sent_off(session, newsletter, now):
    saved_edition(session, newsletter, TODAY - 2 * DAY)
    out = saved_edition(session, newsletter, TODAY - DAY)
    transition(session, out, Transition.FREEZE, frozen_at=now, deadline_at=now)
    ids = {
        saved_edition(session, newsletter, TODAY),
        saved_edition(session, newsletter, TODAY + DAY, status=EditionStatus.SKIPPED),
    }

    found = open_editions.list_open(session, newsletter.id, since=TODAY - DAY)

    assert {each.id for each in found} == ids
