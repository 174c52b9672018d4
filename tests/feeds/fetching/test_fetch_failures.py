"""Servers that refuse, are slow, break off, or are not there."""

import datetime as dt
import socket
import ssl
import subprocess
import threading
import time
from dataclasses import replace

import pytest

from newsletter.errors import FeedError, FeedUnavailableError
from newsletter.feeds.fetching.fetch import Fetcher, RefusedByServerError
from tests.servers import Answer, web_server

pytestmark = pytest.mark.servers


def test_a_slow_drip_ends_when_the_time_is_over(web, policy):
    url = web.script("/drip", Answer(b"x" * 100_000, drip_s=0.05))  # all of it takes an hour

    with pytest.raises(FeedUnavailableError, match="did not answer in time"):
        Fetcher(replace(policy, timeout_s=0.4)).fetch(url)


def test_slow_redirects_share_one_limit_of_time(web, policy):
    def slow(_request):
        time.sleep(0.3)
        return Answer(status=302, headers={"Location": "/again"})

    url = web.script("/again", slow)

    with pytest.raises(FeedUnavailableError, match="did not answer in time"):
        Fetcher(replace(policy, timeout_s=0.5)).fetch(url)

    assert len(web.asked) <= policy.max_redirects


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
