"""Illustrate: the lead's photo, found where its feed told of none that is large enough."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from importlib.resources import files

import pytest

from newsletter.domain.articles.article import Image
from newsletter.domain.editions.edition import EditionStatus
from newsletter.services.collection.collect import collect
from newsletter.services.collection.collect_files import collect_paths
from newsletter.services.collection.lead_image import find_lead_image
from newsletter.services.editions.compose import compose
from newsletter.store.editions import editions
from tests.services.worlds import BEIRUT, item, moved, polled, rss

TODAY = date(2026, 3, 3)
EARLIER = datetime.fromisoformat("2026-03-03T16:00Z")
JPEG = files("newsletter.sample").joinpath("images/railway.jpg").read_bytes()


@pytest.fixture
def site(web):
    """An outlet whose page shares a photo that its feed does not have."""
    photo = web.serve("/port.jpg", JPEG)
    web.serve(
        "/a",
        f'<html><head><meta property="og:title" content="{BEIRUT}">'
        f'<meta property="og:image" content="{photo}">'
        '<meta property="og:image:alt" content="The harbour"></head>'
        f"<body><p>{BEIRUT}.</p></body></html>",
    )
    entry = item("/a", at=EARLIER).replace("https://cedar.example", web.url(""))
    web.serve("/feed", rss(entry), Content_Type="application/rss+xml")
    return web


@pytest.fixture
def edition(store, newsletter, policy, site, now):
    """An edition led by the outlet's only article."""
    polled(store, site.url("/feed"), now=EARLIER, source="The Cedar Post")
    collect(store, policy, now=EARLIER + timedelta(minutes=1))
    found = compose(store, replace(newsletter, min_stories=1), TODAY, now=now)
    site.asked.clear()
    return found


def test_the_lead_gets_the_photo_that_its_page_shares(store, policy, site, edition):
    illustrated = find_lead_image(store, policy, edition)

    photo = Image(url=site.url("/port.jpg"), width=1072, height=600, alt="The harbour")
    assert [story.lead.image for story in illustrated.stories] == [photo]
    with store.begin() as session:
        assert editions.by_id(session, edition.id) == illustrated


def test_a_lead_that_has_its_photo_asks_nobody(store, policy, site, edition):
    illustrated = find_lead_image(store, policy, edition)
    site.asked.clear()

    assert find_lead_image(store, policy, illustrated) == illustrated
    assert site.asked == []


@pytest.mark.parametrize("status", [EditionStatus.APPROVED, EditionStatus.SENT])
def test_an_edition_that_is_settled_stays_as_it_is(store, policy, site, edition, status):
    moved(store, edition.id, status)
    settled = replace(edition, status=status)

    assert find_lead_image(store, policy, settled) == settled
    assert site.asked == []


def test_an_outlet_that_is_away_leaves_the_lead_without_a_photo(store, policy, site, edition):
    site.serve("/a", "gone", status=410)

    assert find_lead_image(store, policy, edition) == edition


def test_what_was_read_from_a_file_asks_nobody_on_the_web(
    store, newsletter, policy, site, now, tmp_path
):
    path = tmp_path / "feed.xml"
    path.write_text(rss(item("/a", at=EARLIER)).replace("https://cedar.example", site.url("")))
    collect_paths(store, [path], now=EARLIER + timedelta(minutes=1))
    edition = compose(store, replace(newsletter, min_stories=1), TODAY, now=now)

    assert [story.title for story in edition.stories] == [BEIRUT]
    assert find_lead_image(store, policy, edition) == edition
    assert site.asked == []


def test_an_edition_without_stories_asks_nobody(store, newsletter, policy, site, now):
    empty = compose(store, newsletter, TODAY, now=now)

    assert find_lead_image(store, policy, empty) == empty
    assert site.asked == []
