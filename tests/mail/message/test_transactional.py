"""One letter to one address: what a reader sees, and what SMTP lets through."""

from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest

from newsletter.mail.content.render import render_confirm
from newsletter.mail.message.transactional import build_transactional
from newsletter.mail.rendered import RenderedEmail
from tests.mail.examples import EVENING, newsletter, part, read, unfit_lines

TO = "mira@reader.example"
LINK = "https://letters.example/confirm/abc"


def confirm(product=None) -> RenderedEmail:
    return render_confirm(
        product or newsletter(), address=TO, confirm_url=LINK, site_url="https://letters.example/"
    )


def sent(product=None, *, to=TO, date=EVENING, email=None) -> bytes:
    product = product or newsletter()
    return build_transactional(email or confirm(product), product, to=to, date=date)


@pytest.mark.parametrize("language", ["en", "fr", "ar", "he", "ru"])
def test_both_parts_are_read_as_they_were_rendered(language):
    product = newsletter(language=language, name="Le Grand Soir 🕊️ نشرة")
    email = confirm(product)

    message = sent(product, email=email)

    assert part(message, "plain") == email.text
    assert part(message, "html").rstrip("\n") == email.html.rstrip("\n")
    assert LINK in part(message, "plain")


def test_it_is_plain_text_first_and_html_as_the_better_alternative():
    message = read(sent())

    assert message.get_content_type() == "multipart/alternative"
    kinds = [one.get_content_type() for one in message.iter_parts()]
    assert kinds == ["text/plain", "text/html"]


def test_the_header_says_from_whom_to_whom_and_when():
    message = read(sent(newsletter(sender_name="نور", reply_to="desk@letters.example")))

    (sender,) = message["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("نور", "evening@letters.example")
    assert [one.addr_spec for one in message["To"].addresses] == [TO]
    assert message["Reply-To"] == "desk@letters.example"
    assert message["Subject"] == "Confirm your subscription to The Evening Ledger"
    assert parsedate_to_datetime(message["Date"]) == EVENING


def test_it_is_no_list_mail_and_wants_no_automatic_answer():
    message = read(sent())

    assert not [name for name in message if name.startswith("List-")]
    assert message["Precedence"] is None
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Reply-To"] is None


def test_every_field_stands_in_it_once():
    names = [name.lower() for name in read(sent()).keys()]  # noqa: SIM118  # repeated ones too

    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "to",
    [
        pytest.param(TO, id="plain"),
        pytest.param("نور@بريد.example", id="beyond ASCII"),
        pytest.param("n" * 64 + "@" + "d" * 60 + ".example", id="long"),
    ],
)
def test_every_line_is_fit_for_smtp(to):
    message = sent(newsletter(name="نشرة المساء", description="." * 2000), to=to)

    assert unfit_lines(message) == []


def test_a_text_of_dots_and_long_lines_begins_no_line_with_a_dot():
    email = RenderedEmail(
        subject="Dots",
        preheader="",
        html="<p>\n.\n..\n" + "." * 3000 + "</p>",
        text=".\n..\n.\n" + "x" * 3000 + "\n.",
    )

    message = sent(email=email)

    assert unfit_lines(message) == []
    assert part(message, "plain").rstrip("\n") == email.text


def test_all_but_an_address_beyond_ascii_is_ascii():
    assert sent(newsletter(name="نشرة المساء")).isascii()
    first, rest = sent(to="نور@بريد.example").split(b"\r\n", 1)
    assert first == "To: نور@بريد.example".encode()
    assert rest.isascii()


def test_the_same_letter_has_the_same_message_id():
    first, second = (read(sent())["Message-ID"] for _ in range(2))

    assert first == second
    assert first.startswith("<")
    assert first.endswith("@letters.example>")


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"to": "nour@reader.example"}, id="to somebody else"),
        pytest.param({"date": EVENING + timedelta(seconds=1)}, id="a second later"),
        pytest.param({"product": newsletter(name="Another")}, id="with another text"),
    ],
)
def test_another_letter_has_another_message_id(other):
    assert read(sent(**other))["Message-ID"] != read(sent())["Message-ID"]


def test_a_name_with_line_breaks_begins_no_field():
    message = read(sent(newsletter(name="Ledger\r\nBcc: all@reader.example")))

    assert message["Bcc"] is None
    assert [one.addr_spec for one in message["From"].addresses] == ["evening@letters.example"]
    assert message["Subject"] == "Confirm your subscription to Ledger Bcc: all@reader.example"
