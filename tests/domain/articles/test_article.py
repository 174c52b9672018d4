"""Which addresses are one article, when it counts as published, and what is an update."""

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.domain.articles.article import (
    AGE_LIMIT,
    Entry,
    fingerprint,
    is_stale,
    publication_time,
)
from newsletter.domain.articles.url_identity import strip_tracking, url_identity
from tests.cases import for_each

HERE = "https://www.harbour-post.example/world/2026/a-bridge-opens"


def entry(**fields) -> Entry:
    return Entry(**{"url": HERE, "title": "A bridge opens"} | fields)


@for_each(
    "other",
    [
        pytest.param(HERE.replace("https", "http"), id="http"),
        pytest.param(HERE + "/", id="trailing slash"),
        pytest.param(HERE + "#comments", id="fragment"),
        pytest.param(HERE + "?utm_source=rss&utm_medium=feed", id="utm parameters"),
        pytest.param(HERE + "?at_medium=RSS&at_campaign=KARANGA", id="at parameters"),
        pytest.param(HERE + "?fbclid=1&gclid=2", id="click ids"),
        pytest.param(HERE + "?traffic_source=rss", id="traffic source"),
        pytest.param(HERE.replace("www.", ""), id="without www"),
        pytest.param(HERE.replace("www.", "m."), id="mobile host"),
        pytest.param(HERE.replace("www.", "amp.www."), id="amp host before www"),
        pytest.param(HERE + "/amp/", id="amp at the end"),
        pytest.param(HERE.replace(".example/", ".example/amp/"), id="amp at the start"),
        pytest.param(HERE + "?amp=1", id="amp parameter"),
        pytest.param(HERE.replace(".example", ".example:443"), id="default port"),
        pytest.param(HERE.replace("www.harbour", "WWW.Harbour"), id="capitals in the host"),
        pytest.param(HERE.replace("bridge", "%62ridge"), id="needless escapes"),
        pytest.param(HERE + "/index.html", id="index page"),
    ],
)
def test_one_article_has_many_addresses(other):
    assert url_identity(other) == url_identity(HERE)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("https://a.example/?p=1", "https://a.example/?p=2", id="query that selects"),
        pytest.param("https://a.example/News", "https://a.example/news", id="case of the path"),
        pytest.param(
            "https://a.example/amphibians", "https://a.example/hibians", id="amp in a word"
        ),
        pytest.param("https://m.example/a", "https://example/a", id="a host that is called m"),
        pytest.param("https://a.example:8080/a", "https://a.example/a", id="another port"),
        pytest.param("https://a.example/%E8", "https://a.example/%E9", id="paths not in UTF-8"),
        pytest.param("https://a.example/?q=%E8", "https://a.example/?q=%E9", id="queries likewise"),
    ],
)
def test_different_articles_keep_different_keys(one, other):
    assert url_identity(one) != url_identity(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("https://a.example/خبر", "https://a.example/%D8%AE%D8%A8%D8%B1", id="path"),
        pytest.param(
            "https://a.example/?q=خبر", "https://a.example/?q=%D8%AE%D8%A8%D8%B1", id="query"
        ),
        pytest.param(
            "https://a.example/?b=1&a=2", "https://a.example/?a=2&b=1", id="query's order"
        ),
    ],
)
def test_letters_and_their_escapes_are_one_address(one, other):
    assert url_identity(one) == url_identity(other)


def test_a_reader_is_sent_to_the_address_as_written_without_tracking():
    assert strip_tracking(HERE + "/?id=7&utm_source=rss#top") == HERE + "/?id=7"


def test_its_own_date_counts(now):
    own = now - timedelta(hours=3)

    assert publication_time(entry(published_at=own), collected_at=now) == own


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(None, id="no date"),
        pytest.param(datetime(1970, 1, 1, tzinfo=UTC), id="a zero"),
        pytest.param(datetime(2031, 1, 1, tzinfo=UTC), id="the future"),
    ],
)
def test_an_impossible_date_is_the_time_of_collection(said, now):
    assert publication_time(entry(published_at=said), collected_at=now) == now


def test_without_a_date_an_old_day_in_the_address_counts(now):
    old = entry(url="https://a.example/news/2017/01/07/tariffs/")

    assert publication_time(old, collected_at=now) == datetime(2017, 1, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/2026/03/03/today/", id="today, whose hour is not known"),
        pytest.param("/2026/13/41/no-day/", id="no such day"),
        pytest.param("/1234/56/78/", id="a number of something else"),
    ],
)
def test_an_address_that_tells_no_past_day_changes_nothing(path, now):
    assert publication_time(entry(url=f"https://a.example{path}"), collected_at=now) == now


def test_an_entry_is_old_once_it_is_past_the_age_limit(now):
    at_limit = entry(published_at=now - AGE_LIMIT)
    past_it = entry(published_at=now - AGE_LIMIT - timedelta(seconds=1))

    assert not is_stale(at_limit, collected_at=now)
    assert is_stale(past_it, collected_at=now)


@pytest.mark.parametrize("field", ["title", "summary", "text"])
def test_a_change_that_a_reader_sees_is_an_update(field):
    assert fingerprint(entry(**{field: "Corrected"})) != fingerprint(entry())


def test_a_change_that_no_reader_sees_is_none():
    assert fingerprint(entry(guid="2", position=9)) == fingerprint(entry(guid="1"))
