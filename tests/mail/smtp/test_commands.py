"""What MAIL and RCPT say, and what is refused here because this relay cannot take it."""

import re

import pytest

from newsletter.domain.delivery.retry_policy import ReplyAction, decide_after_reply
from newsletter.domain.delivery.smtp_reply import Reply, SmtpStage
from newsletter.mail.smtp.commands import Envelope, Extensions, mail_and_rcpt

EVERYTHING = Extensions(
    is_pipelined=True, takes_8bit=True, takes_utf8=True, is_size_told=True, reports=True
)
REPORTS = Extensions(takes_utf8=True, reports=True)


def envelope(to: str = "mira@reader.example", **more: str) -> Envelope:
    return Envelope(1, more.pop("sender", "b@letters.example"), to, b"Hi.\r\n", **more)


def test_everything_that_is_offered_is_used():
    assert mail_and_rcpt(envelope(envelope_id="e12.34"), EVERYTHING) == (
        b"MAIL FROM:<b@letters.example> SIZE=5 BODY=8BITMIME RET=HDRS ENVID=e12.34\r\n",
        b"RCPT TO:<mira@reader.example> NOTIFY=FAILURE ORCPT=rfc822;mira@reader.example\r\n",
    )


def test_nothing_that_is_not_offered_is_used():
    assert mail_and_rcpt(envelope(envelope_id="e12.34"), Extensions()) == (
        b"MAIL FROM:<b@letters.example>\r\n",
        b"RCPT TO:<mira@reader.example>\r\n",
    )


@pytest.mark.parametrize(
    ("to", "original"),
    [
        pytest.param("a+b=c@reader.example", "rfc822;a+2Bb+3Dc@reader.example", id="+ and ="),
        pytest.param('"a b"@reader.example', 'rfc822;"a+20b"@reader.example', id="a space"),
        pytest.param(
            "nöl@reader.example", r"utf-8;n\x{F6}l@reader.example", id="a letter beyond ASCII"
        ),
        pytest.param("نور@بريد.example", None, id="Arabic"),
        pytest.param(
            r"ö\+=@reader.example",
            r"utf-8;\x{F6}\x{5C}\x{2B}\x{3D}@reader.example",
            id="each",
        ),
    ],
)
def test_the_original_recipient_is_named_in_ascii_that_can_be_read_back(to, original):
    opened = mail_and_rcpt(envelope(to), REPORTS)
    assert not isinstance(opened, Reply)

    (said,) = re.findall(r"ORCPT=(\S+)\r\n", opened[1].decode())
    assert said.isascii()
    assert original is None or said == original
    kind, _, text = said.partition(";")
    pattern = r"\+([0-9A-F]{2})" if kind == "rfc822" else r"\\x\{([0-9A-F]+)\}"
    assert re.sub(pattern, lambda one: chr(int(one[1], 16)), text) == to


def test_an_envelope_id_is_escaped():
    opened = mail_and_rcpt(envelope(envelope_id="a b+c"), REPORTS)

    assert not isinstance(opened, Reply)
    assert opened[0].endswith(b" ENVID=a+20b+2Bc\r\n")


@pytest.mark.parametrize("bad", ["a\r\nRSET@x.example", "a\nb@x.example", "a\x00b@x.example"])
@pytest.mark.parametrize("field", ["to", "sender"])
def test_no_address_can_give_a_command(bad, field):
    found = mail_and_rcpt(envelope(**{field: bad}), EVERYTHING)

    assert isinstance(found, Reply)
    assert (found.code, found.enhanced) == (553, "5.1.3")


@pytest.mark.parametrize(
    ("most_bytes", "is_asked"),
    [
        pytest.param(4, False, id="larger by one byte"),
        pytest.param(5, True, id="just as large"),
        pytest.param(0, True, id="no limit is stated"),
    ],
)
def test_a_message_larger_than_the_relay_takes_is_refused_here_and_fails_alone(
    most_bytes, is_asked
):
    found = mail_and_rcpt(envelope(), Extensions(is_size_told=True, most_bytes=most_bytes))

    assert isinstance(found, tuple) == is_asked
    if isinstance(found, Reply):
        assert (found.code, found.enhanced, found.stage) == (552, "5.3.4", SmtpStage.MAIL)
        assert "5 bytes" in found.text
        outcome = decide_after_reply(found, attempts=1)
        assert (outcome.action, outcome.is_dead_address) == (ReplyAction.FAILED, False)


@pytest.mark.parametrize(
    ("line", "most_bytes"),
    [("SIZE 1000", 1000), ("SIZE 0", 0), ("SIZE", 0), ("SIZE X", 0), ("SIZE ²", 0)],
)
def test_the_stated_size_is_read_as_a_number_or_not_at_all(line, most_bytes):
    found = Extensions.read(frozenset({line, "PIPELINING"}))

    assert (found.is_size_told, found.most_bytes, found.is_pipelined) == (True, most_bytes, True)
