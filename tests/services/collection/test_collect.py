"""Collect: feeds that answer, say nothing new, or fail, and what becomes of their articles."""

from datetime import datetime, timedelta

import pytest

from newsletter.domain.articles.article import Article
from newsletter.domain.feed import Feed
from newsletter.services.collection.collect import collect
from newsletter.store import Store
from newsletter.store.collection import articles, feeds
from tests.servers import Answer
from tests.services.worlds import AMMAN, BEIRUT, item, polled, rss

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def stored(store: Store, url: str) -> Feed:
    with store.begin() as session:
        (feed,) = [one for one in feeds.list_all(session) if one.url == url]
    return feed


def kept(store: Store, now: datetime) -> tuple[Article, ...]:
    """The articles of the last thirty days."""
    with store.begin() as session:
        return articles.in_window(
            session, opens_at=now - 30 * DAY, closes_at=now + DAY, late=timedelta(0)
        )


def test_a_feed_s_articles_are_kept_and_its_row_says_how_it_went(store, web, policy, now):
    body = rss(item("/port", at=now - HOUR), item("/water", title=AMMAN))
    url = web.serve("/rss", body, ETag='"7"', Last_Modified="Tue, 03 Mar 2026 16:00:00 GMT")
    polled(store, url, now=now, source="The Cedar Post")

    (report,) = collect(store, policy, now=now)

    feed = stored(store, url)
    assert (report.is_ok, report.new, report.entries) == (True, 2, 2)
    assert {one.title for one in kept(store, now)} == {BEIRUT, AMMAN}
    assert (feed.etag, feed.last_modified) == ('"7"', "Tue, 03 Mar 2026 16:00:00 GMT")
    assert (feed.due_at, feed.fetched_at, feed.succeeded_at) == (now + 15 * MINUTE, now, now)
    assert (feed.last_result, feed.entry_count, feed.failures) == (report.message, 2, 0)
    assert "2 new" in feed.last_result


def test_a_feed_that_says_nothing_new_is_well_and_changes_nothing(store, web, policy, now):
    url = web.serve("/rss", rss(item("/a"), item("/b")), ETag='"7"')
    polled(store, url, now=now)
    collect(store, policy, now=now)
    web.serve("/rss", status=304)

    (report,) = collect(store, policy, now=now + HOUR)

    feed = stored(store, url)
    assert web.asked[1].headers["if-none-match"] == '"7"'
    assert (report.is_ok, report.new, report.unchanged) == (True, 0, 2)
    assert (feed.etag, feed.entry_count, feed.succeeded_at) == ('"7"', 2, now + HOUR)
    assert feed.due_at == now + HOUR + 15 * MINUTE
    assert len(kept(store, now)) == 2


def test_a_feed_that_is_not_due_is_left_alone(store, web, policy, now):
    polled(store, web.serve("/rss", rss(item("/a"))), now=now + MINUTE)

    assert collect(store, policy, now=now) == ()
    assert web.asked == []


@pytest.mark.parametrize(
    ("failures", "pause"),
    [
        pytest.param(0, 30 * MINUTE, id="the first failure"),
        pytest.param(1, HOUR, id="the second"),
        pytest.param(4, 8 * HOUR, id="the fifth"),
        pytest.param(5, 12 * HOUR, id="never longer than half a day"),
        pytest.param(5_000, 12 * HOUR, id="after a year of failures"),
    ],
)
def test_a_feed_that_fails_is_asked_less_and_less_often(store, web, policy, failures, pause):
    now = datetime.fromisoformat("2026-03-03T17:30Z")
    url = web.serve("/rss", status=500)
    polled(store, url, now=now, failures=failures)

    (report,) = collect(store, policy, now=now)

    feed = stored(store, url)
    assert not report.is_ok
    assert (feed.failures, feed.due_at) == (failures + 1, now + pause)
    assert (feed.last_result, feed.fetched_at, feed.succeeded_at) == (
        "Its server has trouble (500).",
        now,
        None,
    )


