"""Emails out of their templates: every part says what it should, in every language."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from lxml import html as parser

from newsletter.domain.articles.labels import Label
from newsletter.domain.digest.digest import Placement
from newsletter.locales.catalogues import get_translations
from newsletter.mail.content.render import render_confirm
from newsletter.mail.content.translations import label_name, update_notice
from newsletter.mail.rendered import RenderedEmail, Slot, fill_slots
from tests.cases import for_each
from tests.mail.examples import LANGUAGES, SITE, article, digest, edition, image, newsletter, story

TO = "mira&co@reader.example"


def tree(email: RenderedEmail):
    return parser.document_fromstring(email.html)


def texts(email: RenderedEmail, path: str) -> list[str]:
    return [" ".join(one.text_content().split()) for one in tree(email).xpath(path)]


def body_text(email: RenderedEmail) -> str:
    return " ".join(texts(email, "//div[@role='article']"))


def confirm(**fields) -> RenderedEmail:
    return render_confirm(
        newsletter(**fields), address=TO, confirm_url=f"{SITE}/confirm/abc", site_url=f"{SITE}/"
    )


def lead(**fields) -> RenderedEmail:
    return digest(stories=(story(placement=Placement.LEAD, **fields),))


def test_the_digest_tells_its_stories_in_order_under_their_headings():
    headings = texts(digest(), "//h1 | //h2 | //h3")

    assert headings == [
        "The Evening Ledger",
        "A bridge opens in Beirut after nine years of work",
        "Lebanon",
        "Ferries return to Tyre",
        "Rain in the Bekaa",
        "Jordan",
        "Amman plants trees",
        "Also today",
    ]


def test_html_and_plain_text_tell_the_same():
    email = digest()

    for said in (
        "Tuesday, March 3, 2026 · 6 stories · 1 min read",
        "A bridge opens in Beirut after nine years of work",
        "The first cars crossed at noon. The city had waited since 2017.",
        "Opinion · By Nour Saab · Harbour Post",
        "Analysis: Why dates are dear",
        "More on this:",
        "Cedar Daily",
        "That’s all for today.",
        "Lantern Press",
        "3 Quay Street, Valletta",
    ):
        assert said in body_text(email), said
        assert said in " ".join(email.text.split()), said


def test_every_address_in_the_frame_is_in_both_parts():
    email = digest()
    hrefs = tree(email).xpath("//a/@href")

    for address in (f"{SITE}/view/abc", f"{SITE}/evening/archive", f"{SITE}/unsubscribe/"):
        assert any(href.startswith(address) for href in hrefs)
        assert address in email.text
    assert f"{SITE}/unsubscribe/{Slot.UNSUBSCRIBE}" in hrefs


@for_each("language", LANGUAGES)
def test_every_language_speaks_its_own_words_in_both_parts(language):
    gettext = get_translations(language).gettext
    ours = ("That’s all for today.", "Also today", "Unsubscribe", "Past editions")

    email = digest(newsletter(language=language))

    for text in map(gettext, (*ours, "Read on the web")):
        assert text in body_text(email)
        assert text in email.text
    assert tree(email).get("lang") == language


@for_each(
    ("language", "direction", "start"),
    [
        pytest.param("ar", "rtl", "right", id="Arabic"),
        pytest.param("he", "rtl", "right", id="Hebrew"),
        pytest.param("fa-IR", "rtl", "right", id="Persian of Iran"),
        pytest.param("en", "ltr", "left", id="English"),
        pytest.param("tr", "ltr", "left", id="Turkish"),
    ],
)
@for_each("render", [lambda **fields: digest(newsletter(**fields)), confirm])
def test_every_part_of_a_page_runs_in_its_languages_direction(render, language, direction, start):
    page = tree(render(language=language))

    assert page.get("dir") == direction
    assert set(page.xpath("//@dir")) == {direction}
    assert len(page.xpath("//@dir")) == 3  # The page, its body, and the article within it.
    assert set(page.xpath("//td/@align")) == {start, "center"}


def test_the_preheader_comes_first_and_is_hidden():
    page = tree(digest(preheader="Also: ferries return to Tyre"))

    first = page.body[0]
    assert first.text_content().startswith("Also: ferries return to Tyre")
    style = re.sub(r"\s", "", first.get("style"))
    assert "display:none" in style
    assert "max-height:0" in style
    assert first.get("aria-hidden") == "true"


def test_a_photo_stands_with_its_words_and_credit():
    email = lead(lead=article(image=image(alt='A "bridge" <at> dusk')))

    (photo,) = tree(email).xpath("//img")
    assert photo.get("alt") == 'A "bridge" <at> dusk'
    assert texts(email, "//p[@class='caption']") == ["The new bridge on Tuesday. Photo: Lea Haddad"]


def test_every_image_of_every_email_has_alternative_text():
    for email in (digest(), confirm(), lead(lead=article(image=image(alt="", caption="")))):
        assert all(alt.strip() for alt in tree(email).xpath("//img/@alt"))
        assert not tree(email).xpath("//img[not(@alt)]")


def test_what_an_outlet_writes_is_text_and_never_markup():
    nasty = '<script>alert("x")</script> & {{ 7 * 7 }} <b>bold</b>'

    email = lead(title=nasty, summary=nasty, lead=article(source=nasty, authors=(f"Nour {nasty}",)))

    assert not tree(email).xpath("//script | //b")
    assert body_text(email).count('<script>alert("x")</script> & {{ 7 * 7 }} <b>bold</b>') == 4
    assert '<script>alert("x")</script> & {{ 7 * 7 }} <b>bold</b>' in " ".join(email.text.split())


def test_a_story_that_leads_nowhere_on_the_web_is_told_without_a_link():
    email = lead(title="A bridge", lead=article(url="javascript:alert(1)"))

    assert texts(email, "//h2") == ["A bridge"]
    assert not tree(email).xpath("//h2/a")
    assert "javascript" not in email.html + email.text


@for_each("language", LANGUAGES)
def test_a_story_that_goes_on_says_since_when_wherever_it_stands(language):
    yesterday = edition().on - timedelta(days=1)
    told = [
        story(placement=one, follows_edition_of=yesterday, label=Label.LIVE) for one in Placement
    ]

    email = digest(newsletter(language=language), stories=(*told, story(title="New today")))

    said = update_notice(yesterday, on=edition().on, language=language)
    assert texts(email, "//p[@class='kicker']") == [f"Lebanon · {said}"]
    assert body_text(email).count(said) == email.text.count(said) == 3
    assert f"[Lebanon · {said}]" in email.text
    assert f"{said} · {label_name(Label.LIVE, language)} · " in email.text
    assert f"(Harbour Post · {said})" in " ".join(email.text.split())


@pytest.mark.parametrize(
    ("count", "said"),
    [pytest.param(1, "1 story ·", id="one"), pytest.param(2, "2 stories ·", id="two")],
)
def test_one_story_is_not_called_stories(count, said):
    email = digest(stories=(story(),) * count)

    assert said in body_text(email)
    assert said in email.text


def test_subject_and_preheader_are_one_line_each():
    email = digest(subject="A bridge\r\n opens\u2028in\x0bBeirut ", preheader="Also:\n ferries")

    assert email.subject == "A bridge opens in Beirut"
    assert email.preheader == "Also: ferries"
    assert texts(email, "//title") == ["A bridge opens in Beirut"]


def test_a_banner_stands_above_everything_and_in_the_subject():
    email = digest(banner="TEST")

    assert email.subject == "[TEST] A bridge opens in Beirut"
    assert email.text.startswith("*** TEST ***\n\nThe Evening Ledger\n")
    assert body_text(email).startswith("TEST ")
    assert "TEST" not in digest().html + digest().text


def test_plain_text_is_wrapped_but_addresses_stay_whole():
    url = "https://www.harbour-post.example/" + "a-very-long-address/" * 8
    email = lead(title="bridge " * 30, summary="word " * 300, lead=article(url=url))
    above, _, _ = email.text.partition("\n--")

    assert url in email.text.splitlines()
    assert all(len(line) <= 78 for line in above.splitlines() if not line.startswith("https://"))
    assert not re.search(r"[ \t]\n|\n{3}", email.text)
    assert email.text.endswith("Valletta\n")


def test_filling_leaves_no_slot_and_escapes_in_html_only():
    email = fill_slots(digest(), address=TO, unsubscribe="token-41")

    assert "SLOT" not in email.html + email.text
    assert f"You get this because {TO} subscribed" in email.text
    assert f"You get this because {TO} subscribed" in body_text(email)
    assert f"{SITE}/unsubscribe/token-41" in tree(email).xpath("//a/@href")
    assert f"{SITE}/unsubscribe/token-41" in email.text.splitlines()
    assert replace(email, html="", text="") == replace(digest(), html="", text="")


@for_each("language", LANGUAGES)
def test_the_confirming_mail_asks_by_name_and_address(language):
    email = confirm(language=language)
    gettext, values = get_translations(language).gettext, {"name": "The Evening Ledger"}
    ask = (
        "Somebody, we hope you, asked for %(name)s to be sent to %(address)s."
        " Press the button to say yes."
    )

    assert email.subject == gettext("Confirm your subscription to %(name)s") % values
    for text in (body_text(email), " ".join(email.text.split())):
        assert gettext(ask) % (values | {"address": TO}) in text
        assert gettext("If it was not you, do nothing: without a yes we send nothing more.") in text
    assert tree(email).xpath("//a/@href").count(f"{SITE}/confirm/abc") == 2
    assert f"{SITE}/confirm/abc" in email.text.splitlines()
    assert "SLOT" not in email.html + email.text
