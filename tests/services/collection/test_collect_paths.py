"""Collect from files and folders."""

import gzip

import pytest

from newsletter.errors import InputError
from newsletter.services.collection.collect_files import collect_paths
from newsletter.store.collection import feeds
from tests.services.worlds import AMMAN, item, rss


def test_a_file_s_feed_is_kept_and_never_polled(store, tmp_path, now):
    file = tmp_path / "cedar.xml"
    file.write_text(rss(item("/a"), item("/b", title=AMMAN)))

    (report,) = collect_paths(store, [file], now=now)

    with store.begin() as session:
        (feed,) = feeds.list_all(session)
    assert (report.is_ok, report.new, report.source) == (True, 2, "The Cedar Post")
    assert (feed.url, feed.is_polled) == (file.as_uri(), False)


def test_reading_a_file_again_finds_nothing_new(store, tmp_path, now):
    file = tmp_path / "cedar.xml"
    file.write_text(rss(item("/a")))
    collect_paths(store, [file], now=now)

    (report,) = collect_paths(store, [file], now=now)

    assert (report.new, report.unchanged) == (0, 1)


def test_a_folder_s_feeds_are_read_in_the_order_of_their_names(store, tmp_path, now):
    (tmp_path / "inner").mkdir()
    (tmp_path / "b.rss").write_text(rss(item("/b")))
    (tmp_path / "a.xml.gz").write_bytes(gzip.compress(rss(item("/a")).encode()))
    (tmp_path / "inner" / "c.atom").write_text(rss(item("/c")))
    (tmp_path / "notes.txt").write_text("no feed")

    reports = collect_paths(store, [tmp_path], now=now)

    assert [report.url.rsplit("/", 1)[-1] for report in reports] == ["a.xml.gz", "b.rss", "c.atom"]
    assert [report.new for report in reports] == [1, 1, 1]


def test_a_file_that_is_no_feed_is_its_own_report_s_matter(store, tmp_path, now):
    (tmp_path / "a.xml").write_text("Dear diary")
    (tmp_path / "b.xml").write_text(rss(item("/b")))

    bad, good = collect_paths(store, [tmp_path], now=now)

    assert (bad.is_ok, bad.source) == (False, "a.xml")
    assert (good.is_ok, good.new) == (True, 1)


def test_a_path_that_does_not_exist_is_the_caller_s_mistake(store, tmp_path, now):
    with pytest.raises(InputError, match="no file or folder"):
        collect_paths(store, [tmp_path / "nowhere.xml"], now=now)
