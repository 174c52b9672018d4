"""Subjects and names that look like header syntax, or use any script, are read as written."""

import random
import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from newsletter.domain.newsletter import Newsletter
from newsletter.mail.content.render import render_confirm
from newsletter.mail.message.headers import constant_fields, header_bytes, to_line, written_address
from newsletter.mail.message.transactional import build_transactional
from newsletter.mail.smtp import relay_connection
from tests.cases import for_each
from tests.mail.examples import EVENING, frame, mailbox_in, newsletter
from tests.smtp_server import smtp_server

INJECTED = "=?utf-8?q?a=0D=0ABcc:_x@y.example?="
ENCODED = [
    pytest.param(INJECTED, id="a field in quoted-printable"),
    pytest.param("=?utf-8?b?YQ0KQmNjOiB4QHkuZXhhbXBsZQ==?=", id="a field in base64"),
    pytest.param(f"News: {INJECTED} of today", id="in mid-text"),
    pytest.param(f"أخبار {INJECTED}", id="behind Arabic"),
    pytest.param("=?utf-8?q?one?= =?utf-8?q?two?=", id="two that would be joined"),
    pytest.param("=?utf-8?q?open", id="one that does not end"),
    pytest.param("=?none?x?y?=", id="of no charset"),
    pytest.param("Why =? And what then ?=", id="its signs alone"),
]
BREAKS = [
    pytest.param("\v", id="vertical tab"),
    pytest.param("\f", id="form feed"),
    pytest.param("\x1c", id="file separator"),
    pytest.param("\x1e", id="record separator"),
    pytest.param("\x85", id="next line"),
    pytest.param("\u2028", id="line separator"),
    pytest.param("\u2029", id="paragraph separator"),
    pytest.param("\r\n\v\u2028", id="several"),
]
LETTERS = (
    "ابتثجحخدذرزسشصضطظعغفقكلمنهويىةءآأؤإئ،؟ًّ",
    "אבגדהוזחטיכךלמםנןסעפףצץקרשתְָּ",
    "abcdefghijklmnopqrstuvwxyzàâçéèêëîïôœùûüÿÉÀ’«»",
    "🕊😀👩🚒🇱🇧❤️‍🔥",
    "abc,;:<>()[]@\"\\.!?=_#-'0123456789",
)


def confirmation(product: Newsletter) -> bytes:
    """The letter that asks Mira whether she wants the newsletter."""
    email = render_confirm(
        product, address="mira@r.example", confirm_url="https://l.example/y", site_url=""
    )
    return build_transactional(email, product, to="mira@r.example", date=EVENING)


def parsed(block: bytes) -> EmailMessage:
    message = message_from_bytes(block + b"\r\n", policy=default)
    assert isinstance(message, EmailMessage)
    return message


def longest(block: bytes) -> int:
    assert block.endswith(b"\r\n")
    return max(map(len, block.split(b"\r\n")))


def words(seed: int, *, most: int) -> str:
    """Random words of all scripts, at most so many characters."""
    rng = random.Random(seed)
    made = ("".join(rng.choices(rng.choice(LETTERS), k=rng.randint(1, 30))) for _ in range(9))
    return " ".join(made)[: rng.randint(1, most)].strip()


@for_each("text", ENCODED)
def test_an_encoded_word_in_a_subject_is_text_like_any_other(text):
    message = parsed(header_bytes({"Subject": text, "Precedence": "list"}))

    assert message.keys() == ["Subject", "Precedence"]
    assert message["Subject"] == text


@for_each("name", ENCODED)
def test_an_encoded_word_in_a_name_is_text_like_any_other(name):
    line = to_line(name, "nour@reader.example")

    message = parsed(line)
    assert message.keys() == ["To"]
    assert [one.addr_spec for one in message["To"].addresses] == ["nour@reader.example"]
    assert mailbox_in(line, "To") == (name, "nour@reader.example")


@for_each("name", [*ENCODED, *BREAKS])
def test_a_newsletter_of_such_a_name_adds_no_field_to_its_mail(name):
    product = newsletter(name=f"The {name} Ledger")
    fields = constant_fields(product, frame(subject=f"News of {name}"))

    block, message = header_bytes(fields), confirmation(product)

    asking = message_from_bytes(message, policy=default)
    shown = " ".join(product.name.split())
    assert parsed(block).keys() == list(fields)
    assert mailbox_in(block, "From") == (shown, "evening@letters.example")
    assert mailbox_in(message, "From") == (shown, "evening@letters.example")
    assert "Bcc" not in asking
    assert asking.get_content_type() == "multipart/alternative"


