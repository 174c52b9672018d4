"""What the body of a mail survives: a photo's size, odd line ends, links that are none."""

from dataclasses import replace

import pytest
from lxml import html as parser

from newsletter.domain.digest.digest import Placement
from newsletter.errors import PreflightError
from newsletter.mail.content.inline_css import inline
from newsletter.mail.content.render import render_confirm
from newsletter.mail.message.master_copy import compile_master
from newsletter.mail.message.transactional import build_transactional
from newsletter.mail.preflight import check_digest, check_email
from newsletter.mail.rendered import RenderedEmail
from tests.mail.examples import (
    EVENING,
    article,
    digest,
    frame,
    image,
    newsletter,
    part,
    recipient,
    story,
    unfit_lines,
)

BREAKS = [
    pytest.param("\r", id="CR"),
    pytest.param("\n", id="LF"),
    pytest.param("\r\n", id="CRLF"),
]


@pytest.mark.parametrize(
    ("pixels", "shown"),
    [
        pytest.param((1072, 600), ("536", "300"), id="larger than the column"),
        pytest.param((500, 250), ("500", "250"), id="smaller"),
        pytest.param((1072, None), ("536", None), id="of unknown height"),
    ],
)
def test_a_photo_keeps_its_size_in_pixels_for_programs_that_read_no_styles(pixels, shown):
    width, height = pixels
    photo = image(width=width, height=height)
    page = parser.document_fromstring(
        digest(stories=(story(placement=Placement.LEAD, lead=article(image=photo)),)).html
    )

    (found,) = (one for one in page.iter("img") if one.get("src") == photo.url)
    assert (found.get("width"), found.get("height")) == shown


def test_inlining_takes_no_size_from_a_style():
    page = """<html><head><style>img { width: 100%; height: auto; max-width: 536px; }</style></head>
    <body><img src="https://p.example/1.jpg" alt="" width="536" height="300"></body></html>"""

    (found,) = parser.document_fromstring(inline(page)).iter("img")

    assert (found.get("width"), found.get("height")) == ("536", "300")
    assert "100%" in found.get("style")


@pytest.mark.parametrize("break_", BREAKS)
def test_every_kind_of_line_end_is_one_in_an_edition(break_):
    told = digest()
    email = replace(told, text=f"One{break_}Two{break_}{break_}Three\n{told.text}")

    message = compile_master(email, newsletter(), frame()).message(recipient())

    assert part(message, "plain").startswith("One\nTwo\n\nThree\n")
    assert b"=0D" not in message
    assert unfit_lines(message) == []


@pytest.mark.parametrize("break_", BREAKS)
def test_every_kind_of_line_end_is_one_in_a_letter(break_):
    email = RenderedEmail(
        subject="Yes?",
        preheader="",
        html=f"<p>One{break_}Two</p>",
        text=f"One{break_}.Two{break_}{break_}Three\n",
    )

    message = build_transactional(email, newsletter(), to="mira@r.example", date=EVENING)

    assert part(message, "plain") == "One\n.Two\n\nThree\n"
    assert part(message, "html").startswith("<p>One\nTwo</p>")
    assert unfit_lines(message) == []


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("http://[x", id="a bracket that does not close"),
        pytest.param("https://[1.2.3/", id="half a number"),
        pytest.param("http://]", id="a bracket that does not open"),
    ],
)
def test_a_link_that_cannot_even_be_read_is_refused_in_words(address):
    link = f'<a href="{address}">x</a></body>'
    email = render_confirm(
        newsletter(), address="mira@r.example", confirm_url="https://l.example/y", site_url=""
    )

    for one, checked in ((digest(), check_digest), (email, check_email)):
        bad = replace(one, html=one.html.replace("</body>", link))
        with pytest.raises(PreflightError) as refused:
            checked(bad)
        assert "A link leads nowhere on the web." in refused.value.problems
