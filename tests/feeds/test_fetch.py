"""Fetching from servers that behave, that fail, and that mean harm."""

import datetime as dt
import socket
import ssl
import subprocess
import threading
import time
from dataclasses import replace

import pytest

from newsletter.errors import FeedError, FeedUnavailableError, FeedUnusableError
from newsletter.feeds import connect
from newsletter.feeds.fetch import Fetcher, RefusedByServerError
from newsletter.feeds.policy import FetchPolicy
from tests.servers import Answer, packed, web_server


@pytest.fixture
def fetcher(policy) -> Fetcher:
    return Fetcher(policy)


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
    monkeypatch.setattr(connect, "look_up", lambda _host, _port: next(answers))

    assert fetcher.fetch(url).body == b"<rss/>"
    assert web.asked[0].headers["host"].startswith("rebinding.example:")
    assert next(answers) == ["10.0.0.1"]


def test_a_name_with_one_private_address_among_public_ones_is_refused(fetcher, monkeypatch):
    monkeypatch.setattr(connect, "look_up", lambda *_: ["93.184.216.34", "192.168.0.1"])

    with pytest.raises(FeedUnusableError, match=r"192\.168\.0\.1"):
        fetcher.fetch("http://mixed.example/")


def test_an_address_that_does_not_answer_gives_way_to_the_next(web, fetcher, monkeypatch):
    url = web.serve("/feed", "<rss/>").replace("127.0.0.1", "two.example")
    monkeypatch.setattr(connect, "look_up", lambda *_: ["127.0.0.2", "127.0.0.1"])

    assert fetcher.fetch(url).body == b"<rss/>"


def test_a_slow_drip_ends_when_the_time_is_over(web, policy):
    url = web.script("/drip", Answer(b"x" * 1_000, drip_s=0.05))
    started_at = time.monotonic()

    with pytest.raises(FeedUnavailableError, match="did not answer in time"):
        Fetcher(replace(policy, timeout_s=0.4)).fetch(url)

    assert time.monotonic() - started_at < 2


def test_slow_redirects_share_one_limit_of_time(web, policy):
    def slow(_request):
        time.sleep(0.3)
        return Answer(status=302, headers={"Location": "/again"})

    url = web.script("/again", slow)
    started_at = time.monotonic()

    with pytest.raises(FeedUnavailableError, match="did not answer in time"):
        Fetcher(replace(policy, timeout_s=0.5)).fetch(url)

    assert time.monotonic() - started_at < 1.2


@pytest.mark.parametrize(
    ("status", "words"),
    [
        pytest.param(401, "asks for a password", id="401"),
        pytest.param(403, "refuses us", id="403"),
        pytest.param(404, "nothing at this address", id="404"),
        pytest.param(410, "gone for good", id="410"),
        pytest.param(429, "ask too often", id="429"),
        pytest.param(500, "server has trouble", id="500"),
        pytest.param(204, "It answered 204", id="204"),
    ],
)
def test_a_server_that_refuses_is_quoted_in_words(web, fetcher, status, words):
    url = web.serve("/feed", status=status)

    with pytest.raises(RefusedByServerError, match=words) as caught:
        fetcher.fetch(url)
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("asked", "wait"),
    [
        pytest.param("120", dt.timedelta(seconds=120), id="seconds"),
        pytest.param("99999999", dt.timedelta(days=1), id="at most a day"),
        pytest.param("soon", None, id="nonsense"),
        pytest.param("Fri, 01 Jan 1990 00:00:00 GMT", dt.timedelta(0), id="a date gone by"),
    ],
)
def test_a_server_says_how_long_to_stay_away(web, fetcher, asked, wait):
    url = web.serve("/feed", status=503, Retry_After=asked)

    with pytest.raises(RefusedByServerError) as caught:
        fetcher.fetch(url)
    assert caught.value.wait == wait


def test_a_connection_that_breaks_off_is_said(web, fetcher):
    url = web.script("/cut", Answer(b"<rss>", is_cut_short=True))

    with pytest.raises(FeedUnavailableError, match="broke off"):
        fetcher.fetch(url)


def test_a_port_where_nobody_listens_is_said(fetcher):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with pytest.raises(FeedUnavailableError, match="Nothing answers"):
        fetcher.fetch(f"http://127.0.0.1:{port}/")


def test_a_server_that_does_not_speak_http_is_said(fetcher):
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"https://127.0.0.1:{server.getsockname()[1]}/"
        server.settimeout(5)

        def greet():
            connection, _ = server.accept()
            with connection:
                connection.recv(100)
                connection.sendall(b"220 mail.example ESMTP\r\n")

        thread = threading.Thread(target=greet)
        thread.start()
        with pytest.raises(FeedUnavailableError, match="secure connection"):
            fetcher.fetch(url)
        thread.join()


def test_a_certificate_that_nobody_vouches_for_is_said_in_words(fetcher, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1"
    subprocess.run(
        [*make.split(), "-subj", "/CN=127.0.0.1", "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    with (
        web_server(tls=context) as server,
        pytest.raises(FeedUnavailableError, match="certificate is not valid: self-signed"),
    ):
        fetcher.fetch(server.serve("/feed", "<rss/>"))


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("", id="nothing"),
        pytest.param("ftp://a.example/feed", id="another protocol"),
        pytest.param("http://", id="no host"),
        pytest.param("http://[::1", id="a bracket missing"),
        pytest.param("http://a.example:99999/", id="no such port"),
        pytest.param("http://xn--.example/", id="a broken name"),
        pytest.param("http://nowhere.invalid/", id="a name that does not exist"),
    ],
)
def test_an_address_that_leads_nowhere_is_said(fetcher, url):
    with pytest.raises(FeedError):
        fetcher.fetch(url)
