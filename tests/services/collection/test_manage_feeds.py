"""The feeds that are polled: tried before they are added, removed, checked."""

import pytest

from newsletter.errors import FeedError, InputError, NotFoundError
from newsletter.services.collection import manage_feeds
from newsletter.store.collection import feeds as kept
from tests.services.worlds import item, polled, rss

PAGE = '<!doctype html><html><head><link rel="alternate" type="application/rss+xml" href="{}">'


def test_a_feed_is_read_and_added_with_what_it_says_of_itself(store, policy, web, now):
    url = web.serve("/world/rss", rss(item("/a"), item("/b")))

    feed, parsed = manage_feeds.add(store, policy, url, now=now)

    assert (feed.url, feed.source, feed.is_polled) == (url, "The Cedar Post", True)
    assert (feed.due_at, len(parsed.entries)) == (now, 2)
    with store.begin() as session:
        assert kept.list_due(session, now=now) == (feed,)


def test_what_a_person_says_of_a_feed_counts_for_more(store, policy, web, now):
    url = web.serve("/rss", rss(item("/a")))
    overrides: dict[str, str | float] = {
        "source": "Cedar",
        "section": "Lebanon",
        "language": "",
        "weight": 2.0,
    }

    feed, _ = manage_feeds.add(store, policy, url, now=now, overrides=overrides)

    assert (feed.source, feed.section, feed.weight) == ("Cedar", "Lebanon", 2.0)


def test_a_web_page_leads_to_the_feed_it_names(store, policy, web, now):
    feed_url = web.serve("/feed.xml", rss(item("/a")))
    page_url = web.serve("/", PAGE.format("/feed.xml"), Content_Type="text/html")

    feed, _ = manage_feeds.add(store, policy, page_url, now=now)

    assert feed.url == feed_url


def test_a_feed_that_moved_for_good_is_added_where_it_is_now(store, policy, web, now):
    new = web.serve("/new", rss(item("/a")))
    old = web.serve("/old", status=301, Location="/new")

    feed, _ = manage_feeds.add(store, policy, old, now=now)

    assert feed.url == new


@pytest.mark.parametrize(
    ("path", "says"),
    [
        pytest.param("/gone", "404", id="nothing there"),
        pytest.param("/page", "names no feed", id="a page without a feed"),
        pytest.param("/broken", "names no feed", id="a page with a broken one"),
    ],
)
def test_what_cannot_be_read_is_not_added(store, policy, web, now, path, says):
    web.serve("/page", "<!doctype html><html><body><p>Hello.</p></body></html>")
    web.serve("/broken", PAGE.format("/gone"))

    with pytest.raises(FeedError, match=says):
        manage_feeds.add(store, policy, web.url(path), now=now)

    with store.begin() as session:
        assert kept.list_all(session) == ()


@pytest.mark.parametrize("url", ["cedar.example/rss", "file:///etc/passwd", "ftp://cedar.example/"])
def test_what_is_no_web_address_is_not_tried(store, policy, now, url):
    with pytest.raises(InputError, match="not a web address"):
        manage_feeds.add(store, policy, url, now=now)


def test_a_removed_feed_is_read_no_more_and_cannot_be_removed_again(store, now):
    feed = polled(store, "https://cedar.example/rss", now=now)

    manage_feeds.remove(store, feed.url)

    with pytest.raises(NotFoundError, match="There is no feed"):
        manage_feeds.remove(store, feed.url)


def test_checking_tells_how_each_polled_feed_is_and_keeps_nothing(store, policy, web, now):
    good = polled(store, web.serve("/a", rss(item("/a"))), now=now, source="A")
    bad = polled(store, web.serve("/b", status=403), now=now, source="B")
    polled(store, "file:///tmp/c.xml", now=now, source="C", is_polled=False)

    (first, said, is_well), (second, *refused) = manage_feeds.check(store, policy)

    assert (first, is_well) == (good, True)
    assert "1 entries" in said
    assert (second, refused) == (bad, ["It refuses us (403).", False])
    with store.begin() as session:
        assert kept.list_all(session)[:2] == (good, bad)
