"""Logging in to a relay, and never so that somebody on the way can read the password."""

import asyncio
import hmac
from base64 import b64decode, b64encode

import pytest

from newsletter.errors import SettingsError, UnreachableError
from newsletter.mail.smtp import RelayUrl, relay_connection
from newsletter.mail.smtp.auth import authenticate
from tests.mail.smtp.message_sources import FROM, MESSAGE
from tests.smtp_server import SmtpServer, smtp_server

pytestmark = pytest.mark.servers

ELSEWHERE = "192.0.2.7"


def coded(text: str) -> str:
    return b64encode(text.encode()).decode()


def sent_after_login(server: SmtpServer, *, options: str = "") -> list[str]:
    """What was said to log in, before a message that was taken."""
    relays = server.relays(login="news%40letters.example:p%3Ass", options=options)
    with relay_connection(relays) as relay:
        assert relay.send(FROM, "mira@reader.example", MESSAGE).code == 250
    verbs = server.verbs()
    return server.commands[verbs.index("AUTH") : verbs.index("MAIL")]


def test_plain_says_both_at_once():
    with smtp_server(extensions=("AUTH CRAM-MD5 LOGIN PLAIN",)) as server:
        (said,) = sent_after_login(server)

    assert said.startswith("AUTH PLAIN ")
    assert b64decode(said.split(" ")[2]) == b"\0news@letters.example\0p:ss"


@pytest.mark.parametrize("extension", ["AUTH LOGIN", "AUTH=LOGIN", "auth login"])
def test_login_is_asked_twice(extension):
    user, password = coded("news@letters.example"), coded("p:ss")
    with smtp_server(extensions=(extension,)) as server:
        server.script("AUTH", "334 VXNlcm5hbWU6")
        server.script(user.upper(), "334 UGFzc3dvcmQ6")
        server.script(password.upper(), "235 2.7.0 Welcome")
        said = sent_after_login(server)

    assert said == ["AUTH LOGIN", user, password]


def test_cram_md5_proves_the_password_without_saying_it():
    challenge = "<17.3@relay.example>"
    digest = hmac.new(b"p:ss", challenge.encode(), "md5").hexdigest()
    answer = coded(f"news@letters.example {digest}")
    with smtp_server(extensions=("AUTH PLAIN CRAM-MD5",)) as server:
        server.script("AUTH", f"334 {coded(challenge)}")
        server.script(answer.upper(), "235 2.7.0 Welcome")
        said = sent_after_login(server, options="?auth=cram-md5")

    assert said == ["AUTH CRAM-MD5", answer]


def test_xoauth2_bears_the_token():
    with smtp_server(extensions=("AUTH PLAIN XOAUTH2",)) as server:
        (said,) = sent_after_login(server, options="?auth=xoauth2")

    assert said.startswith("AUTH XOAUTH2 ")
    told = b64decode(said.split(" ")[2])
    assert told == b"user=news@letters.example\x01auth=Bearer p:ss\x01\x01"


def test_the_challenge_of_a_refused_token_is_answered_with_an_empty_line():
    with smtp_server(extensions=("AUTH XOAUTH2",)) as server:
        server.script("AUTH", "334 " + coded('{"status":"400"}'))
        server.script("", "535 5.7.8 Token expired")
        with pytest.raises(SettingsError, match=r"refuses the user and password .*\(535\)"):
            sent_after_login(server, options="?auth=xoauth2")

    assert server.commands[-1] == ""


def test_a_password_that_is_refused_names_the_setting_and_does_not_show_it():
    with smtp_server(extensions=("AUTH PLAIN",)) as server:
        server.script("AUTH", "535 5.7.8 Wrong")
        with pytest.raises(SettingsError, match=r"NEWSLETTER_SMTP_URL \(535\)") as refused:
            sent_after_login(server)

    assert "p:ss" not in str(refused.value)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param("454 4.7.0 Try later", "454 4.7.0 Try later", id="not now"),
        pytest.param("250 2.0.0 What?", "250 2.0.0 What", id="a wrong code"),
        pytest.param("Hello there", "makes no sense", id="words"),
    ],
)
def test_a_relay_that_cannot_say_now_is_asked_again_later(answer, said):
    with smtp_server(extensions=("AUTH PLAIN",)) as server:
        server.script("AUTH", answer)
        with pytest.raises(UnreachableError, match=said):
            sent_after_login(server)


def test_a_challenge_that_is_no_base64_makes_no_sense():
    with smtp_server(extensions=("AUTH CRAM-MD5",)) as server:
        server.script("AUTH", "334 x")
        with pytest.raises(UnreachableError, match=r"challenge .* makes no sense"):
            sent_after_login(server)


@pytest.mark.parametrize(
    ("extensions", "options"),
    [
        pytest.param((), "", id="it asks for none"),
        pytest.param(("AUTH GSSAPI",), "", id="it asks for another"),
        pytest.param(("AUTH XOAUTH2",), "", id="a password is no token"),
        pytest.param(("AUTH PLAIN",), "?auth=login", id="not the one that is wanted"),
    ],
)
def test_a_relay_that_asks_for_no_password_of_ours_is_a_wrong_setting(extensions, options):
    with (
        smtp_server(extensions=extensions) as server,
        pytest.raises(SettingsError, match="Take user and password out of NEWSLETTER_SMTP_URL"),
    ):
        sent_after_login(server, options=options)

    assert "AUTH" not in server.verbs()


def login_at(peer: str | None, offered: str, options: str = "") -> list[str]:
    """What is said to a relay at that address."""
    said = []

    async def ask(command: str) -> tuple[int, str]:
        said.append(command)
        return (334, coded("challenge")) if command == "AUTH CRAM-MD5" else (235, "Welcome")

    url = RelayUrl.parse(f"smtp://news:hush@relay.example{options}")
    asyncio.run(authenticate(ask, frozenset({offered}), url, peer=peer))
    return said


@pytest.mark.parametrize("offered", ["AUTH PLAIN", "AUTH LOGIN PLAIN"])
def test_a_password_does_not_go_readable_over_a_network(offered):
    with pytest.raises(SettingsError, match=r"readable on the way.*plaintext=yes"):
        login_at(ELSEWHERE, offered)


def test_nor_does_a_token():
    with pytest.raises(SettingsError, match="readable on the way"):
        login_at(ELSEWHERE, "AUTH XOAUTH2", "?auth=xoauth2")


@pytest.mark.parametrize(
    ("peer", "options"),
    [
        pytest.param(None, "", id="under TLS"),
        pytest.param("127.0.0.1", "", id="on this machine"),
        pytest.param("::1", "", id="on this machine, IPv6"),
        pytest.param(ELSEWHERE, "?plaintext=yes", id="where the setting allows it"),
    ],
)
def test_it_goes_where_nobody_can_read_it_or_the_setting_allows_it(peer, options):
    (said,) = login_at(peer, "AUTH PLAIN", options)

    assert said.startswith("AUTH PLAIN ")


def test_without_tls_a_way_that_does_not_send_the_password_is_taken():
    first, _ = login_at(ELSEWHERE, "AUTH PLAIN CRAM-MD5")

    assert first == "AUTH CRAM-MD5"
