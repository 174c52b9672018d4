"""Both encodings with slots: whatever the lengths, what is decoded is what was put in."""

import base64
import itertools
import quopri

import pytest

from newsletter.mail.message import base64_body, quoted_printable
from newsletter.mail.message.base64_body import Base64Body
from newsletter.mail.message.quoted_printable import LINE, QuotedPrintableBody
from tests.cases import for_each

LENGTHS = (0, 1, 2, 3, 4, 56, 57, 58, 200)
DECODED = [
    pytest.param(QuotedPrintableBody, quopri.decodestring, id="quoted-printable"),
    pytest.param(Base64Body, base64.b64decode, id="base64"),
]


def texts(*lengths: int) -> list[bytes]:
    """Letters of these lengths, no two neighbours alike."""
    return [(b"abcdefghij"[at : at + 1] * length) for at, length in enumerate(lengths)]


@for_each(("encoding", "decode"), DECODED)
@for_each("before", LENGTHS)
@for_each("behind", LENGTHS)
def test_a_value_of_any_length_stands_between_constants_of_any_length(
    encoding, decode, before, behind
):
    constants = texts(before, behind)
    part = encoding.of(constants, [0])
    for length in (*range(64), 300):
        value = b"v" * length

        found = b"".join(part.pieces([value], are_plain=length <= LINE))

        assert decode(found) == constants[0] + value + constants[1]
        assert max(map(len, found.split(b"\r\n"))) <= 76


@for_each(("encoding", "decode"), DECODED)
@for_each("between", list(itertools.product((0, 1, 2, 3, 4), repeat=3)))
def test_slots_stand_side_by_side_or_a_few_bytes_apart(encoding, decode, between):
    constants = texts(5, *between)
    part = encoding.of(constants, [0, 1, 0])
    for lengths in itertools.product(range(4), repeat=2):
        values = [b"v" * lengths[0], b"w" * lengths[1]]

        found = b"".join(part.pieces(values, are_plain=True))

        expected = constants[0] + values[0] + constants[1] + values[1] + constants[2]
        assert decode(found) == expected + values[0] + constants[3]


@pytest.mark.parametrize(("encoding", "decode"), DECODED)
def test_the_first_piece_is_the_same_for_every_value(encoding, decode):
    part = encoding.of([b"constant, and so hashed only once", b"."], [0])

    firsts = {part.pieces([b"v" * length], are_plain=True)[0] for length in range(9)}

    assert len(firsts) == 1
    assert b"constant, and".startswith(decode(firsts.pop())[:9])


@pytest.mark.parametrize(("encoding", "decode"), DECODED)
def test_a_text_without_slots_is_one_constant(encoding, decode):
    found = b"".join(encoding.of([b"no value in it"], []).pieces([], are_plain=True))

    assert decode(found) == b"no value in it"


def test_every_line_of_base64_is_of_whole_groups():
    part = Base64Body.of(texts(100, 1, 100), [0, 0])
    for length in range(70):
        found = b"".join(part.pieces([b"v" * length], are_plain=True))

        lines = found.removesuffix(b"\r\n").split(b"\r\n")
        assert all(lines)
        assert [len(line) % 4 for line in lines] == [0] * len(lines)
        assert not [line for line in lines[:-1] if b"=" in line]


def test_quoted_printable_ends_with_no_soft_line_break():
    for constants in ([b"a", b""], [b"", b""], [b"a", b"b"]):
        found = b"".join(QuotedPrintableBody.of(constants, [0]).pieces([b"v"], are_plain=True))

        assert not found.endswith(b"=\r\n")


@for_each("start", [b".", b"..", b"From here"])
@for_each("column", range(70, 80))
def test_no_line_begins_as_a_mail_program_would_change_it(start, column):
    text = b"x" * column + start + b"\r\n" + start

    found = quoted_printable.encoded(text)

    assert not [line for line in found.split(b"\r\n") if line.startswith((b".", b"From "))]
    assert quopri.decodestring(found) == text
    assert max(map(len, found.split(b"\r\n"))) <= 76


def test_an_empty_value_takes_no_line_of_base64():
    assert base64_body.encoded(b"") == b""
