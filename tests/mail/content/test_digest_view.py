"""An edition as the templates see it: parts in order, photos only where they fit, safe links."""

from datetime import date
from typing import Any

import pytest

from newsletter.domain.articles.article import Article
from newsletter.domain.articles.labels import Label
from newsletter.domain.digest.digest import Placement
from newsletter.mail.content.digest_view import DigestView, digest_view, web_address
from tests.cases import for_each
from tests.mail.examples import article, edition, image, story


def only(**fields: Any) -> DigestView:
    """The layout of an edition whose one story is the lead."""
    return digest_view(edition(stories=(story(placement=Placement.LEAD, **fields),)), "en")


def test_an_edition_falls_into_lead_sections_and_briefs_in_its_order():
    page = digest_view(edition(), "en")

    assert page.lead is not None
    assert page.lead.title == "A bridge opens in Beirut after nine years of work"
    assert [(heading, [item.title for item in items]) for heading, items in page.sections] == [
        ("Lebanon", ["Ferries return to Tyre", "Rain in the Bekaa"]),
        ("Jordan", ["Amman plants trees"]),
    ]
    assert [item.title for item in page.briefs] == ["A chess final in Muscat", "Why dates are dear"]
    assert page.count == 6


def test_an_edition_without_a_lead_has_none():
    page = digest_view(edition(stories=(story(),)), "en")

    assert page.lead is None
    assert page.count == 1


@pytest.mark.parametrize(
    ("words", "minutes"),
    [
        pytest.param(0, 1, id="never less than one"),
        pytest.param(219, 1, id="one minute"),
        pytest.param(439, 2, id="two minutes"),
        pytest.param(1099, 5, id="five minutes"),
    ],
)
def test_the_reading_time_counts_titles_and_summaries(words, minutes):
    page = only(title="Bridge", summary="word " * words)

    assert page.minutes == minutes


@pytest.mark.parametrize(
    ("label", "language", "shown"),
    [
        pytest.param(Label.NEWS, "en", "", id="news has no label"),
        pytest.param(Label.OPINION, "en", "Opinion", id="opinion"),
        pytest.param(Label.SPONSORED, "de", "Anzeige", id="sponsored, in German"),
        pytest.param(Label.LIVE, "fr", "En direct", id="live, in French"),
        pytest.param(Label.ANALYSIS, "ar", "تحليل", id="analysis, in Arabic"),
    ],
)
def test_a_label_is_said_in_the_newsletters_language(label, language, shown):
    page = digest_view(edition(stories=(story(label=label),)), language)

    assert page.sections[0][1][0].label == shown


@pytest.mark.parametrize(
    ("since", "language", "said"),
    [
        pytest.param(None, "en", "", id="new today"),
        pytest.param(date(2026, 3, 2), "en", "Updated since yesterday", id="yesterday's edition"),
        pytest.param(date(2026, 2, 28), "de", "Neues seit Samstag", id="an earlier one, in German"),
    ],
)
def test_a_story_that_goes_on_says_so_in_the_newsletters_language(since, language, said):
    page = digest_view(edition(stories=(story(follows_edition_of=since),)), language)

    assert page.sections[0][1][0].updated == said


@pytest.mark.parametrize(
    ("authors", "byline"),
    [
        pytest.param((), "", id="nobody"),
        pytest.param(("Nour Saab", "Lea Haddad"), "Nour Saab, Lea Haddad", id="two people"),
        pytest.param(
            ("A. One", "B. Two", "C. Three", "D. Four"), "A. One, B. Two, C. Three", id="4"
        ),
        pytest.param(("HARBOUR POST", "Nour Saab"), "Nour Saab", id="the outlet itself"),
        pytest.param(("", "Nour Saab"), "Nour Saab", id="an empty name"),
    ],
)
def test_a_byline_names_people_and_not_the_outlet(authors, byline):
    page = only(lead=article(authors=authors))

    assert page.lead is not None
    assert page.lead.byline == byline


