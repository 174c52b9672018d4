"""Fetching: what a document brings along, and what is unpacked or too large."""

import pytest

from newsletter.errors import FeedUnusableError
from tests.servers import packed


def test_a_document_comes_with_what_a_later_visit_needs(web, fetcher):
    url = web.serve("/feed", "<rss/>", ETag='"7"', Last_Modified="Tue, 03 Mar 2026 09:00:00 GMT")

    document = fetcher.fetch(url)

    assert document.body == b"<rss/>"
    assert document.etag == '"7"'
    assert document.last_modified == "Tue, 03 Mar 2026 09:00:00 GMT"
    assert not document.moved_to


def test_a_later_visit_asks_only_for_what_changed(web, fetcher):
    url = web.serve("/feed", status=304)

    document = fetcher.fetch(url, etag='"7"', last_modified="Tue, 03 Mar 2026 09:00:00 GMT")

    assert document.is_unchanged
    assert web.asked[0].headers["if-none-match"] == '"7"'
    assert web.asked[0].headers["if-modified-since"] == "Tue, 03 Mar 2026 09:00:00 GMT"


def test_an_etag_that_could_not_be_sent_back_is_not_kept(web, fetcher):
    url = web.serve("/feed", "<rss/>", ETag='"é"')

    assert not fetcher.fetch(url).etag


def test_a_packed_document_is_unpacked(web, fetcher):
    url = web.serve("/feed", packed(b"<rss/>"), Content_Encoding="gzip")

    assert fetcher.fetch(url).body == b"<rss/>"


def test_a_small_packed_document_that_unpacks_to_a_huge_one_is_refused(web, fetcher):
    url = web.serve("/bomb", packed(bytes(50_000_000)), Content_Encoding="gzip")

    with pytest.raises(FeedUnusableError, match="larger than 10 MB"):
        fetcher.fetch(url)


def test_fifty_megabytes_are_refused(web, fetcher):
    url = web.serve("/large", b"x" * 50_000_000)

    with pytest.raises(FeedUnusableError, match="larger than 10 MB"):
        fetcher.fetch(url)


def test_an_encoding_that_nobody_asked_for_is_refused(web, fetcher):
    url = web.serve("/feed", b"...", Content_Encoding="zstd")

    with pytest.raises(FeedUnusableError, match="packed as zstd"):
        fetcher.fetch(url)


def test_what_is_called_packed_but_is_not_is_refused(web, fetcher):
    url = web.serve("/feed", b"<rss/>", Content_Encoding="gzip")

    with pytest.raises(FeedUnusableError, match="cannot be unpacked"):
        fetcher.fetch(url)


def test_a_feed_that_is_a_gzip_file_by_itself_is_unpacked(web, fetcher):
    url = web.serve("/feed.xml.gz", packed(b"<rss/>"))

    assert fetcher.fetch(url).body == b"<rss/>"
