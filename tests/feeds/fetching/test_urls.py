"""Which links of a feed a reader could follow."""

import pytest

from newsletter.feeds.fetching.urls import web_url
from tests.cases import for_each

BASE = "https://post.example/world/feed.xml"


@for_each(
    ("written", "absolute"),
    [
        pytest.param("https://a.example/1", "https://a.example/1", id="absolute"),
        pytest.param("/a", "https://post.example/a", id="from the root"),
        pytest.param("a", "https://post.example/world/a", id="relative"),
        pytest.param("//b.example/a", "https://b.example/a", id="without a scheme"),
        pytest.param(" https://a.example/\n1 ", "https://a.example/1", id="broken by white space"),
        pytest.param("https://a.example/خبر", "https://a.example/خبر", id="Arabic letters"),
        pytest.param("/\u202eab", "https://post.example/%E2%80%AEab", id="bidi override escaped"),
        pytest.param("/a\ud800", "https://post.example/a", id="half a surrogate pair dropped"),
    ],
)
def test_a_link_becomes_absolute(written, absolute):
    assert web_url(written, base=BASE) == absolute


@for_each(
    "written",
    [
        pytest.param("", id="nothing"),
        pytest.param("javascript:alert(1)", id="script"),
        pytest.param("java\nscript:alert(1)", id="script in two lines"),
        pytest.param("data:text/html,x", id="data"),
        pytest.param("mailto:a@b.example", id="mail"),
        pytest.param("https://nodots/", id="a host inside"),
        pytest.param("https://a.example:99999/", id="no such port"),
        pytest.param("http://[::1", id="a bracket missing"),
        pytest.param("https://a\u202e.example/", id="a host that cannot be seen"),
        pytest.param("https://a.example/" + "x" * 2_000, id="too long"),
    ],
)
def test_what_no_reader_could_follow_is_no_link(written):
    assert web_url(written, base=BASE) == ""
