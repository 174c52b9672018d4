"""A value that cannot stand in a mail fails that one reader's message, with a sentence."""

import pytest

from newsletter.errors import UnmailableRecipientError
from newsletter.mail.content.render import render_confirm
from newsletter.mail.message.master_copy import compile_master
from newsletter.mail.message.recipient import MAX_TOKEN_CHARS, checked_address
from newsletter.mail.message.transactional import build_transactional
from tests.cases import for_each
from tests.mail.examples import EVENING, digest, frame, newsletter, read, recipient

ADDRESSES = [
    pytest.param("", id="nothing"),
    pytest.param("mira", id="no domain"),
    pytest.param("@reader.example", id="no mailbox"),
    pytest.param("mira@", id="an @ at the end"),
    pytest.param("mira\r\nBcc: all@reader.example", id="CR and LF"),
    pytest.param("mira\n@reader.example", id="LF"),
    pytest.param("mira@reader.example\n", id="LF at the end"),
    pytest.param("mira@reader.example\r\n.\r\n", id="the end of a message"),
    pytest.param("mira\0@reader.example", id="NUL"),
    pytest.param("mira\x7f@reader.example", id="DEL"),
    pytest.param("mira\u2028@reader.example", id="a line separator"),
    pytest.param("mira\x85@reader.example", id="next line"),
    pytest.param('"mi\nra"@reader.example', id="LF in quotes"),
    pytest.param("mira\ud800@reader.example", id="half a character"),
    pytest.param("mira@re\udfffader.example", id="half a character in the domain"),
    pytest.param("mira cohen@reader.example", id="a space"),
    pytest.param("mira\xa0cohen@reader.example", id="a space that does not break"),
    pytest.param("mira@reader.example, nour@reader.example", id="two addresses"),
    pytest.param("<mira@reader.example>", id="in angle brackets"),
    pytest.param("mira@reader.example>", id="one angle bracket"),
    pytest.param("mira@nour@reader.example", id="two @"),
    pytest.param("mira(comment)@reader.example", id="a comment"),
    pytest.param("m" * 65 + "@reader.example", id="a mailbox of 65 bytes"),
    pytest.param("ن" * 33 + "@reader.example", id="a mailbox of 66 bytes in 33 letters"),
    pytest.param("mira@" + "reader." * 36 + "example", id="longer than 254 bytes"),
    pytest.param("mira@" + "d" * 256, id="a domain of 256 bytes"),
]
FIT = [
    pytest.param("a@b", id="short"),
    pytest.param("m" * 64 + "@reader.example", id="a mailbox of 64 bytes"),
    pytest.param("ن" * 32 + "@reader.example", id="a mailbox of 64 bytes in 32 letters"),
    pytest.param("mira@" + "d" * 63 + "." + "e" * 63 + "." + "f" * 63 + ".example", id="long"),
    pytest.param("mira..cohen.@reader.example", id="dots where a mailbox really has them"),
    pytest.param('"mira cohen"@reader.example', id="in quotes"),
    pytest.param('"a@b>\\""@reader.example', id="in quotes, signs that would mean something"),
    pytest.param("mira@[192.0.2.1]", id="at a number"),
    pytest.param("mira@بريد.example", id="a domain beyond ASCII"),
]


@for_each("address", ADDRESSES)
def test_an_address_that_no_mail_can_be_sent_to_fails_its_message_alone(address):
    master = compile_master(digest(), newsletter(), frame())

    with pytest.raises(UnmailableRecipientError) as unfit:
        master.message(recipient(address=address))

    assert str(unfit.value).endswith(".")
    assert "reader" not in str(unfit.value)
    assert b"mira@reader.example" in master.message(recipient())


@for_each("address", ADDRESSES)
def test_no_letter_goes_there_either(address):
    email = render_confirm(newsletter(), address="m@r.example", confirm_url="", site_url="")

    with pytest.raises(UnmailableRecipientError):
        build_transactional(email, newsletter(), to=address, date=EVENING)


@for_each("address", FIT)
def test_a_rare_address_is_an_address(address):
    assert checked_address(address) == address

    message = compile_master(digest(), newsletter(), frame()).message(recipient(address=address))

    head, _, _ = message.partition(b"\r\n\r\n")
    assert head.count(b"\r\nTo: ") + head.startswith(b"To:") == 1


@for_each(
    "token",
    [
        pytest.param("", id="nothing"),
        pytest.param("a\r\nBcc: all@reader.example", id="CR and LF"),
        pytest.param("a\n", id="LF at the end"),
        pytest.param("a>, <mailto:x@y.example", id="another link"),
        pytest.param("a b", id="a space"),
        pytest.param("é", id="beyond ASCII"),
        pytest.param("\ud800", id="half a character"),
        pytest.param("a" * (MAX_TOKEN_CHARS + 1), id="too long for a line"),
    ],
)
def test_a_token_that_no_link_can_end_with_is_unfit(token):
    master = compile_master(digest(), newsletter(), frame())

    with pytest.raises(UnmailableRecipientError, match="token"):
        master.message(recipient(unsubscribe=token))


def test_a_name_of_half_characters_is_unfit():
    master = compile_master(digest(), newsletter(), frame())

    with pytest.raises(UnmailableRecipientError, match="name"):
        master.message(recipient(name="Mira \ud83d"))


def test_a_name_of_control_characters_is_no_name():
    message = compile_master(digest(), newsletter(), frame()).message(recipient(name="\r\n\0\t "))

    assert read(message)["To"] == "mira@reader.example"
