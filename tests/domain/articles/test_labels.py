"""What kind of text an article is said to be, and what only looks like a sign of it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from newsletter.domain.articles.article import Article
from newsletter.domain.articles.labels import Label, content_label, is_round_up
from tests.cases import for_each

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


def article(title="A bridge opens", *, section="", url="https://post.example/a/bridge") -> Article:
    return Article(
        id=1,
        url=url,
        title=title,
        section=section,
        source="Harbour Post",
        published_at=NOW,
        collected_at=NOW,
    )


@for_each(
    ("section", "kind"),
    [
        pytest.param("Opinion", Label.OPINION, id="opinion"),
        pytest.param("World; Commentary ;Gulf", Label.OPINION, id="one of several sections"),
        pytest.param("OP-ED", Label.OPINION, id="in capitals"),
        pytest.param("مقالات", Label.OPINION, id="opinion in Arabic"),
        pytest.param("דעות", Label.OPINION, id="opinion in Hebrew"),
        pytest.param("Görüş", Label.OPINION, id="opinion in Turkish"),
        pytest.param("Мнение", Label.OPINION, id="opinion in Russian, with a capital"),
        pytest.param("Analysis", Label.ANALYSIS, id="analysis"),
        pytest.param("Features", Label.FEATURE, id="feature"),
        pytest.param("The long read", Label.FEATURE, id="long read"),
        pytest.param("Cartoons", Label.OPINION, id="a cartoon"),
        pytest.param("تحليل", Label.ANALYSIS, id="analysis in Arabic"),
        pytest.param("Live updates", Label.LIVE, id="live page"),
        pytest.param("Partner content", Label.SPONSORED, id="advertisement"),
        pytest.param("Analysis; Sponsored", Label.SPONSORED, id="advertisement called analysis"),
        pytest.param("Opinion; Live", Label.LIVE, id="live page of opinions"),
    ],
)
def test_a_section_tells_the_kind(section, kind):
    assert content_label(article(section=section)) is kind


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        pytest.param("https://post.example/opinion/2026/bridge", Label.OPINION, id="first step"),
        pytest.param("https://post.example/world/live/bridge", Label.LIVE, id="a step within"),
        pytest.param("https://post.example/2026/Analysis", Label.ANALYSIS, id="last step"),
        pytest.param("https://post.example/opinion?id=3", Label.OPINION, id="before a query"),
        pytest.param("https://post.example/liveblog-march-2-2026", Label.LIVE, id="a day's page"),
        pytest.param("https://post.example/live-news/bridge-02-03", Label.LIVE, id="live news"),
        pytest.param("https://post.example/video/quotable/a", Label.OPINION, id="who is quoted"),
    ],
)
def test_a_step_of_the_address_tells_the_kind(url, kind):
    assert content_label(article(url=url)) is kind


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        pytest.param("Opinion: Let the bridge be", Label.OPINION, id="before a colon"),
        pytest.param("Opinion | Let the bridge be", Label.OPINION, id="before a bar"),
        pytest.param("Why the bridge matters – analysis", Label.ANALYSIS, id="behind a dash"),
        pytest.param("LIVE: Bridge opens", Label.LIVE, id="in capitals"),
        pytest.param("Bridge opens – as it happened", Label.LIVE, id="as it happened"),
        pytest.param("Advertorial: A bridge to savings", Label.SPONSORED, id="advertisement"),
        pytest.param("دعوا الجسر | مقالات", Label.OPINION, id="right-to-left"),
    ],
)
def test_a_word_set_apart_in_the_title_tells_the_kind(title, kind):
    assert content_label(article(title)) is kind


@for_each(
    "news",
    [
        pytest.param(article("Opinion is divided on the bridge"), id="a word of a sentence"),
        pytest.param(article("Ministers ask for live updates"), id="at the end of a sentence"),
        pytest.param(article("Alive: four miners rescued"), id="the end of a longer word"),
        pytest.param(article(section="Living"), id="the beginning of a longer section"),
        pytest.param(article(section="Public opinion research"), id="a section that contains it"),
        pytest.param(article(url="https://opinion.example/bridge"), id="the host's name"),
        pytest.param(
            article(url="https://post.example/live-music/a"), id="a step that contains it"
        ),
        pytest.param(article(url="https://post.example/a?from=/opinion/"), id="the query"),
        pytest.param(article("", section=";;", url="https://post.example"), id="next to nothing"),
    ],
)
def test_what_only_contains_such_a_word_is_news(news):
    assert content_label(news) is Label.NEWS


def test_a_cartoon_is_an_opinion_when_only_the_standfirst_says_so():
    drawn = replace(article(), summary="The Harbour Post's cartoon of the day by Nour Saab.")

    assert content_label(drawn) is Label.OPINION


def test_the_source_weighs_more_than_the_title():
    told = article("Analysis: why the bridge opens", section="Opinion")

    assert content_label(told) is Label.OPINION


@for_each(
    "title",
    [
        pytest.param("Why are bridges closing in Basra?", id="why"),
        pytest.param("How did the river run dry?", id="how"),
        pytest.param("What to know about the bridge", id="what to know"),
        pytest.param("The bridge reopens: five things to know", id="things to know"),
        pytest.param("What is the Shatt?", id="what is"),
        pytest.param("Is Basra becoming Iraq's port to the world?", id="a question"),
        pytest.param("هل تصبح البصرة ميناء العراق؟", id="a question from right to left"),
        pytest.param("‘It must go’: Why Basra tears down a bridge — and what next?", id="behind"),
    ],
)
def test_a_headline_that_explains_is_an_analysis(title):
    assert content_label(article(title)) is Label.ANALYSIS


@pytest.mark.parametrize(
    "title",
    [
        pytest.param("Minister explains why the bridge closed", id="somebody explains"),
        pytest.param("How the bridge was saved", id="a tale of how"),
        pytest.param("Why the mayor left: he was ill", id="no question"),
        pytest.param("Mayor to ferrymen: Where were you?", id="somebody's question"),
        pytest.param("Minister asks “who pays for the bridge”?", id="a quoted question"),
    ],
)
def test_a_headline_that_only_sounds_so_is_news(title):
    assert content_label(article(title)) is Label.NEWS


@pytest.mark.parametrize(
    ("title", "is_one"),
    [
        pytest.param("Snow in Basra: photos of the day", True, id="pictures"),
        pytest.param("Your Tuesday Briefing", True, id="a briefing"),
        pytest.param("The Papers: bridge opens", True, id="what the papers say"),
        pytest.param("Morning briefing: bridge opens", True, id="morning briefing"),
        pytest.param("Minister gives a briefing on the bridge", False, id="an event called so"),
        pytest.param("Photos of the bridge surface", False, id="news of photos"),
    ],
)
def test_a_round_up_is_known_by_its_headline(title, is_one):
    assert is_round_up(article(title)) is is_one
