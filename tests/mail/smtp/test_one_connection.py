"""Handing messages over, against a real socket that answers as a test tells it to."""

import pytest

from newsletter.domain.delivery.smtp_reply import SmtpStage
from newsletter.mail.message.master_copy import compile_master
from newsletter.mail.smtp import relay_connection
from tests.mail.examples import digest, frame, newsletter, recipient
from tests.smtp_server import DOT, HANG_UP, SILENCE, Say, SmtpServer, impatient, smtp_server

pytestmark = pytest.mark.servers

FROM, TO = "bounce@letters.example", "mira@reader.example"
MESSAGE = b"Subject: A bridge\r\n\r\nIt opens.\r\n"


@pytest.fixture
def relay():
    with smtp_server() as server:
        yield server


def sent(server: SmtpServer, *, to: str = TO, message: bytes = MESSAGE):
    """The reply to one message, and whether the connection can be used for another."""
    with relay_connection(server.relays()) as relay:
        return relay.send(FROM, to, message), relay.is_open


def test_a_message_is_handed_over_byte_for_byte(relay):
    message = compile_master(digest(), newsletter(), frame()).message(recipient(name="نور"))

    reply, is_open = sent(relay, message=message)

    assert (reply.code, reply.enhanced, reply.text) == (250, "2.0.0", "Queued")
    assert reply.stage is SmtpStage.END_OF_DATA
    assert is_open
    assert [one.content for one in relay.messages] == [message]


def test_messages_go_one_after_the_other_over_one_connection(relay):
    with relay_connection(relay.relays()) as open_relay:
        replies = [open_relay.send(FROM, f"{n}@reader.example", MESSAGE) for n in range(3)]

    assert [reply.code for reply in replies] == [250, 250, 250]
    assert [one.recipient for one in relay.messages] == [
        f"RCPT TO:<{n}@reader.example>" for n in range(3)
    ]
    assert relay.connections == 1
    assert relay.verbs() == ["EHLO", *["MAIL", "RCPT", "DATA"] * 3, "QUIT"]


@pytest.mark.parametrize(
    ("extensions", "to", "mail"),
    [
        pytest.param((), TO, f"MAIL FROM:<{FROM}>", id="nothing offered"),
        pytest.param(("SIZE 1000",), TO, f"MAIL FROM:<{FROM}> SIZE={len(MESSAGE)}", id="SIZE"),
        pytest.param(("8BITMIME",), TO, f"MAIL FROM:<{FROM}> BODY=8BITMIME", id="8BITMIME"),
        pytest.param(("SMTPUTF8",), TO, f"MAIL FROM:<{FROM}>", id="SMTPUTF8 is not needed"),
        pytest.param(
            ("SMTPUTF8",), "نور@بريد.example", f"MAIL FROM:<{FROM}> SMTPUTF8", id="SMTPUTF8 is"
        ),
        pytest.param(
            ("8BITMIME", "SMTPUTF8", "SIZE"),
            "nöl@reader.example",
            f"MAIL FROM:<{FROM}> SIZE={len(MESSAGE)} BODY=8BITMIME SMTPUTF8",
            id="all",
        ),
    ],
)
def test_only_what_the_relay_offers_is_asked_for(extensions, to, mail):
    with smtp_server(extensions=extensions) as server:
        reply, _ = sent(server, to=to)

    assert reply.code == 250
    assert (server.messages[0].sender, server.messages[0].recipient) == (mail, f"RCPT TO:<{to}>")


def test_an_address_beyond_ascii_is_refused_here_when_the_relay_cannot_take_it():
    with (
        smtp_server(extensions=("8BITMIME",)) as server,
        relay_connection(server.relays()) as relay,
    ):
        refused = relay.send(FROM, "نور@بريد.example", MESSAGE)
        next_one = relay.send(FROM, TO, MESSAGE)

    assert (refused.code, refused.enhanced, refused.stage) == (553, "5.6.7", SmtpStage.RCPT)
    assert "SMTPUTF8" in refused.text
    assert next_one.code == 250
    assert [one.recipient for one in server.messages] == [f"RCPT TO:<{TO}>"]


def test_a_relay_that_knows_no_ehlo_is_greeted_the_old_way(relay):
    relay.script("EHLO", "502 5.5.1 Unknown")

    reply, _ = sent(relay)

    assert reply.code == 250
    assert relay.commands[-4] == f"MAIL FROM:<{FROM}>"
    assert relay.verbs()[:2] == ["EHLO", "HELO"]


