"""The header in bytes: read back as it was meant, folded, and closed to what is not a header."""

from datetime import timedelta

import pytest

from newsletter.mail.message.headers import (
    MAX_NAME_CHARS,
    constant_fields,
    date_line,
    header_bytes,
    mailbox,
    to_line,
)
from tests.cases import for_each
from tests.mail.examples import EVENING, frame, mailbox_in, newsletter, read

NAMES = [
    pytest.param("Nour Saab", id="Latin"),
    pytest.param("نور صعب", id="Arabic"),
    pytest.param("נור סעב", id="Hebrew"),
    pytest.param("Nour 🕊️", id="emoji"),
    pytest.param("Élodie Müller-Çelik", id="accents"),
    pytest.param("Saab, Nour", id="a comma"),
    pytest.param('Nour "the pen" Saab', id="quotes"),
    pytest.param("Nour (Beirut) <nour@other.example>", id="another address in it"),
    pytest.param("Nour; Mira: friends", id="what makes a group"),
    pytest.param("Nour " * 39 + "Saab", id="very long"),
]

SUBJECTS = [
    pytest.param("A bridge opens in Beirut", id="ASCII"),
    pytest.param("بيروت: جسر جديد", id="Arabic"),
    pytest.param("גשר חדש בביירות", id="Hebrew"),
    pytest.param("🕊️ A bridge opens 👩‍🚒", id="emoji"),
    pytest.param("Beirut’s bridge – at last", id="quotation mark and dash"),
    pytest.param("A bridge opens; " * 8 + "at last", id="long"),
    pytest.param("ب" * 150, id="long, in one Arabic word"),
    pytest.param("🕊" * 150, id="long, of emoji only"),
    pytest.param("x" * 150, id="one word that does not end"),
    pytest.param("List-Unsubscribe: <https://other.example>", id="like another field"),
]


def lines(block: bytes) -> list[bytes]:
    return block.removesuffix(b"\r\n").split(b"\r\n")


@for_each("subject", SUBJECTS)
def test_a_subject_is_read_as_it_was_written(subject):
    block = header_bytes({"Subject": subject})

    assert read(block)["Subject"] == subject


@for_each("subject", SUBJECTS)
def test_a_subject_is_folded_ascii(subject):
    block = header_bytes({"Subject": subject})

    assert block.isascii()
    assert block.endswith(b"\r\n")
    # RFC 2047 2: 76 for a line with an encoded word; RFC 5322 2.1.1: 78 for others.
    assert max(len(line) for line in lines(block)) <= 78
    assert all(line.startswith(b" ") for line in lines(block)[1:])
    assert all(line.strip() for line in lines(block))


def test_a_long_subject_takes_several_lines_and_a_short_one_does_not():
    assert len(lines(header_bytes({"Subject": "بيروت " * 20}))) > 3
    assert len(lines(header_bytes({"Subject": "A bridge opens"}))) == 1


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\r\n\r\n", "\n\n", "\0"])
def test_a_line_break_in_a_value_begins_no_field_and_no_body(break_):
    block = header_bytes({"Subject": f"News{break_}Bcc: all@reader.example", "Precedence": "list"})

    message = read(block + b"\r\n")

    assert message.keys() == ["Subject", "Precedence"]
    assert message["Subject"] == "News Bcc: all@reader.example"
    assert message.get_payload() == ""


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\0"])
def test_a_line_break_in_a_name_begins_no_field(break_):
    line = to_line(f"Nour{break_}Bcc: all@reader.example", "nour@reader.example")

    message = read(line + b"\r\n")

    assert message.keys() == ["To"]
    assert [one.addr_spec for one in message["To"].addresses] == ["nour@reader.example"]


@for_each("name", NAMES)
def test_a_name_is_read_as_it_was_written_and_changes_no_address(name):
    line = to_line(name, "nour@reader.example")

    (found,) = read(line + b"\r\n")["To"].addresses
    assert (found.display_name, found.addr_spec) == (name, "nour@reader.example")
    assert line.isascii()
    assert all(part.startswith(b" ") for part in lines(line)[1:])


