"""Two thousand readers of every script and length: each gets the master with their own values."""

import random
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_string
from email.message import EmailMessage

import pytest

from newsletter.mail.message.headers import MAX_NAME_CHARS, written_address
from newsletter.mail.message.master_copy import CompiledMaster, Recipient, compile_master
from newsletter.mail.rendered import RenderedEmail, Slot, fill_slots
from tests.mail.examples import (
    EVENING,
    READER,
    SITE,
    digest,
    frame,
    mailbox_in,
    newsletter,
    read,
    recipient,
)

READERS = 2000
SCRIPTS = {
    "en": "abcdefghijklmnopqrstuvwxyz" * 5 + "ABCDEFGHIJ.,=?!-'’“”é",
    "ar": "ابتثجحخدذرزسشصضطظعغفقكلمنهويىةءآأؤإئ،؟ًّ",
    "he": "אבגדהוזחטיכךלמםנןסעפףצץקרשתְָּ",
    "zh": "新闻晚报大桥通车贝鲁特城市等了九年今天中午第一批汽车驶过，。",
    "hi": "नमस्तेसंसारकखगघचछजझ",
    "emoji": "🕊😀👩🚒🇱🇧❤️",
    "marks": "abc,;:<>()[]@\"\\.!?=_#-'&/0123456789",
}
LOCAL = "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+/=?^_`{|}~-"
TOKEN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~="


def prose(rng: random.Random, script: str, *, chars: int) -> str:
    """Words of a script, in lines of every length."""
    words: list[str] = []
    while sum(map(len, words)) < chars:
        words.append("".join(rng.choices(SCRIPTS[script], k=rng.randint(1, 12))))
    return "".join(word + rng.choice("     \n") for word in words)


def with_slots(rng: random.Random, script: str, *, chars: int) -> str:
    """Prose with slots: at the start, at the end, side by side, a byte or two apart."""
    pairs = [f"{Slot.ADDRESS}{b}{Slot.UNSUBSCRIBE}" for b in ("", "a", "ab", "\n", "é")]
    told = [prose(rng, script, chars=rng.randint(0, chars)) + pair for pair in pairs]
    return f"{Slot.ADDRESS}{''.join(told)}{Slot.UNSUBSCRIBE}"


def masters(rng: random.Random) -> Iterator[tuple[RenderedEmail, CompiledMaster]]:
    """A real edition, and prose short and long, in four languages."""
    for language in ("en", "ar", "he", "zh"):
        product = newsletter(language=language)
        real = digest(product)
        yield real, compile_master(real, product, frame())
        for chars in (9, 90, 900):
            text = with_slots(rng, language, chars=chars)
            html = f"<p>{with_slots(rng, language, chars=chars)}</p>"
            email = replace(real, text=text, html=html)
            yield email, compile_master(email, product, frame())


def somebody(rng: random.Random, number: int) -> Recipient:
    script = rng.choice(list(SCRIPTS))
    letters = [*SCRIPTS[script], " "]
    name = " ".join("".join(rng.choices(letters, k=rng.choice((0, 1, 5, 20, 90, 250)))).split())
    return Recipient(
        subscriber_id=number,
        name=name,
        address=rng.choice((plain_address, idn_address, utf8_address))(rng),
        unsubscribe="".join(rng.choices(TOKEN, k=rng.randint(1, 300))),
        leaves_at=EVENING,
    )


def plain_address(rng: random.Random) -> str:
    local = "".join(rng.choices(LOCAL, k=rng.randint(1, 64)))
    return f"{local}@{'d' * rng.randint(1, 63)}.{'e' * rng.randint(1, 63)}.example"


def idn_address(rng: random.Random) -> str:
    domain = "".join(rng.choices(rng.choice(("بريد", "דואר", "邮件", "münchen")), k=4))
    return f"{''.join(rng.choices(LOCAL, k=rng.randint(1, 64)))}@x{domain}.example"


def utf8_address(rng: random.Random) -> str:
    local = "".join(rng.choices("نورصعב邮件é", k=rng.randint(1, 20)))
    return f"{local}@{rng.choice(('reader.example', 'بريد.example'))}"


def parsed(message: bytes) -> EmailMessage:
    """As a reader's program takes it apart; RFC 6532 has it read a header beyond ASCII as UTF-8."""
    if message.isascii():
        return read(message)
    found = message_from_string(message.decode(), policy=READER)
    assert isinstance(found, EmailMessage)
    return found


def content(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def encodings(master: CompiledMaster) -> list[str]:
    who = recipient(subscriber_id=1)
    parts = parsed(master.message(who)).iter_parts()
    return [str(one["Content-Transfer-Encoding"]) for one in parts]


def test_two_thousand_readers_get_the_master_with_their_own_values():
    rng = random.Random(2026)
    copies = list(masters(rng))
    for number in range(READERS):
        email, master = copies[number % len(copies)]
        who = somebody(rng, number)

        message = master.message(who)

        found = parsed(message)
        expected = fill_slots(email, address=who.address, unsubscribe=who.unsubscribe)
        assert content(found, "plain") == expected.text, who
        assert content(found, "html") == expected.html, who
        assert not found.defects
        assert [one.defects for one in found.iter_parts()] == [[], []]


def test_two_thousand_readers_are_named_and_addressed_right():
    rng = random.Random(8058)
    master = compile_master(digest(), newsletter(), frame())
    for number in range(READERS):
        who = somebody(rng, number)

        message = master.message(who)

        name, address = who.name[:MAX_NAME_CHARS].rstrip(), written_address(who.address)
        found = parsed(message)
        (to,) = found["To"].addresses
        assert to.addr_spec == address, who
        assert to.display_name.replace(" ", "") == name.replace(" ", ""), who
        assert mailbox_in(message, "To") == (name, address), who
        link = f"<{SITE}/unsubscribe/{who.unsubscribe}>"
        assert found["List-Unsubscribe"].strip() == link, who
        assert found["Message-ID"].strip() == f"<7.{number}.edition@letters.example>"


def test_every_line_for_two_thousand_readers_is_one_that_any_relay_takes():
    rng = random.Random(5321)
    copies = list(masters(rng))
    for number in range(READERS):
        _, master = copies[number % len(copies)]
        who = somebody(rng, number)

        message = master.message(who)

        head, _, body = message.partition(b"\r\n\r\n")
        assert head.isascii() is written_address(who.address).isascii(), who
        assert body.isascii()
        assert max(map(len, body.split(b"\r\n"))) <= 76, who
        for line in head.split(b"\r\n"):
            _, _, value = line.rpartition(b": ")
            is_one_word = b" " not in value.strip()
            assert len(line.decode()) <= (998 if is_one_word else 78), who
        for line in message.split(b"\r\n"):
            assert not line.startswith((b".", b"From "))
            assert not set(line) & set(b"\r\n\0")


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        pytest.param("en", "quoted-printable", id="English"),
        pytest.param("ar", "base64", id="Arabic"),
        pytest.param("he", "base64", id="Hebrew"),
        pytest.param("zh", "base64", id="Chinese"),
    ],
)
def test_each_part_is_encoded_as_is_shorter(language, expected):
    text = prose(random.Random(1), language, chars=300)
    markup = f"<p style='{'color: #112233; ' * 900}'>{text}</p>"
    email = RenderedEmail(subject="A bridge", preheader="", html=text, text=text)

    assert encodings(compile_master(email, newsletter(), frame())) == [expected] * 2
    # Each part by itself: much markup around a few words is shorter in quoted-printable.
    mixed = compile_master(replace(email, html=markup), newsletter(), frame())
    assert encodings(mixed) == [expected, "quoted-printable"]
