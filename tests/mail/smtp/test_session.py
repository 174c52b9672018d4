"""What is said after each reply, without any socket: the orders that real relays seldom show."""

import pytest

from newsletter.domain.delivery.smtp_reply import SmtpStage
from newsletter.mail.smtp.commands import Extensions
from newsletter.mail.smtp.reply_parser import ProtocolError
from newsletter.mail.smtp.session import SmtpSession
from tests.cases import for_each
from tests.mail.smtp.message_sources import FROM, MESSAGE, Letters

PIPELINED, STEP_BY_STEP = Extensions(is_pipelined=True), Extensions()
GROUP = "MAIL FROM:<{}>\r\nRCPT TO:<r{}@reader.example>\r\nDATA\r\n"


def group(key: int) -> bytes:
    return GROUP.format(FROM, key).encode()


def hear(dialogue: SmtpSession, *codes: int) -> bytes:
    """What is said to the last of the replies; nothing is said to those before it."""
    for code in codes[:-1]:
        assert dialogue.received(code, b"so") == b""
    return dialogue.received(codes[-1], b"so")


def test_a_message_and_the_commands_of_the_next_go_out_together():
    letters = Letters(2)
    dialogue = SmtpSession(letters, PIPELINED)

    assert dialogue.start() == group(1)
    assert hear(dialogue, 250, 250, 354) == MESSAGE + b".\r\n" + group(2)
    assert hear(dialogue, 250, 250, 250, 354) == MESSAGE + b".\r\n"
    assert hear(dialogue, 250) == b""
    assert dialogue.is_done
    assert letters.codes() == [250, 250]


def test_step_by_step_each_command_waits_for_its_answer():
    letters = Letters(2)
    dialogue = SmtpSession(letters, STEP_BY_STEP)
    said = [dialogue.start()]
    for code in (250, 250, 354, 250, 250, 250, 354, 250):
        said.append(dialogue.received(code, b"so"))  # noqa: PERF401  # each before the next

    first, second = group(1).splitlines(keepends=True), group(2).splitlines(keepends=True)
    body = MESSAGE + b".\r\n"
    assert said == [*first, body, *second, body, b""]
    assert letters.codes() == [250, 250]


@pytest.mark.parametrize(
    ("codes", "told", "stage"),
    [
        pytest.param((550, 503, 503), 550, SmtpStage.MAIL, id="our address"),
        pytest.param((250, 450, 503), 450, SmtpStage.RCPT, id="the reader's address"),
        pytest.param((250, 250, 451), 451, SmtpStage.DATA, id="the wish to send"),
        pytest.param((550, 550, 554), 550, SmtpStage.MAIL, id="the first of several counts"),
    ],
)
def test_after_a_refusal_in_a_group_the_rest_of_it_is_heard_and_forgotten(codes, told, stage):
    letters = Letters(2)
    dialogue = SmtpSession(letters, PIPELINED)
    dialogue.start()

    assert hear(dialogue, *codes) == b"RSET\r\n" + group(2)
    assert (letters.told[1].code, letters.told[1].stage) == (told, stage)
    assert hear(dialogue, 250, 250, 250, 354) == MESSAGE + b".\r\n"


def test_a_go_ahead_for_nobody_is_answered_with_a_lone_dot():
    letters = Letters(2)
    dialogue = SmtpSession(letters, PIPELINED)
    dialogue.start()

    assert hear(dialogue, 250, 550, 354) == b".\r\n"
    assert letters.told == {}
    assert hear(dialogue, 554) == b"RSET\r\n" + group(2)
    assert (letters.told[1].code, letters.told[1].stage) == (550, SmtpStage.RCPT)


@pytest.mark.parametrize("offered", [PIPELINED, STEP_BY_STEP])
def test_a_relay_that_cannot_forget_is_left_and_the_next_message_goes_elsewhere(offered):
    letters = Letters(2)
    dialogue = SmtpSession(letters, offered)
    dialogue.start()
    codes = (250, 550, 503) if offered is PIPELINED else (250, 550)
    for code in codes:
        dialogue.received(code, b"so")
    dialogue.received(502, b"so")

    assert dialogue.is_closing
    dialogue.lost("gone")
    assert letters.returns == [2]
    assert letters.codes() == [550]