@pytest.mark.parametrize(
    ("fields", "size"),
    [
        pytest.param({"width": 1072, "height": 600}, (536, 300), id="larger than the column"),
        pytest.param({"width": 536, "height": 300}, (536, 300), id="just the column"),
        pytest.param({"width": 500, "height": 250}, (500, 250), id="smaller is not stretched"),
        pytest.param({"width": 1072, "height": None}, (536, None), id="height unknown"),
    ],
)
def test_a_photo_is_shown_no_wider_than_the_column_and_in_its_proportion(fields, size):
    page = only(lead=article(image=image(**fields)))

    assert page.lead is not None
    assert page.lead.image is not None
    assert (page.lead.image.width, page.lead.image.height) == size


@pytest.mark.parametrize(
    "photo",
    [
        pytest.param(None, id="no photo"),
        pytest.param(image(width=479), id="too narrow"),
        pytest.param(image(width=None), id="width unknown"),
        pytest.param(image(url="data:image/gif;base64,AAAA"), id="no web address"),
        pytest.param(image(url='https://p.example/"onerror=x'), id="a quote in the address"),
    ],
)
def test_no_photo_is_better_than_one_that_does_not_fit(photo):
    page = only(lead=article(image=photo))

    assert page.lead is not None
    assert page.lead.image is None


@pytest.mark.parametrize(
    ("fields", "alt"),
    [
        pytest.param({}, "A bridge at dusk", id="its own"),
        pytest.param({"alt": ""}, "The new bridge on Tuesday.", id="else the caption"),
        pytest.param({"alt": "", "caption": ""}, "A bridge opens", id="else the headline"),
    ],
)
def test_a_photo_always_has_words_for_who_does_not_see_it(fields, alt):
    page = only(title="A bridge opens", lead=article(image=image(**fields)))

    assert page.lead is not None
    assert page.lead.image is not None
    assert page.lead.image.alt == alt


def test_at_most_three_other_reports_are_named_and_none_that_leads_nowhere():
    def other(number: int, url: str) -> Article:
        return article(id=number, url=url, title=f"Report {number}", source="Cedar Daily")

    few = only(others=(other(1, "javascript:alert(1)"), other(2, "https://cedar.example/2")))
    many = only(others=tuple(other(n, f"https://cedar.example/{n}") for n in range(1, 6)))

    assert few.lead is not None
    assert few.lead.related == (("Report 2", "https://cedar.example/2", "Cedar Daily"),)
    assert many.lead is not None
    assert [title for title, _, _ in many.lead.related] == ["Report 1", "Report 2", "Report 3"]


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://harbour.example/a?b=1&c=2#d", id="an address with everything"),
        pytest.param("http://harbour.example:8080/", id="plain, with a port"),
        pytest.param("https://harbour.example/بيروت", id="beyond ASCII"),
    ],
)
def test_a_web_address_stays_as_it_is(url):
    assert web_address(url) == url


@for_each(
    "url",
    [
        pytest.param("", id="nothing"),
        pytest.param("javascript:alert(1)", id="a script"),
        pytest.param("JavaScript://harbour.example/%0aalert(1)", id="a script with a host"),
        pytest.param("data:text/html,hello", id="data"),
        pytest.param("/world/a-bridge", id="without a host"),
        pytest.param("https:///a-bridge", id="with an empty host"),
        pytest.param("mailto:nour@harbour.example", id="mail"),
        pytest.param("https://[::1/", id="a bracket missing"),
        pytest.param("https://harbour.example/a b", id="a space"),
        pytest.param("https://harbour.example/a\nb", id="a line break"),
        pytest.param("https://harbour.example/a\tb", id="a tab"),
        pytest.param('https://harbour.example/"', id="a quote"),
        pytest.param("https://harbour.example/<b>", id="angle brackets"),
        pytest.param("https://harbour.example\\@other.example/", id="a backslash"),
    ],
)
def test_an_address_no_reader_may_be_sent_to_is_empty(url):
    assert web_address(url) == ""
