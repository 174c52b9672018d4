"""Bytes come in pieces of any size, and replies in any number of lines."""

import random
from collections import deque

import pytest

from newsletter.mail.smtp.reply_parser import ProtocolError, ReplyParser
from tests.cases import for_each

SAID = b"220 hello\r\n250-a.example\r\n250-SIZE 10\r\n250 DSN\r\n354\r\n550 5.1.1 no\n421 bye\r\n"
HEARD = [
    (220, b"hello"),
    (250, b"a.example\nSIZE 10\nDSN"),
    (354, b""),
    (550, b"5.1.1 no"),
    (421, b"bye"),
]


def heard_in(*pieces: bytes) -> tuple[list[tuple[int, bytes]], bool]:
    """The replies in the pieces, and whether all of it made sense."""
    replies, heard = ReplyParser(), deque[tuple[int, bytes]]()
    try:
        for piece in pieces:
            heard.extend(replies.read(piece))  # a deque keeps what came before an error
    except ProtocolError:
        return list(heard), False
    return list(heard), True


@for_each("seed", range(30))
def test_replies_are_the_same_however_their_bytes_arrive(seed):
    rng, replies, at = random.Random(seed), ReplyParser(), 0
    heard: list[tuple[int, bytes]] = []
    while at < len(SAID):
        end = at + rng.randrange(1, 40)
        heard += replies.read(SAID[at:end])
        at = end

    assert heard == HEARD
    assert not replies.has_begun


@for_each(
    "line",
    [
        pytest.param(b"Hello there\r\n", id="words"),
        pytest.param(b"\r\n", id="an empty line"),
        pytest.param(b"25\r\n", id="two digits"),
        pytest.param(b"2500 ok\r\n", id="four digits"),
        pytest.param(b"150 wait\r\n", id="a class without meaning"),
        pytest.param(b"600 what\r\n", id="a class that does not exist"),
        pytest.param(b"\xc2\xb250 superscript\r\n", id="digits of another kind"),
        pytest.param(b"250_ok\r\n", id="neither space nor dash"),
        pytest.param(b"250 " + b"x" * 9_000 + b"\r\n", id="a line of 9 KB"),
        pytest.param(b"250 " + b"x" * 9_000, id="a line of 9 KB without its end"),
        pytest.param(b"250-x\r\n250-" + b"x" * 100_000, id="100 KB in a line"),
        pytest.param(b"250-and so on\r\n" * 8_000, id="100 KB in lines"),
        pytest.param(b"250-and so on\r\nHello there\r\n", id="words in the middle"),
    ],
)
def test_what_is_no_reply_makes_no_sense_and_what_came_before_it_does(line):
    heard, makes_sense = heard_in(b"220 hello\r\n" + line)

    assert heard == [(220, b"hello")]
    assert not makes_sense


def test_a_reply_without_end_makes_no_sense_though_each_piece_is_short():
    heard, makes_sense = heard_in(*[b"250-and so on\r\n"] * 10_000)

    assert heard == []
    assert not makes_sense