@for_each(
    ("heard", "told", "returned"),
    [
        pytest.param((), {}, [1], id="to MAIL: it is about no message"),
        pytest.param((250,), {1: (421, SmtpStage.RCPT)}, [], id="to RCPT"),
        pytest.param((250, 250), {1: (421, SmtpStage.DATA)}, [], id="to DATA"),
        pytest.param((250, 450), {1: (450, SmtpStage.RCPT)}, [], id="after a refusal"),
        pytest.param((250, 250, 354), {1: (421, SmtpStage.END_OF_DATA)}, [2], id="to the message"),
        pytest.param(
            (250, 250, 354, 250), {1: (250, SmtpStage.END_OF_DATA)}, [2], id="to the next MAIL"
        ),
        pytest.param((250, 450, 503), {1: (450, SmtpStage.RCPT)}, [2], id="to RSET"),
        pytest.param((250, 450, 354), {1: (450, SmtpStage.RCPT)}, [], id="to a lone dot"),
    ],
)
def test_a_goodbye_blames_the_message_that_it_answers_and_no_other(heard, told, returned):
    letters = Letters(2)
    dialogue = SmtpSession(letters, PIPELINED)
    dialogue.start()
    for code in (*heard, 421):
        dialogue.received(code, b"so")
    dialogue.lost("gone")

    assert dialogue.is_closing
    assert {key: (one.code, one.stage) for key, one in letters.told.items()} == told
    assert letters.returns == returned


@pytest.mark.parametrize(
    ("heard", "wrong", "told", "returned"),
    [
        pytest.param((), 354, (0, SmtpStage.MAIL), [], id="go ahead, to MAIL"),
        pytest.param((250,), 354, (0, SmtpStage.RCPT), [], id="go ahead, to RCPT"),
        pytest.param((250, 250), 250, (0, SmtpStage.DATA), [], id="yes, to DATA"),
        pytest.param(
            (250, 250, 354), 354, (0, SmtpStage.END_OF_DATA), [2], id="go ahead, to a message"
        ),
        pytest.param((250, 450), 250, (450, SmtpStage.RCPT), [], id="yes, to DATA after a refusal"),
    ],
)
def test_an_answer_of_another_kind_ends_it_since_none_can_be_trusted_any_more(
    heard, wrong, told, returned
):
    letters = Letters(2)
    dialogue = SmtpSession(letters, PIPELINED)
    dialogue.start()
    for code in heard:
        dialogue.received(code, b"so")

    with pytest.raises(ProtocolError):
        dialogue.received(wrong, b"so")
    dialogue.lost("gone")
    assert (letters.told[1].code, letters.told[1].stage) == told
    assert letters.returns == returned


def test_an_answer_that_nobody_asked_for_ends_it():
    dialogue = SmtpSession(Letters(0), PIPELINED)
    dialogue.start()

    with pytest.raises(ProtocolError):
        dialogue.received(250, b"so")


def test_a_message_that_may_not_begin_any_more_is_returned_and_no_dot_is_sent():
    letters = Letters(2, may_begin=0)
    dialogue = SmtpSession(letters, PIPELINED)
    dialogue.start()

    assert hear(dialogue, 250, 250, 354) == b""
    assert dialogue.is_closing
    dialogue.lost("gone")
    assert letters.returns == [1]
    assert letters.told == {}


def test_what_is_heard_when_the_connection_is_gone_counts_and_begins_nothing():
    letters = Letters(3)
    dialogue = SmtpSession(letters, PIPELINED)
    dialogue.start()
    assert hear(dialogue, 250, 450, 503) == b"RSET\r\n" + group(2)

    dialogue.is_closing = True  # as the connection says, before it hands on what it still has
    assert hear(dialogue, 250, 250, 250, 354) == b""
    dialogue.lost("gone")

    assert letters.codes() == [450]
    assert letters.returns == [2]


@pytest.mark.parametrize(
    ("count", "unsent", "stage"),
    [
        pytest.param(2, 0, SmtpStage.END_OF_DATA, id="all of it has left"),
        pytest.param(
            2, len(group(2)), SmtpStage.END_OF_DATA, id="only what stands behind it has not"
        ),
        pytest.param(2, len(group(2)) + 1, SmtpStage.DATA, id="its end has not"),
        pytest.param(1, 1, SmtpStage.DATA, id="its end has not, and nothing stands behind it"),
    ],
)
def test_a_message_whose_end_has_not_left_is_not_in_doubt(count, unsent, stage):
    letters = Letters(count)
    dialogue = SmtpSession(letters, PIPELINED)
    dialogue.start()
    hear(dialogue, 250, 250, 354)

    dialogue.lost("gone", unsent=unsent)

    assert (letters.told[1].code, letters.told[1].stage) == (0, stage)
    assert letters.returns == [2][: count - 1]


def test_a_connection_carries_no_more_messages_than_it_may():
    letters = Letters(3)
    dialogue = SmtpSession(letters, PIPELINED, most=2)
    dialogue.start()
    hear(dialogue, 250, 250, 354)
    hear(dialogue, 250, 250, 250, 354)
    hear(dialogue, 250)

    assert dialogue.is_spent
    assert dialogue.start() == b""
    assert list(letters.waiting) == [3]
