"""Relays that say goodbye, or nothing that makes sense, in the middle of a message."""

import pytest

from newsletter.domain.delivery.smtp_reply import Reply, SmtpStage
from newsletter.mail.smtp import relay_connection
from tests.smtp_server import DOT, Say, SmtpServer, smtp_server

pytestmark = pytest.mark.servers

FROM, TO = "bounce@letters.example", "mira@reader.example"
MESSAGE = b"Subject: A bridge\r\n\r\nIt opens.\r\n"
BEFORE_IT = [
    pytest.param("MAIL", SmtpStage.MAIL, id="at our address"),
    pytest.param("RCPT", SmtpStage.RCPT, id="at the reader's address"),
    pytest.param("DATA", SmtpStage.DATA, id="at the wish to send"),
]
STAGES = [*BEFORE_IT, pytest.param(DOT, SmtpStage.END_OF_DATA, id="after the whole message")]


@pytest.fixture
def server():
    with smtp_server() as server:
        yield server


def sent(server: SmtpServer) -> tuple[Reply, bool]:
    """The reply to one message, and whether the connection can be used for another."""
    with relay_connection(server.relays()) as relay:
        return relay.send(FROM, TO, MESSAGE), relay.is_open


@pytest.mark.parametrize("hangs_up", [False, True])
@pytest.mark.parametrize(("command", "stage"), STAGES)
def test_a_relay_that_says_goodbye_is_not_asked_again(server, command, stage, hangs_up):
    server.script(command, Say("421 4.3.2 Shutting down", hangs_up=hangs_up))

    reply, is_open = sent(server)

    assert (reply.code, reply.enhanced, reply.stage) == (421, "4.3.2", stage)
    assert not is_open
    assert "RSET" not in server.verbs()


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("Hello there", id="words"),
        pytest.param("000 Nothing", id="noughts"),
        pytest.param("99 Too short", id="two digits"),
        pytest.param("199 Too small", id="a code that none begins with"),
        pytest.param("-250 Less than nothing", id="less than nothing"),
        pytest.param("250 " + "x" * 9_000, id="a line without end"),
    ],
)
@pytest.mark.parametrize(("command", "stage"), STAGES)
def test_a_senseless_answer_is_a_broken_connection(server, command, stage, answer):
    server.script(command, answer)

    reply, is_open = sent(server)

    assert (reply.code, reply.enhanced, reply.stage) == (0, "", stage)
    assert "The connection broke" in reply.text
    assert not is_open


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param("550 5.1.1 No such user", (550, "5.1.1", "No such user"), id="of a reader"),
        pytest.param("554 5.7.1 Go away", (554, "5.7.1", "Go away"), id="of us"),
    ],
)
def test_a_refusal_of_a_reader_counts_though_the_relay_hangs_up_after_it(server, answer, told):
    server.script("RCPT", Say(answer, hangs_up=True))

    reply, is_open = sent(server)

    assert (reply.code, reply.enhanced, reply.text, reply.stage) == (*told, SmtpStage.RCPT)
    assert not is_open
    assert server.messages == []