@pytest.mark.parametrize(
    ("command", "stage"),
    [
        pytest.param("MAIL", SmtpStage.MAIL, id="our address"),
        pytest.param("RCPT", SmtpStage.RCPT, id="the reader's address"),
        pytest.param("DATA", SmtpStage.DATA, id="the wish to send"),
        pytest.param(DOT, SmtpStage.END_OF_DATA, id="the whole message"),
    ],
)
@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param("550 5.1.1 No such user", (550, "5.1.1", "No such user"), id="for good"),
        pytest.param("451 4.7.1 Greylisted", (451, "4.7.1", "Greylisted"), id="for now"),
        pytest.param("554 No", (554, "", "No"), id="without an enhanced code"),
        pytest.param(
            "550-5.7.1 We do not\r\n550 5.7.1 like you",
            (550, "5.7.1", "We do not like you"),
            id="2",
        ),
    ],
)
def test_a_refusal_is_told_with_its_stage_and_the_next_message_goes(
    relay, command, stage, answer, told
):
    relay.script(command, answer)

    with relay_connection(relay.relays()) as open_relay:
        refused = open_relay.send(FROM, TO, MESSAGE)
        next_one = open_relay.send(FROM, "nour@reader.example", MESSAGE)

    assert (refused.code, refused.enhanced, refused.text, refused.stage) == (*told, stage)
    assert next_one.code == 250
    assert relay.messages[-1].recipient == "RCPT TO:<nour@reader.example>"
    # After a refusal in mid-way the relay is to forget what it was told (RFC 5321 4.1.1.5).
    assert ("RSET" in relay.verbs()) == (stage is not SmtpStage.END_OF_DATA)


@pytest.mark.parametrize("code", [251, 252])
def test_a_relay_that_will_forward_or_try_has_said_yes(relay, code):
    relay.script("RCPT", f"{code} 2.1.5 Will see")

    reply, _ = sent(relay)

    assert reply.code == 250
    assert len(relay.messages) == 1


@pytest.mark.parametrize(
    ("command", "stage", "taken"),
    [
        pytest.param("MAIL", SmtpStage.MAIL, 0, id="at our address"),
        pytest.param("RCPT", SmtpStage.RCPT, 0, id="at the reader's address"),
        pytest.param("DATA", SmtpStage.DATA, 0, id="at the wish to send"),
        pytest.param(DOT, SmtpStage.END_OF_DATA, 1, id="after the whole message"),
    ],
)
def test_a_broken_connection_is_a_reply_without_code_that_names_its_stage(
    relay, command, stage, taken
):
    relay.script(command, HANG_UP)

    reply, is_open = sent(relay)

    assert (reply.code, reply.stage) == (0, stage)
    assert "The connection broke" in reply.text
    assert not is_open
    assert len(relay.messages) == taken


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_refusal_is_told_even_when_the_relay_hangs_up_after_it(relay, command):
    relay.script(command, Say("554 5.7.1 Blocked", hangs_up=True))

    reply, is_open = sent(relay)

    assert (reply.code, reply.enhanced, reply.text) == (554, "5.7.1", "Blocked")
    assert not is_open


@pytest.mark.parametrize("hangs_up", [False, True])
def test_a_relay_that_closes_after_a_message_is_not_asked_again(relay, hangs_up):
    relay.script(DOT, Say("421 4.3.2 Shutting down", hangs_up=hangs_up))

    reply, is_open = sent(relay)

    assert (reply.code, reply.enhanced, reply.stage) == (421, "4.3.2", SmtpStage.END_OF_DATA)
    assert not is_open


def test_a_relay_that_falls_silent_is_not_waited_for_without_end(relay):
    relay.script(DOT, SILENCE)

    with relay_connection(relay.relays(), timeouts=impatient(dot_s=0.2)) as open_relay:
        reply, is_open = open_relay.send(FROM, TO, MESSAGE), open_relay.is_open

    assert (reply.code, reply.stage) == (0, SmtpStage.END_OF_DATA)
    assert not is_open


def test_the_connection_is_closed_even_when_the_work_fails(relay):
    with pytest.raises(ZeroDivisionError), relay_connection(relay.relays()) as open_relay:
        raise ZeroDivisionError

    assert not open_relay.is_open
    assert relay.verbs() == ["EHLO", "QUIT"]


def test_a_relay_that_does_not_say_goodbye_is_no_trouble(relay):
    relay.script("QUIT", HANG_UP)

    assert sent(relay)[0].code == 250
