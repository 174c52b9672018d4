"""What is wrong with one story takes out that story, and never the edition."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from newsletter.domain.digest.digest import Placement, Story
from newsletter.domain.editions.edition import Edition
from newsletter.domain.editions.removal import remove_articles
from newsletter.domain.newsletter import Newsletter
from newsletter.errors import PreflightError
from newsletter.mail.content import render
from newsletter.mail.content.heading import with_stories
from newsletter.mail.content.inline_css import inline
from newsletter.mail.content.render import render_confirm, render_digest
from newsletter.mail.message.master_copy import compile_master
from newsletter.mail.preflight import MAX_HTML_BYTES, check_digest, check_email
from newsletter.mail.rendered import RenderedEmail
from newsletter.mail.story_checks import find_unfit
from tests.cases import for_each
from tests.mail.examples import (
    SITE,
    article,
    edition,
    frame,
    image,
    links,
    newsletter,
    stories,
    story,
)

LEAD, OTHER = 50, 51
HOSTILE = {
    "a control": "a\x08b",
    "a terminal's escape": "\x1b[31mred",
    "a C1 control": "a\x85b",
    "half a character": "\ud83d",
    "a direction turned": "\u202eabc",
    "an isolate": "\u2066abc",
    "enormous": "x" * 1_000_000,
}
HARMLESS = {
    "a template's marks": "{{ x }} {% if %} {# #} }} %}",
    "the words of former slots": "xSLOTxADDRESSx xslotx",
    "markup": "<script>alert(1)</script></td></table><a href='javascript:x'>",
    "a comment's end": "--><!-- <![endif]--> ]]>",
    "entities": "&lt;&amp;&#0;&#xD800;&nosuch;",
    "a line break": "a\r\nBcc: all@reader.example",
    "an encoded word": "=?utf-8?q?x?=",
    "noncharacters": "\ufdd0\ufdd1\uffff",
    "marks upon marks": "Z" + "\u0300" * 300,
    "Arabic and emoji": "بيروت 🕊️",
    "spaces": "a \t b" * 200,
    "a bracket": "http://[::1",
    "a number sign of NFKC": "https://a.example\u2100/",
    "ampersands": "&" * 200,
}
TEXTS = ("title", "summary", "section")


def bait(text: str) -> Story:
    """A story with the text in every field that a source can fill."""
    photo = image(url=f"https://p.example/{text}", alt=text, caption=text, credit=text)
    fields = {"title": text, "source": text, "authors": (text, text), "section": text}
    lead = article(id=LEAD, url=f"https://a.example/{text}", image=photo, **fields)
    other = article(id=OTHER, url=f"https://b.example/?{text}", **fields)
    return story(title=text, summary=text, section=text, lead=lead, others=(other,))


def led_by(first: Story) -> Edition:
    rest = stories()[1:]
    return with_stories(edition(), (replace(first, placement=Placement.LEAD), *rest), newsletter())


def unfit_in(issue: Edition, product: Newsletter | None = None) -> dict[int, str]:
    product = product or newsletter()
    return find_unfit(issue, product, lambda part: render_digest(part, product, links()))


def mailed(issue: Edition, unfit: Mapping[int, str]) -> RenderedEmail:
    rest = with_stories(issue, remove_articles(issue.stories, unfit), newsletter())
    email = render_digest(rest, newsletter(), links())
    check_digest(email)
    return email


@for_each(
    ("name", "text"),
    [
        *(pytest.param("title", text, id=f"title: {what}") for what, text in HOSTILE.items()),
        *(
            pytest.param(name, HOSTILE[what], id=f"{name}: {what}")
            for name in ("summary", "section", "source", "url", "image", "more")
            for what in ("a control", "enormous")
        ),
    ],
)
def test_a_story_that_cannot_be_mailed_is_out_with_its_reason(name, text):
    own = story(title="A strike in Haifa", lead=article(id=LEAD, image=image()))
    if name in TEXTS:
        own = replace(own, **{name: text})
    elif name == "image":
        own = replace(own, lead=replace(own.lead, image=image(caption=text)))
    elif name == "more":
        own = replace(own, others=(article(id=OTHER, title=text),))
    else:
        own = replace(own, lead=replace(own.lead, **{name: text}))
    issue = led_by(own)

    unfit = unfit_in(issue)

    assert list(unfit) == [OTHER if name == "more" else LEAD]
    assert next(iter(unfit.values())).startswith("It cannot be mailed: its ")
    email = mailed(issue, unfit)
    assert ("A strike in Haifa" in email.html) == (name == "more")
    assert text not in email.html + email.text + email.subject + email.preheader


@for_each("text", HARMLESS.values(), ids=HARMLESS)
def test_a_story_that_is_merely_odd_goes_out(text):
    issue = led_by(bait(text))

    assert not unfit_in(issue)
    mailed(issue, {})


@for_each("text", [*HOSTILE.values(), *HARMLESS.values()], ids=[*HOSTILE, *HARMLESS])
def test_a_newsletters_own_words_never_stop_it(text):
    texts = ("description", "sender_name", "publisher", "postal_address")
    product = newsletter(name=text[:200], **dict.fromkeys(texts, text[:200]))

    assert not unfit_in(led_by(stories()[0]), product)
    assert compile_master(render_digest(edition(), product, links()), product, frame())
    check_email(render_confirm(product, address="r@x.example", confirm_url=SITE, site_url=SITE))


def test_a_story_without_a_title_is_out():
    issue = led_by(story(title=" ", lead=article(id=LEAD)))

    assert unfit_in(issue) == {LEAD: "It cannot be mailed: it has no title."}


def test_a_story_that_a_library_cannot_bear_is_out(monkeypatch):
    def raise_at_it(html: str) -> str:
        if "Bekaa" in html:
            raise ZeroDivisionError
        return inline(html)

    monkeypatch.setattr(render, "inline", raise_at_it)
    bad = story(title="Rain in the Bekaa", lead=article(id=LEAD))
    issue = with_stories(edition(), (stories()[0], bad), newsletter())

    unfit = unfit_in(issue)

    assert unfit == {LEAD: "It cannot be mailed. It cannot be rendered (ZeroDivisionError)."}
    assert "Bekaa" not in mailed(issue, unfit).html


def heavy(key: int, kilobytes: int) -> Story:
    """A story whose links take so many kilobytes of HTML, and no field of it is long by itself."""
    url = "https://a.example/?" + "&" * 1_900  # each of which HTML writes with five letters
    others = tuple(article(id=key * 100 + at, url=url) for at in range(3))
    lead = article(id=key, url=url if kilobytes > 30 else "https://a.example/")
    return story(title=f"Story {key}", lead=lead, others=others[: kilobytes // 10])


def test_a_story_that_makes_the_mail_too_large_is_out_and_the_usual_ones_stay():
    usual = [story(title=f"Usual {at}", lead=article(id=at)) for at in range(1, 12)]
    told = (usual[0], heavy(80, 40), heavy(81, 40), *usual[1:], heavy(82, 40))
    issue = with_stories(edition(), told, newsletter())

    unfit = unfit_in(issue)

    assert unfit
    assert set(unfit) <= {80, 81, 82}
    assert all("Gmail cuts" in reason for reason in unfit.values())
    assert len(mailed(issue, unfit).html) <= MAX_HTML_BYTES


def test_too_many_usual_stories_lose_the_last_ones():
    told = tuple(
        story(title=f"Usual {at}", summary="so it is " * 400, lead=article(id=at))
        for at in range(1, 40)
    )
    issue = with_stories(edition(), told, newsletter())

    unfit = unfit_in(issue)

    assert sorted(unfit) == list(range(40 - len(unfit), 40))
    mailed(issue, unfit)


def test_what_is_wrong_without_any_story_is_no_storys_fault(monkeypatch):
    monkeypatch.setattr(render, "inline", lambda html: html.replace('lang="en"', ""))

    with pytest.raises(PreflightError, match="names no language"):
        unfit_in(edition())


def test_where_the_lead_is_out_the_next_news_leads():
    issue = led_by(story(title="x\x00", lead=article(id=LEAD)))

    rest = remove_articles(issue.stories, unfit_in(issue))

    # Before it stood an opinion and a live page.
    assert (rest[0].title, rest[0].placement) == ("Amman plants trees", Placement.LEAD)
    assert len(rest) == len(issue.stories) - 1