@for_each("break_", BREAKS)
def test_what_some_program_takes_for_a_line_break_is_a_space(break_):
    text = f"News{break_}Bcc: all@reader.example"

    subject = header_bytes({"Subject": text, "Precedence": "list"})
    to = to_line(text, "nour@reader.example")

    shown = "News Bcc: all@reader.example"
    assert parsed(subject).items() == [("Subject", shown), ("Precedence", "list")]
    assert parsed(to).keys() == ["To"]
    assert mailbox_in(to, "To") == (shown, "nour@reader.example")
    assert not re.search(rb"[\v\f\x1c-\x1e\x80-\xff]", subject + to)


@for_each("seed", range(300))
def test_words_of_any_script_come_back_exactly_and_in_short_lines(seed):
    subject, name = words(seed, most=150), words(-seed - 1, most=80)

    block = header_bytes({"Subject": subject})
    to = to_line(name, "nour@reader.example")

    assert parsed(block)["Subject"] == subject
    assert mailbox_in(to, "To") == (name, "nour@reader.example")
    assert (block + to).isascii()
    assert longest(block + to) <= 78


@for_each("seed", range(300))
def test_a_short_name_of_any_script_is_read_exactly_by_python_s_own_reader(seed):
    name = words(seed, most=9)

    (found,) = parsed(to_line(name, "nour@reader.example"))["To"].addresses

    assert (found.display_name, found.addr_spec) == (name, "nour@reader.example")


def test_an_address_longer_than_a_line_stays_plain():
    address = "https://letters.example/" + "evening-" * 7 + "archive"
    assert len(address) == 87

    block = header_bytes(constant_fields(newsletter(), frame(archive=address)))

    (line,) = re.findall(rb"List-Archive:\s+(.*)\r\n", block)
    assert line == f"<{address}>".encode()


@pytest.mark.parametrize("language", ["en", "ar", "pt-BR"])
def test_a_letter_says_in_which_language_it_is(language):
    message = confirmation(newsletter(language=language))

    found = message_from_bytes(message, policy=default)
    assert found.get_all("Content-Language") == [language]


def test_the_same_letter_is_the_same_bytes():
    product = newsletter(name="نشرة المساء")

    first, second = (confirmation(product) for _ in range(2))

    assert first == second


@pytest.mark.parametrize(
    ("address", "written"),
    [
        pytest.param("mira@münchen.example", "mira@xn--mnchen-3ya.example", id="German"),
        pytest.param("mira@بريد.example", "mira@xn--ngbof4h.example", id="Arabic"),
        pytest.param("mira@MÜNCHEN.example", "mira@xn--mnchen-3ya.example", id="in capitals"),
        pytest.param("mira@post.example", "mira@post.example", id="ASCII stays"),
        pytest.param("mïra@münchen.example", "mïra@münchen.example", id="both beyond ASCII"),
        pytest.param("mïra@post.example", "mïra@post.example", id="the local part beyond ASCII"),
    ],
)
def test_a_domain_is_written_in_ascii_where_the_rest_is(address, written):
    assert written_address(address) == written
    for name in ("", "Mira"):
        line = to_line(name, address)
        assert written.encode() in line
        assert line.isascii() is written.isascii()


@pytest.mark.servers
def test_a_domain_beyond_ascii_needs_no_relay_that_takes_such_addresses():
    with smtp_server(extensions=()) as server, relay_connection(server.relays()) as relay:
        reply = relay.send("desk@zeitung-köln.example", "mira@münchen.example", b"A: b\r\n\r\n")

    assert reply.code == 250
    assert server.messages[0].sender == "MAIL FROM:<desk@xn--zeitung-kln-zfb.example>"
    assert server.messages[0].recipient == "RCPT TO:<mira@xn--mnchen-3ya.example>"


def test_a_sender_s_domain_is_written_in_ascii_in_all_of_a_letter_s_header():
    product = newsletter(sender_address="desk@münchen.example")

    message = confirmation(product)

    found = message_from_bytes(message, policy=default)
    assert message.isascii()
    assert found["From"].addresses[0].addr_spec == "desk@xn--mnchen-3ya.example"
    assert found["Message-ID"].endswith("@xn--mnchen-3ya.example>")