@for_each(
    "address",
    [
        pytest.param("nour@reader.example", id="plain"),
        pytest.param("nour.saab+news@reader.example", id="a tag"),
        pytest.param("o'brien/x=y@reader.example", id="rare signs"),
        pytest.param("n" * 64 + "@" + "d" * 60 + "." + "e" * 60 + ".example", id="very long"),
    ],
)
@for_each("name", ["", "Nour Saab"])
def test_an_address_is_not_changed(name, address):
    (found,) = read(to_line(name, address) + b"\r\n")["To"].addresses

    assert (found.display_name, found.addr_spec) == (name, address)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        pytest.param("", "نور@بريد.example", id="no name"),
        pytest.param("Nour", "Nour <نور@بريد.example>", id="a plain name"),
        pytest.param("نور", "=?utf-8?b?2YbZiNix?= <نور@بريد.example>", id="a name beyond ASCII"),
    ],
)
def test_an_address_beyond_ascii_stands_as_it_is(name, written):
    assert to_line(name, "نور@بريد.example") == f"To: {written}\r\n".encode()


@pytest.mark.parametrize("letter", ["N", "ن", "🕊", "é"])
def test_a_name_of_one_endless_word_is_folded_and_in_the_end_cut(letter):
    line = to_line(letter * 300, "nour@reader.example")

    assert mailbox_in(line, "To") == (letter * MAX_NAME_CHARS, "nour@reader.example")
    assert max(map(len, lines(line))) <= 76


@for_each("length", range(30, 90))
def test_a_name_or_address_of_any_length_is_folded_where_it_overruns_a_line(length):
    address = "n" * (length - 16) + "@reader.example"

    for name in ("", "Nour", "Nour " * 12):
        line = to_line(name.strip(), address)

        assert mailbox_in(line, "To") == (name.strip(), address)
        alone = len(f" <{address}>") if name else len(f" {address}")
        assert max(map(len, lines(line))) <= max(78, alone)


def test_a_mailbox_is_a_name_and_an_address():
    assert mailbox("Evening, Ledger", "e@l.example") == '"Evening, Ledger" <e@l.example>'


@pytest.mark.parametrize(
    ("moment", "zone", "written"),
    [
        pytest.param(EVENING, "UTC", "Tue, 03 Mar 2026 18:00:00 +0000", id="UTC"),
        pytest.param(EVENING, "Asia/Kabul", "Tue, 03 Mar 2026 22:30:00 +0430", id="half an hour"),
        pytest.param(EVENING, "Pacific/Auckland", "Wed, 04 Mar 2026 07:00:00 +1300", id="tomorrow"),
        pytest.param(
            EVENING + timedelta(days=30, milliseconds=900),
            "America/New_York",
            "Thu, 02 Apr 2026 14:00:00 -0400",
            id="summer time and a part of a second",
        ),
    ],
)
def test_the_date_is_the_moment_in_the_newsletters_time(moment, zone, written):
    assert date_line(moment, zone) == f"Date: {written}\r\n".encode()


def test_every_recipient_gets_the_same_constant_fields():
    found = constant_fields(newsletter(reply_to="desk@letters.example", language="ar"), frame())

    assert found == {
        "From": "The Evening Ledger <evening@letters.example>",
        "Subject": "A bridge opens in Beirut",
        "Reply-To": "desk@letters.example",
        "List-Id": "evening <evening.letters.example>",
        "List-Help": "<https://letters.example/evening>",
        "List-Archive": "<https://letters.example/evening/archive>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Feedback-ID": "7:evening:edition:letters.example",
        "Auto-Submitted": "auto-generated",
        "Precedence": "list",
        "Content-Language": "ar",
        "MIME-Version": "1.0",
    }


def test_a_field_without_a_value_is_left_out():
    assert "Reply-To" not in constant_fields(newsletter(reply_to=""), frame())


@pytest.mark.parametrize(
    ("sender_name", "expected"),
    [
        pytest.param("", "The Evening Ledger", id="the newsletter's name"),
        pytest.param("Nour of the Ledger", "Nour of the Ledger", id="a name of its own"),
        pytest.param("دفتر المساء", "دفتر المساء", id="in Arabic"),
        pytest.param(
            "Ledger\r\nBcc: all@reader.example", "Ledger Bcc: all@reader.example", id="CR"
        ),
    ],
)
def test_the_sender_is_read_by_its_name(sender_name, expected):
    fields = constant_fields(newsletter(sender_name=sender_name), frame())

    message = read(header_bytes(fields) + b"\r\n")

    (sender,) = message["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (expected, "evening@letters.example")
    assert sorted(message.keys()) == sorted(fields)
