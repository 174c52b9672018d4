"""The master copy: what each reader sees is what was rendered, and SMTP may carry every line."""

from dataclasses import replace
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest

from newsletter.errors import PreflightError
from newsletter.mail.message.master_copy import CompiledMaster, compile_master
from newsletter.mail.preflight import check_digest
from newsletter.mail.rendered import RenderedEmail, Slot, fill_slots
from tests.cases import for_each
from tests.mail.examples import (
    EVENING,
    SITE,
    digest,
    frame,
    newsletter,
    part,
    read,
    recipient,
    unfit_lines,
)

LONG = "mira" + "x" * 60 + "@" + "reader." * 20 + "example"

RECIPIENTS = [
    pytest.param(recipient(), id="an ordinary address"),
    pytest.param(recipient(name="نور صعب"), id="a name in Arabic"),
    pytest.param(recipient(name="Mira 🕊️ כהן"), id="a name with emoji and Hebrew"),
    pytest.param(recipient(address="نور@بريد.example"), id="an address beyond ASCII"),
    pytest.param(recipient(address="o'brien&co=x@reader.example"), id="signs that mean something"),
    pytest.param(recipient(address=LONG), id="an address longer than a line"),
    pytest.param(recipient(unsubscribe="=.=" * 60), id="a long token of equals signs and dots"),
    pytest.param(recipient(unsubscribe="." + "a" * 71 + ".b"), id="a token with dots at breaks"),
]


def master(email: RenderedEmail | None = None, product=None, **fields) -> CompiledMaster:
    return compile_master(email or digest(product), product or newsletter(), frame(**fields))


def of(text: str) -> RenderedEmail:
    """An email whose two parts are this text."""
    return RenderedEmail(subject="A bridge", preheader="", html=text, text=text)


@for_each("who", RECIPIENTS)
@for_each("language", ["en", "ar"])
def test_each_reader_sees_what_was_rendered_with_their_own_values(who, language):
    product = newsletter(language=language)
    email = digest(product)
    expected = fill_slots(email, address=who.address, unsubscribe=who.unsubscribe)

    message = master(email, product).message(who)

    assert part(message, "plain") == expected.text
    # The other escape of a quotation mark means the same.
    assert part(message, "html").replace("&#x27;", "&#39;") == expected.html
    assert b"SLOT" not in message.replace(b"=\r\n", b"")


@for_each("who", RECIPIENTS)
def test_every_line_is_fit_for_smtp(who):
    assert unfit_lines(master().message(who)) == []


@for_each("who", RECIPIENTS)
def test_no_line_of_the_body_is_longer_than_quoted_printable_allows(who):
    _, _, body = master().message(who).partition(b"\r\n\r\n")

    assert max(len(line) for line in body.split(b"\r\n")) <= 76
    assert body.isascii()


@for_each(
    "filler",
    [
        pytest.param("x", id="letters"),
        pytest.param(" ", id="spaces"),
        pytest.param(".", id="dots"),
        pytest.param("=", id="equals signs"),
        pytest.param("é", id="letters of two bytes"),
        pytest.param("ب", id="Arabic"),
        pytest.param("🕊", id="signs of four bytes"),
        pytest.param("x.", id="letters and dots"),
        pytest.param("a\n.", id="line ends before dots"),
        pytest.param("a \n", id="spaces at line ends"),
    ],
)
def test_slots_are_filled_wherever_the_line_breaks_fall(filler):
    who = recipient(address=".mira@reader.example")
    for count in range(75):  # A line of ours has 72 bytes, so every column is met.
        around = "x" * count + filler * 20
        text = f"{around}{Slot.ADDRESS}{around}\n{around}{Slot.UNSUBSCRIBE}"

        message = master(of(text)).message(who)

        expected = f"{around}{who.address}{around}\n{around}{who.unsubscribe}"
        assert part(message, "plain") == expected, count
        assert part(message, "html") == expected, count
        assert unfit_lines(message) == [], count


@for_each(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("\n", id="a line end"),
        pytest.param(".", id="a dot"),
        pytest.param("\n.\n..\n", id="lines of dots"),
        pytest.param("." * 500, id="dots without end"),
        pytest.param("x" * 2000, id="a line longer than SMTP allows"),
        pytest.param("a\r\nb\nc", id="line ends of two kinds"),
        pytest.param("From the harbour\n--\n--x\n", id="what separates messages elsewhere"),
        pytest.param("tab\t\nspace \n", id="white space at line ends"),
        pytest.param("=3D =\n==", id="what looks encoded"),
        pytest.param(f"{Slot.ADDRESS}{Slot.ADDRESS}{Slot.UNSUBSCRIBE}", id="slots side by side"),
        pytest.param("نشرة " * 300, id="a long Arabic line"),
    ],
)
def test_any_text_arrives_as_it_is(text):
    who = recipient()

    message = master(of(text)).message(who)

    expected = text.replace(Slot.ADDRESS, who.address).replace(Slot.UNSUBSCRIBE, who.unsubscribe)
    assert part(message, "plain") == expected.replace("\r\n", "\n")
    assert part(message, "html") == expected.replace("\r\n", "\n")
    assert unfit_lines(message) == []


def test_an_address_is_escaped_in_html_and_only_there():
    message = master(of(f"<p>{Slot.ADDRESS}</p>")).message(recipient(address="a&b@reader.example"))

    assert part(message, "html") == "<p>a&amp;b@reader.example</p>"
    assert part(message, "plain") == "<p>a&b@reader.example</p>"


