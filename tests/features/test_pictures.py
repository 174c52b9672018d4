"""The lead's photo on its way from an outlet's feed or page into the mail."""

from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from importlib.resources import files

import pytest
from lxml import html as parser

from tests.features.conftest import EVENING
from tests.features.house import House
from tests.servers import WebServer, web_server

AT = EVENING.isoformat()
BEFORE = (EVENING - timedelta(hours=1)).isoformat()
JPEG = files("newsletter.sample").joinpath("images/railway.jpg").read_bytes()
MRSS = 'xmlns:media="http://search.yahoo.com/mrss/"'


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as server:
        server.serve("/large.jpg", JPEG)
        server.serve("/small.jpg", JPEG)
        shared = f'<meta property="og:image" content="{server.url("/large.jpg")}">'
        said = '<meta property="og:image:alt" content="A train in the desert">'
        title = '<meta property="og:title" content="Jordan builds a railway">'
        server.serve("/a", f"<html><head>{title}{shared}{said}</head><body>A</body></html>")
        yield server


@pytest.mark.parametrize(
    ("offered", "alt", "caption"),
    [
        pytest.param(
            '<media:content url="{large}" width="1072" height="600" medium="image">'
            "<media:credit>Lea Haddad</media:credit>"
            '<media:description type="plain">The first train.</media:description></media:content>',
            "The first train.",
            "The first train. Photo: Lea Haddad",
            id="in the feed, its size told",
        ),
        pytest.param(
            '<enclosure url="{large}" type="image/jpeg" length="9000"/>',
            "Jordan builds a railway through the desert",
            "",
            id="in the feed, its size measured",
        ),
        pytest.param(
            '<media:thumbnail url="{small}" width="240" height="134"/>',
            "A train in the desert",
            "",
            id="a thumbnail in the feed, the photo on the page",
        ),
        pytest.param("", "A train in the desert", "", id="on the page alone"),
    ],
)
def test_a_photo_stands_in_the_mail_with_its_words_and_its_size(
    house: House, web: WebServer, offered: str, alt: str, caption: str
) -> None:
    image = offered.format(large=web.url("/large.jpg"), small=web.url("/small.jpg"))
    others = _item("https://a.example/2", "Qatar buys a telescope", hours=20)
    others += _item("https://a.example/3", "Oman counts its turtles", hours=20)
    lead = _item(web.url("/a"), "Jordan builds a railway through the desert", image, hours=2)
    web.serve("/feed", f'<rss version="2.0" {MRSS}><channel>{lead}{others}</channel></rss>')
    house.env["NEWSLETTER_ALLOW_LOOPBACK_FEEDS"] = "true"
    house.ok("feeds", "add", web.url("/feed"), "--at", BEFORE)
    house.ok("collect", "--at", AT)

    house.ok("compose", "--date", "2026-03-03", "--at", AT)
    html = house.ok("preview", "--date", "2026-03-03", "--html").out

    (photo,) = parser.document_fromstring(html).xpath("//img")
    assert photo.get("src") == web.url("/large.jpg")
    assert (photo.get("width"), photo.get("height"), photo.get("alt")) == ("536", "300", alt)
    (below,) = parser.document_fromstring(html).xpath("//p[@class='caption']")
    assert below.text_content().strip() == caption


def _item(url: str, title: str, more: str = "", *, hours: int) -> str:
    at = format_datetime(EVENING - timedelta(hours=hours))
    return (
        f"<item><title>{title}</title><link>{url}</link><pubDate>{at}</pubDate>"
        f"<description>It was seen at noon.</description>{more}</item>"
    )
