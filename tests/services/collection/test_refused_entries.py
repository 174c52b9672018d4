"""Entries that cannot be kept, foreseen and not, are their own feed's matter."""

import json
import logging
import random
from datetime import datetime, timedelta

import psycopg
import pytest

from newsletter.domain.articles.article import Article
from newsletter.domain.articles.url_identity import url_identity
from newsletter.feeds.parsing.detect import parse_document
from newsletter.feeds.parsing.entry_builder import MAX_KEY_CHARS
from newsletter.services.collection.collect import collect
from newsletter.store import Store
from newsletter.store.collection import articles, feeds
from tests.services.worlds import AMMAN, BAGHDAD, BEIRUT, item, polled, rss

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ARABIC = [chr(code) for code in range(0x0627, 0x063B)]  # each is six characters in a key


def path(letters: int, *, more: str = "") -> str:
    """An address of so many Arabic letters that no index could pack tight."""
    return "/" + "".join(random.Random(7).choices(ARABIC, k=letters)) + more


def kept(store: Store, now: datetime) -> list[Article]:
    with store.begin() as session:
        found = articles.in_window(
            session, opens_at=now - DAY, closes_at=now + DAY, late=timedelta(0)
        )
    return sorted(found, key=lambda one: one.title)


@pytest.mark.parametrize(
    ("long", "is_refused"),
    [
        pytest.param(path(331), False, id="a key of 2,000 characters"),
        pytest.param(path(331, more="a"), True, id="a key of 2,001 characters"),
        pytest.param(path(1_900), True, id="a key that no index can hold"),
    ],
)
def test_an_entry_with_an_endless_address_is_refused_and_the_rest_of_its_feed_kept(
    store, web, policy, now, long, is_refused
):
    assert (len(url_identity(f"https://cedar.example{long}")) > MAX_KEY_CHARS) is is_refused
    body = rss(item("/port"), item(long, title=AMMAN), item("/clay", title=BAGHDAD))
    polled(store, web.serve("/rss", body), now=now)

    (report,) = collect(store, policy, now=now)

    titles = {BEIRUT, BAGHDAD} | (set() if is_refused else {AMMAN})
    refused = [(AMMAN, "Its address is too long.")] if is_refused else []
    assert {one.title for one in kept(store, now)} == titles
    assert [(one.subject, one.reason) for one in report.refused] == refused
    assert (report.is_ok, report.new, report.entries) == (True, len(titles), 3)
    assert ("1 refused" in report.message) is is_refused


@pytest.fixture
def picky(store, store_url):
    """The store, on a database that takes no article from Amman: a fault nobody foresaw."""
    rule = "ALTER TABLE article ADD CHECK (title NOT LIKE '%Amman%')"
    with psycopg.connect(store_url, autocommit=True) as connection:
        connection.execute(rule)
    return store


@pytest.mark.own_database
def test_a_failure_that_nobody_foresaw_is_its_own_feeds(picky, web, policy, now, caplog):
    bad = web.serve("/bad", rss(item("/clay", title=BAGHDAD), item("/water", title=AMMAN)))
    polled(picky, bad, now=now - MINUTE, etag='"7"')
    polled(picky, web.serve("/good", rss(item("/port"))), now=now)

    with caplog.at_level(logging.ERROR):
        reports = {report.url: report for report in collect(picky, policy, now=now)}

    with picky.begin() as session:
        (row,) = [one for one in feeds.list_all(session) if one.url == bad]
    assert sorted(report.is_ok for report in reports.values()) == [False, True]
    assert (
        reports[bad].message
        == row.last_result
        == "Its articles could not be kept (IntegrityError)."
    )
    assert (row.failures, row.due_at, row.etag) == (1, now + 30 * MINUTE, '"7"')
    assert [one.title for one in kept(picky, now)] == [BEIRUT]
    assert bad in caplog.text


@pytest.mark.parametrize(
    ("fields", "guid"),
    [
        pytest.param({"id": None}, "", id="null"),
        pytest.param({}, "", id="none"),
        pytest.param({"id": ""}, "", id="empty"),
        pytest.param({"id": 7}, "7", id="a number"),
        pytest.param({"id": "tag:cedar.example,2026:7"}, "tag:cedar.example,2026:7", id="a text"),
    ],
)
def test_an_id_of_a_json_feed_is_a_guid_only_when_it_says_something(fields, guid):
    known = {"url": "https://cedar.example/port", "title": BEIRUT}
    document = {"version": "https://jsonfeed.org/version/1.1", "items": [known | fields]}

    (entry,) = parse_document(
        json.dumps(document).encode(), url="https://cedar.example/feed.json"
    ).entries

    assert entry.guid == guid


def test_an_article_without_an_id_does_not_take_the_place_of_the_one_before(
    store, web, policy, now
):
    def document(path: str, title: str) -> str:
        item = {"id": None, "url": f"https://cedar.example{path}", "title": title}
        return json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [item]})

    polled(store, web.serve("/feed.json", document("/port", BEIRUT)), now=now)
    collect(store, policy, now=now)
    web.serve("/feed.json", document("/water", AMMAN))

    collect(store, policy, now=now + HOUR)

    assert [one.title for one in kept(store, now)] == [AMMAN, BEIRUT]
