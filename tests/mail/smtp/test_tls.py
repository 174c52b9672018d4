"""Under TLS, with a relay whose certificate says who it is, or in words why not."""

import ssl
import subprocess

import pytest

from newsletter.errors import UnreachableError
from newsletter.mail.smtp import handshake, relay_connection
from tests.mail.smtp.message_sources import FROM, MESSAGE
from tests.patience import HANGS_S
from tests.smtp_server import SmtpServer, smtp_server

pytestmark = pytest.mark.servers

TO = "mira@reader.example"
HERE = "IP:127.0.0.1"
SCHEMES = ["smtps", "smtp+starttls"]


@pytest.fixture
def certified(tmp_path, monkeypatch):
    """A context for a server with a certificate of that name and age; this process trusts it."""

    def made(name: str = HERE, *, days: int = 1) -> ssl.SSLContext:
        key, request, path = (tmp_path / one for one in ("key.pem", "request.pem", "cert.pem"))
        curve = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=relay".split()
        alternative = ["-addext", f"subjectAltName={name}"]
        openssl("req", *curve, *alternative, "-keyout", key, "-out", request)
        signed = ["-signkey", key, "-days", days, "-copy_extensions", "copy"]
        openssl("x509", "-req", "-in", request, *signed, "-out", path)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path, key)
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        return context

    handshake._tls.cache_clear()
    yield made
    handshake._tls.cache_clear()


def openssl(*arguments: object) -> None:
    command = ["openssl", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True, timeout=HANGS_S)


def server_with(tls: ssl.SSLContext, scheme: str):
    extensions = ("AUTH PLAIN",) if scheme == "smtps" else ("AUTH PLAIN", "STARTTLS")
    return smtp_server(extensions=extensions, tls=tls, is_tls_at_once=scheme == "smtps")


def refusal(server: SmtpServer, scheme: str) -> str:
    """Why the relay cannot be used; it has not heard our password."""
    relays = server.relays(scheme, login="news:hush")
    with pytest.raises(UnreachableError) as error, relay_connection(relays):
        pass
    assert "AUTH" not in server.verbs()
    return str(error.value)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_message_goes_through_tls(certified, scheme):
    large = MESSAGE + b"A line.\r\n" * 50_000
    with (
        server_with(certified(), scheme) as server,
        relay_connection(server.relays(scheme, login="news:hush")) as relay,
    ):
        replies = [relay.send(FROM, TO, message) for message in (MESSAGE, large)]

    assert [reply.code for reply in replies] == [250, 250]
    assert [one.content for one in server.messages] == [MESSAGE, large]
    hello = ["EHLO"] if scheme == "smtps" else ["EHLO", "STARTTLS", "EHLO"]
    assert server.verbs() == [*hello, "AUTH", *["MAIL", "RCPT", "DATA"] * 2, "QUIT"]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_certificate_that_nobody_vouches_for_is_not_accepted(certified, monkeypatch, scheme):
    tls = certified()
    monkeypatch.delenv("SSL_CERT_FILE")
    with server_with(tls, scheme) as server:
        assert "its certificate is not valid: self-signed" in refusal(server, scheme)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", ["DNS:relay.example", "IP:127.0.0.2"])
def test_a_certificate_of_another_host_is_not_accepted(certified, scheme, name):
    with server_with(certified(name), scheme) as server:
        said = refusal(server, scheme)

    assert "its certificate is not valid: IP address mismatch" in said
    assert "127.0.0.1" in said


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_certificate_whose_time_is_over_is_not_accepted(certified, scheme):
    with server_with(certified(days=-1), scheme) as server:
        assert "its certificate is not valid: certificate has expired" in refusal(server, scheme)


def test_no_password_goes_in_the_clear_when_tls_was_asked_for_and_is_not_offered():
    with smtp_server(extensions=("AUTH PLAIN",)) as server:
        assert "it says 454 4.7.0 No certificate to STARTTLS" in refusal(server, "smtp+starttls")


@pytest.mark.parametrize(
    "more",
    [
        pytest.param("250-relay.example\r\n250 AUTH PLAIN", id="a whole answer"),
        pytest.param("250-relay.example", id="a part of one"),
    ],
)
def test_what_somebody_slips_in_before_tls_begins_is_refused(certified, more):
    with server_with(certified(), "smtp+starttls") as server:
        server.script("STARTTLS", f"220 2.0.0 Ready\r\n{more}")
        assert "says more before TLS has begun" in refusal(server, "smtp+starttls")


def test_a_relay_that_speaks_no_tls_is_said_so():
    with smtp_server(extensions=("AUTH PLAIN",)) as server:
        assert "TLS" in refusal(server, "smtps")