def test_it_is_plain_text_first_and_html_as_the_better_alternative():
    message = read(master().message(recipient()))

    assert message.get_content_type() == "multipart/alternative"
    parts = list(message.iter_parts())
    assert [one.get_content_type() for one in parts] == ["text/plain", "text/html"]
    assert {one.get_content_charset() for one in parts} == {"utf-8"}
    assert not message.defects
    assert not any(one.defects for one in parts)


def test_one_click_unsubscribing_is_offered_as_rfc_8058_asks():
    message = read(master().message(recipient(unsubscribe="token-41")))

    assert message["List-Unsubscribe"].strip() == f"<{SITE}/unsubscribe/token-41>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"{SITE}/unsubscribe/token-41" in part(message.as_bytes(), "html")


def test_a_long_unsubscribe_address_is_not_encoded_and_not_broken():
    message = master().message(recipient(unsubscribe="t" * 300))

    assert f" <{SITE}/unsubscribe/{'t' * 300}>\r\n".encode() in message
    assert unfit_lines(message) == []


def test_the_header_names_list_date_sender_and_reader():
    product = newsletter(sender_name="دفتر المساء", reply_to="desk@letters.example")

    message = read(master(product=product).message(recipient(name="Mira Cohen")))

    (sender,) = message["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("دفتر المساء", "evening@letters.example")
    (to,) = message["To"].addresses
    assert (to.display_name, to.addr_spec) == ("Mira Cohen", "mira@reader.example")
    assert message["Reply-To"] == "desk@letters.example"
    assert message["List-Id"] == "evening <evening.letters.example>"
    assert parsedate_to_datetime(message["Date"]) == EVENING
    assert message["Subject"] == "A bridge opens in Beirut"


def test_each_message_is_dated_when_it_leaves():
    made = master()

    dates = [
        parsedate_to_datetime(read(made.message(recipient(leaves_at=moment)))["Date"])
        for moment in (EVENING, EVENING + timedelta(hours=2))
    ]

    assert dates == [EVENING, EVENING + timedelta(hours=2)]


def test_every_field_stands_in_it_once():
    message = read(master().message(recipient(name="Mira")))
    names = [name.lower() for name, _ in message.items()]

    assert len(names) == len(set(names))
    assert {"from", "to", "date", "message-id", "mime-version", "subject"} <= set(names)


@pytest.mark.parametrize(
    "subject",
    [
        pytest.param("بيروت: جسر جديد", id="Arabic"),
        pytest.param("גשר חדש בביירות", id="Hebrew"),
        pytest.param("🕊️ A bridge opens", id="emoji"),
        pytest.param("A bridge opens; " * 9, id="long"),
    ],
)
def test_the_subject_is_the_frames(subject):
    message = master(subject=subject).message(recipient())

    assert read(message)["Subject"].strip() == subject.strip()
    assert unfit_lines(message) == []


def test_line_breaks_in_subject_and_name_begin_no_field():
    evil = "News\r\nBcc: all@reader.example\r\n\r\nbody"

    message = read(master(subject=evil).message(recipient(name=evil)))

    assert message["Bcc"] is None
    assert [one.addr_spec for one in message["To"].addresses] == ["mira@reader.example"]
    assert message["Subject"] == "News Bcc: all@reader.example body"
    assert message.get_content_type() == "multipart/alternative"


def test_the_same_message_is_made_again_byte_for_byte():
    assert master().message(recipient()) == master().message(recipient())


def test_the_message_id_is_the_editions_and_the_subscribers():
    ids = {
        read(master(edition_id=edition).message(recipient(subscriber_id=who)))["Message-ID"].strip()
        for edition in (7, 8)
        for who in (41, 42)
    }

    assert len(ids) == 4
    assert f"<{master().message_id(41)}>" in ids
    assert master().message_id(41) == "7.41.edition@letters.example"


def test_the_same_numbers_in_another_database_make_another_message_id():
    ids = [master(edition_uid=uid).message_id(41) for uid in ("1f0c", "9b7e")]

    assert ids == ["7.41.1f0c.edition@letters.example", "7.41.9b7e.edition@letters.example"]


def test_a_slot_in_a_subject_is_one_too():
    with pytest.raises(PreflightError):
        master(subject=f"News for {Slot.ADDRESS}")


def test_a_header_line_that_no_relay_takes_fails_the_build():
    with pytest.raises(PreflightError, match="header"):
        master(archive="https://letters.example/" + "a" * 1000)
    with pytest.raises(PreflightError, match="header"):
        master(unsubscribe="https://letters.example/" + "a" * 500 + Slot.UNSUBSCRIBE)


def test_half_a_character_fails_the_build_in_words():
    email = replace(digest(), html="<p>\ud83d</p>")

    with pytest.raises(PreflightError, match="no character"):
        master(email)
    with pytest.raises(PreflightError, match="control characters"):
        check_digest(email)


def test_no_readers_values_are_in_anothers_message():
    one = master()

    first = one.message(recipient(address="first@reader.example", unsubscribe="token-1"))
    second = one.message(recipient(address="second@reader.example", unsubscribe="token-2"))

    assert b"first@" in first
    assert b"first@" not in second
    assert b"token-1" not in second
