"""Reaching a relay: its address, TLS, name and password, and what is said when it fails."""

import ssl
import subprocess
from base64 import b64decode

import pytest

from newsletter.errors import SettingsError, UnreachableError
from newsletter.mail.smtp import RelayUrl, connected, greeting
from newsletter.mail.smtp import connection as smtp
from tests.smtp_server import CONNECT, HANG_UP, Say, smtp_server

FROM, TO = "bounce@letters.example", "mira@reader.example"
MESSAGE = b"Subject: A bridge\r\n\r\nIt opens.\r\n"


@pytest.fixture
def relay():
    with smtp_server() as server:
        yield server


@pytest.fixture
def certificate(tmp_path, monkeypatch):
    """A context for a server whose certificate this process trusts while the test runs."""
    key, path = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1"
    name = ["-subj", "/CN=relay", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = [*make.split(), *name, "-keyout", key, "-out", path]
    subprocess.run(command, check=True, capture_output=True, timeout=30)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, key)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    greeting._tls.cache_clear()
    yield context
    greeting._tls.cache_clear()


def test_the_user_and_password_go_to_a_relay_that_asks_for_them():
    with (
        smtp_server(extensions=("AUTH PLAIN",)) as server,
        connected(server.url(login="news%40letters.example:p%3Ass")) as relay,
    ):
        assert relay.send(FROM, TO, MESSAGE).code == 250

    (login,) = (line for line in server.commands if line.startswith("AUTH"))
    assert b64decode(login.split(" ")[2]) == b"\0news@letters.example\0p:ss"


def test_a_password_that_is_refused_names_the_setting_and_does_not_show_it():
    with smtp_server(extensions=("AUTH PLAIN",)) as server:
        server.script("AUTH", "535 5.7.8 Wrong")
        with (
            pytest.raises(SettingsError, match=r"NEWSLETTER_SMTP_URL \(535\)") as refused,
            connected(server.url(login="news:hush")),
        ):
            pass

    assert "hush" not in str(refused.value)


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        pytest.param(CONNECT, HANG_UP, id="hangs up at once"),
        pytest.param(CONNECT, "554 5.7.1 Not you", id="turns us away"),
        pytest.param(CONNECT, Say(), id="says nothing"),
        pytest.param("EHLO", HANG_UP, id="hangs up at our greeting"),
    ],
)
def test_a_relay_that_does_not_greet_is_unreachable(relay, monkeypatch, command, answer):
    monkeypatch.setattr(smtp, "TIMEOUT_S", 0.2)
    relay.script(command, answer)

    with pytest.raises(UnreachableError, match="NEWSLETTER_SMTP_URL"), connected(relay.url()):
        pass


def test_a_port_where_nobody_listens_is_said_in_words():
    with smtp_server() as server:
        url = server.url()

    with pytest.raises(UnreachableError, match=r"\(Connection refused\)"), connected(url):
        pass


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
def test_a_message_goes_through_tls(certificate, scheme):
    at_once = scheme == "smtps"
    extensions = ("SIZE 1000",) if at_once else ("SIZE 1000", "STARTTLS")
    with (
        smtp_server(extensions=extensions, tls=certificate, is_tls_at_once=at_once) as server,
        connected(server.url(scheme)) as relay,
    ):
        reply = relay.send(FROM, TO, MESSAGE)

    assert reply.code == 250
    greeting = ["EHLO"] if at_once else ["EHLO", "STARTTLS", "EHLO"]
    assert server.verbs() == [*greeting, "MAIL", "RCPT", "DATA", "QUIT"]


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
def test_a_certificate_that_nobody_vouches_for_is_not_accepted(certificate, monkeypatch, scheme):
    monkeypatch.delenv("SSL_CERT_FILE")
    extensions, at_once = ("STARTTLS",), scheme == "smtps"
    with (
        smtp_server(extensions=extensions, tls=certificate, is_tls_at_once=at_once) as server,
        pytest.raises(UnreachableError, match="its certificate is not valid: self-signed"),
        connected(server.url(scheme, login="news:hush")),
    ):
        pass

    assert "AUTH" not in server.verbs()


def test_no_password_goes_in_the_clear_when_tls_was_asked_for_and_is_not_offered():
    with (
        smtp_server(extensions=("AUTH PLAIN",)) as server,
        pytest.raises(UnreachableError, match="STARTTLS"),
        connected(server.url("smtp+starttls", login="news:hush")),
    ):
        pass

    assert "AUTH" not in server.verbs()


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        pytest.param("smtp://relay.example", ("smtp", "relay.example", 25, "", ""), id="plain"),
        pytest.param("smtps://relay.example", ("smtps", "relay.example", 465, "", ""), id="TLS"),
        pytest.param(
            "smtp+starttls://a%40b:c%2Fd@relay.example",
            ("smtp+starttls", "relay.example", 587, "a@b", "c/d"),
            id="STARTTLS with escapes",
        ),
        pytest.param("smtp://[::1]:2525", ("smtp", "::1", 2525, "", ""), id="a port, IPv6"),
    ],
)
def test_an_address_of_a_relay_falls_into_its_parts(url, parts):
    found = RelayUrl.parse(url)

    assert (found.scheme, found.host, found.port, found.user, found.password) == parts


@pytest.mark.parametrize(
    "url",
    [
        "",
        "relay.example:25",
        "http://relay.example",
        "smtp://",
        "smtp://r.example:x",
        "smtp://[::1",
    ],
)
def test_what_is_no_address_of_a_relay_names_the_setting(url):
    with pytest.raises(SettingsError, match="NEWSLETTER_SMTP_URL"):
        RelayUrl.parse(url)
