"""Where a fetch may lead: moves that are followed, and addresses that are private."""

import pytest

from newsletter.errors import FeedUnavailableError, FeedUnusableError
from newsletter.feeds.fetching import guarded_backend
from newsletter.feeds.fetching.fetch import Fetcher
from newsletter.feeds.fetching.fetch_policy import FetchPolicy

pytestmark = pytest.mark.servers


def test_a_permanent_move_is_remembered(web, fetcher):
    target = web.serve("/new", "<rss/>")
    url = web.serve("/old", status=301, Location="/new")

    document = fetcher.fetch(url)

    assert document.body == b"<rss/>"
    assert document.moved_to == target


def test_a_passing_move_is_followed_and_not_remembered(web, fetcher):
    web.serve("/new", "<rss/>")
    url = web.serve("/old", status=302, Location="/new")

    document = fetcher.fetch(url)

    assert document.url == web.url("/new")
    assert not document.moved_to


def test_a_permanent_move_after_a_passing_one_is_not_remembered(web, fetcher):
    web.serve("/last", "<rss/>")
    web.serve("/then", status=301, Location="/last")
    url = web.serve("/first", status=302, Location="/then")

    assert not fetcher.fetch(url).moved_to


def test_redirects_in_a_circle_end(web, fetcher, policy):
    web.serve("/b", status=302, Location="/a")
    url = web.serve("/a", status=302, Location="/b")

    with pytest.raises(FeedUnavailableError, match="perhaps in a circle"):
        fetcher.fetch(url)
    assert len(web.asked) == policy.max_redirects + 1


@pytest.mark.parametrize(
    "location",
    [
        pytest.param("file:///etc/passwd", id="a file"),
        pytest.param("gopher://127.0.0.1/", id="another protocol"),
        pytest.param("http://10.0.0.1/", id="a private address"),
        pytest.param("http://169.254.169.254/latest/meta-data/", id="a cloud's metadata"),
        pytest.param("http://[::ffff:10.0.0.1]/", id="a private address in IPv6's clothes"),
        pytest.param("http://0x0a000001/", id="a private address in hexadecimal"),
        pytest.param("http://167772161/", id="a private address as one number"),
    ],
)
def test_a_redirect_leads_nowhere_private(web, fetcher, location):
    url = web.serve("/away", status=302, Location=location)

    with pytest.raises(FeedUnusableError, match=r"private network|not a web address"):
        fetcher.fetch(url)


def test_a_redirect_to_nonsense_is_said(web, fetcher):
    url = web.serve("/away", status=302, Location="http://[nonsense")

    with pytest.raises(FeedUnavailableError, match="no address"):
        fetcher.fetch(url)


def test_loopback_is_refused_unless_it_is_allowed(web):
    url = web.serve("/feed", "<rss/>")

    with pytest.raises(FeedUnusableError, match="private network"):
        Fetcher(FetchPolicy()).fetch(url)
    assert not web.asked


def test_a_name_is_looked_up_once_and_the_checked_address_is_used(web, fetcher, monkeypatch):
    url = web.serve("/feed", "<rss/>").replace("127.0.0.1", "rebinding.example")
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    monkeypatch.setattr(guarded_backend, "look_up", lambda _host, _port: next(answers))

    assert fetcher.fetch(url).body == b"<rss/>"
    assert web.asked[0].headers["host"].startswith("rebinding.example:")
    assert next(answers) == ["10.0.0.1"]


def test_a_name_with_one_private_address_among_public_ones_is_refused(fetcher, monkeypatch):
    monkeypatch.setattr(guarded_backend, "look_up", lambda *_: ["93.184.216.34", "192.168.0.1"])

    with pytest.raises(FeedUnusableError, match=r"192\.168\.0\.1"):
        fetcher.fetch("http://mixed.example/")


def test_an_address_that_does_not_answer_gives_way_to_the_next(web, fetcher, monkeypatch):
    url = web.serve("/feed", "<rss/>").replace("127.0.0.1", "two.example")
    monkeypatch.setattr(guarded_backend, "look_up", lambda *_: ["127.0.0.2", "127.0.0.1"])

    assert fetcher.fetch(url).body == b"<rss/>"