@pytest.mark.parametrize(
    ("asks", "pause"),
    [
        pytest.param("7200", 2 * HOUR, id="longer than ours"),
        pytest.param("60", 30 * MINUTE, id="shorter than ours"),
        pytest.param("999999999", DAY, id="beyond reason"),
        pytest.param("soon", 30 * MINUTE, id="in no format"),
    ],
)
def test_a_server_that_asks_to_be_left_alone_is(store, web, policy, now, asks, pause):
    url = web.serve("/rss", status=429, Retry_After=asks)
    polled(store, url, now=now)

    collect(store, policy, now=now)

    assert stored(store, url).due_at == now + pause


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer(rss(item("/a")).encode()), id="with a document"),
        pytest.param(Answer(status=304), id="with nothing new"),
    ],
)
def test_a_feed_that_answers_again_starts_afresh(store, web, policy, now, answer):
    url = web.script("/rss", answer)
    polled(store, url, now=now, failures=7, last_result="There is nothing at this address (404).")

    collect(store, policy, now=now)

    assert stored(store, url).failures == 0
    assert stored(store, url).due_at == now + 15 * MINUTE


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer(status=503), id="has trouble"),
        pytest.param(Answer(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), id="sends a picture"),
        pytest.param(Answer(b""), id="sends nothing"),
        pytest.param(Answer(b"<html><body>Closed.</body></html>"), id="sends a page of no article"),
        pytest.param(Answer(b'{"version": '), id="sends half a document"),
        pytest.param(Answer(rss(item("/x")).encode(), is_cut_short=True), id="hangs up"),
        pytest.param(Answer(status=302, headers={"Location": "/bad"}), id="leads in a circle"),
        pytest.param(
            Answer(status=302, headers={"Location": "http://10.0.0.1/"}), id="leads inside"
        ),
    ],
)
def test_one_failing_feed_does_not_stop_the_rest(store, web, policy, now, answer):
    bad, good = web.script("/bad", answer), web.serve("/good", rss(item("/a")))
    polled(store, bad, now=now - MINUTE)
    polled(store, good, now=now)

    reports = {report.url: report for report in collect(store, policy, now=now)}

    assert reports[good].new == 1
    assert not reports[bad].is_ok
    assert stored(store, bad).last_result == reports[bad].message != ""
    assert len(kept(store, now)) == 1


def test_a_document_that_fails_keeps_what_stands_for_the_last_good_one(store, web, policy, now):
    url = web.serve("/rss", "no feed", ETag='"8"')
    polled(store, url, now=now, etag='"7"')

    collect(store, policy, now=now)

    assert stored(store, url).etag == '"7"'


def test_an_updated_article_takes_its_new_words(store, web, policy, now):
    url = web.serve("/rss", rss(item("/a", about="One ship.", at=now - HOUR), item("/b")))
    polled(store, url, now=now)
    collect(store, policy, now=now)
    web.serve("/rss", rss(item("/a", about="Two ships.", at=now), item("/b")))

    (report,) = collect(store, policy, now=now + HOUR)

    (article,) = [one for one in kept(store, now) if one.url.endswith("/a")]
    assert (report.new, report.updated, report.unchanged) == (0, 1, 1)
    assert "1 updated" in report.message
    assert (article.summary, article.published_at) == ("Two ships.", now - HOUR)


def test_an_old_article_is_kept_and_counted_as_no_news(store, web, policy, now):
    url = web.serve("/rss", rss(item("/new", at=now - 47 * HOUR), item("/old", at=now - 3 * DAY)))
    polled(store, url, now=now)

    (report,) = collect(store, policy, now=now)

    assert (report.new, report.old) == (2, 1)
    assert "1 too old to be news" in report.message
    assert len(kept(store, now)) == 2


def test_an_entry_that_cannot_be_kept_is_told_and_the_others_are_kept(store, web, policy, now):
    url = web.serve("/rss", rss("<item><title>No link</title></item>", item("/a")))
    polled(store, url, now=now)

    (report,) = collect(store, policy, now=now)

    assert (report.new, report.entries, [one.subject for one in report.refused]) == (
        1,
        2,
        ["No link"],
    )
    assert "1 refused" in stored(store, url).last_result


def test_a_feed_without_entries_is_well_and_says_so(store, web, policy, now):
    polled(store, web.serve("/rss", rss()), now=now)

    (report,) = collect(store, policy, now=now)

    assert report.is_ok
    assert "without entries" in report.message


def test_each_report_is_handed_on_as_it_comes(store, web, policy, now):
    for path in ("/a", "/b", "/c"):
        polled(store, web.serve(path, rss(item(path))), now=now)
    seen: list[str] = []

    reports = collect(store, policy, now=now, progress=lambda report: seen.append(report.url))

    assert seen == [report.url for report in reports]
    assert sorted(seen) == [web.url("/a"), web.url("/b"), web.url("/c")]
