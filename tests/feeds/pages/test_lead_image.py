"""An article's photo: from its feed or its page, its size told or measured; else none."""

import struct
import zlib
from importlib.resources import files

import pytest

from newsletter.domain.articles.article import Image
from newsletter.feeds.fetching.fetch import Fetcher
from newsletter.feeds.pages.lead_image import HEAD_BYTES, find_lead_photo

pytestmark = pytest.mark.servers

LEAST = 480
JPEG = files("newsletter.sample").joinpath("images/railway.jpg").read_bytes()


def png(width: int, height: int) -> bytes:
    """The first bytes of a PNG of that size, as far as they tell it."""
    told = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    checked = struct.pack(">I", zlib.crc32(told))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + told + checked


def page(head: str) -> str:
    body = "<p>The bridge over the river is open again.</p>" * 9
    return f"<html><head><title>A bridge opens</title>{head}</head><body>{body}</body></html>"


def shared(image: str, more: str = "") -> str:
    """A page that shares that image."""
    return page(
        f'<meta property="og:title" content="A bridge"><meta property="og:image" content="{image}">'
        f'<meta property="og:image:alt" content="The bridge at noon">{more}'
    )


@pytest.fixture
def found(web, policy):
    """What is found for an article at /a of which the feed offers that image."""

    def find(known: Image | None = None) -> Image | None:
        return find_lead_photo(Fetcher(policy), url=web.url("/a"), known=known, least_px=LEAST)

    return find


def test_an_image_that_the_page_shares_is_measured_and_keeps_its_words(web, found):
    photo = web.serve("/bridge.jpg", JPEG)
    linked = '{"@type": "NewsArticle", "image": {"creditText": "Lea Haddad"}}'
    web.serve("/a", shared(photo, f'<script type="application/ld+json">{linked}</script>'))

    assert found() == Image(
        url=photo, width=1072, height=600, alt="The bridge at noon", credit="Lea Haddad"
    )


def test_an_image_of_json_ld_is_found_where_nothing_is_shared(web, found):
    photo = web.serve("/bridge.png", png(900, 600))
    linked = f'{{"@type": "NewsArticle", "headline": "A bridge opens", "image": "{photo}"}}'
    web.serve("/a", page(f'<script type="application/ld+json">{linked}</script>'))

    assert found() == Image(url=photo, width=900, height=600)


def test_a_size_that_the_page_tells_is_believed(web, found):
    photo = web.url("/bridge.jpg")
    size = '<meta property="og:image:width" content="1200">'
    web.serve("/a", shared(photo, f'{size}<meta property="og:image:height" content="675">'))

    image = found()

    assert image is not None
    assert (image.width, image.height) == (1200, 675)
    assert web.paths_asked() == ["/a"]


def test_what_the_feed_offers_is_measured_before_the_page_is_asked(web, found):
    offered = Image(url=web.serve("/bridge.jpg", png(640, 400)), alt="A bridge", credit="Ann")

    assert found(offered) == Image(
        url=offered.url, width=640, height=400, alt="A bridge", credit="Ann"
    )
    assert web.paths_asked() == ["/bridge.jpg"]


@pytest.mark.parametrize(
    "thumbnail",
    [
        pytest.param({"width": 240, "height": 135}, id="told small"),
        pytest.param({}, id="measured small"),
    ],
)
def test_where_the_feed_has_a_thumbnail_the_page_has_the_photo(web, found, thumbnail):
    small = Image(url=web.serve("/small.png", png(240, 135)), **thumbnail)
    web.serve("/a", shared(web.serve("/large.png", png(1024, 576))))

    image = found(small)

    assert image is not None
    assert image.url.endswith("/large.png")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        pytest.param("/logo.png", png(1024, 576), id="a logo"),
        pytest.param("/bridge.png", png(1, 1), id="a pixel that counts"),
        pytest.param("/bridge.png", png(1024, 60), id="a banner"),
        pytest.param("/bridge.png", png(479, 300), id="too small"),
        pytest.param("/bridge.png", b"RIFF\x00\x00\x00\x00WEBPVP8 ", id="not shown everywhere"),
        pytest.param("/bridge.png", "<html>Log in</html>", id="a page in its place"),
        pytest.param("/bridge.png", b"\xff\xd8\xff\xe0\x00\x10JFIF", id="a torn file"),
        pytest.param("/bridge.png", b"\x89PNG\r\n\x1a\n", id="a file without a size"),
        pytest.param("/bridge.png", b"", id="nothing"),
    ],
)
def test_what_is_no_photo_leaves_the_article_without_one(web, found, path, body):
    web.serve("/a", shared(web.serve(path, body)))

    assert found() is None


def test_what_cannot_be_fetched_is_no_photo(web, found):
    assert found(Image(url=web.url("/gone.jpg"))) is None

    web.serve("/a", shared(web.url("/gone.jpg")))

    assert found() is None
    assert found(Image(url="https://127.0.0.1:1/refused.jpg")) is None


def test_of_a_large_file_only_the_beginning_is_read(web, policy):
    url = web.serve("/bridge.png", png(1200, 800) + bytes(30_000_000))

    head = Fetcher(policy).fetch_head(url, enough_bytes=HEAD_BYTES)

    assert HEAD_BYTES <= len(head) < 2 * HEAD_BYTES
