"""A headline without its outlet and label, a summary without what is no news, kinds of text."""

from datetime import UTC, datetime
from typing import Any

import pytest

from newsletter.domain.articles.article import Article
from newsletter.domain.articles.labels import Label, content_label, strip_label
from newsletter.domain.articles.summary import clean_headline, make_summary
from newsletter.domain.digest.builder import build_digest
from newsletter.domain.relevance.classifier import TopicClassifier
from newsletter.topics.load import bundled_topic
from tests.cases import for_each

JUDGE = TopicClassifier(bundled_topic("middle-east"))
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
STANDFIRST = "The crossing over the river is open to lorries again after eleven years."


def article(title="A bridge opens", **fields) -> Article:
    usual: dict[str, Any] = {
        "id": 1,
        "url": "https://post.example/a/bridge",
        "source": "Harbour Post",
        "published_at": NOW,
        "collected_at": NOW,
    }
    return Article(title=title, **usual | fields)


@pytest.mark.parametrize(
    ("title", "source"),
    [
        pytest.param("Ceasefire holds - Israel", "Voice of Israel", id="a country it ends with"),
        pytest.param("Rain at last | Basra", "The Valley Wire of Basra", id="a city it ends with"),
        pytest.param("A bridge opens - Post", "Harbour Post", id="its last word"),
        pytest.param("A bridge opens - The", "The Harbour Post", id="its article alone"),
        pytest.param("A bridge opens - at last", "", id="no outlet at all"),
    ],
)
def test_news_behind_a_dash_is_not_taken_for_the_outlet(title, source):
    assert clean_headline(article(title, source=source)) == title


@pytest.mark.parametrize(
    ("behind", "source"),
    [
        pytest.param("- Voice of Israel", "Voice of Israel", id="a country in its name"),
        pytest.param("- Asharq Al-Barid", "Asharq Al-Barid", id="a hyphen in its name"),
        pytest.param("| Al-Marfa", "Al-Marfa", id="a hyphen in its only word"),
        pytest.param("– al-marfa English", "Al-Marfa", id="a longer form of that"),
        pytest.param("- The Wire", "Wire", id="an article more"),
        pytest.param("- Harbour", "The Harbour Post", id="an article less"),
    ],
)
def test_the_outlet_behind_a_dash_goes(behind, source):
    title = f"Two - or three - bridges open {behind}"

    assert clean_headline(article(title, source=source)) == "Two - or three - bridges open"


@pytest.mark.parametrize(
    ("title", "text"),
    [
        pytest.param("Iran", "Iranian lorries cross the river after eleven years.", id="a letter"),
        pytest.param("Iran", "Iran’s lorries cross the river after eleven years.", id="’s"),
        pytest.param("Iran", "Iran's lorries cross the river after eleven years.", id="'s"),
        pytest.param("Iran", "Iran-backed lorries cross the river at last.", id="a hyphen"),
        pytest.param("Route 9", "Route 95 is open to lorries again, says the mayor.", id="a digit"),
    ],
)
def test_a_text_that_begins_with_the_title_s_letters_keeps_its_first_word(title, text):
    assert make_summary(article(title, summary=text)) == text


@pytest.mark.parametrize("sign", [".", ":", " |", " –", " —", "", "\n"])
def test_the_title_said_again_goes_with_the_sign_behind_it(sign):
    assert make_summary(article(summary=f"A bridge opens{sign} {STANDFIRST}")) == STANDFIRST


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Farmers were told to sign up for water by the end of May.", id="for"),
        pytest.param("Who wants to sign up to the treaty has to be quick this year.", id="to"),
        pytest.param("Readers who click here find a map of each well in town.", id="click here"),
        pytest.param("Lorry drivers must get our harbour app, the mayor has said.", id="an app"),
    ],
)
def test_what_is_boilerplate_as_a_sentence_is_news_within_one(text):
    assert make_summary(article(summary=text)) == text


@for_each(
    "tail",
    ["Sign up for our letter.", "Sign up to it", "Click here", "Get our free app now"],
)
@for_each("end", [".", "!", "?"])
def test_boilerplate_that_is_a_sentence_of_its_own_goes(tail, end):
    told = STANDFIRST.removesuffix(".") + end

    assert make_summary(article(summary=f"{told} {tail}")) == told


@for_each(
    ("title", "kind", "bare"),
    [
        pytest.param("Live-fire drill closes the strait", Label.NEWS, "", id="live-fire"),
        pytest.param("TV-debate", Label.NEWS, "", id="a debate on television"),
        pytest.param("Mayor wins TV-debate", Label.NEWS, "", id="likewise at the end"),
        pytest.param("Opinion-makers meet in Muscat", Label.NEWS, "", id="opinion-makers"),
        pytest.param("Live", Label.NEWS, "", id="nothing but the word"),
        pytest.param("Live - rain in Basra", Label.LIVE, "Rain in Basra", id="a dash of its own"),
        pytest.param("Rain in Basra - live", Label.LIVE, "Rain in Basra", id="a dash at the end"),
        pytest.param("LIVE: rain", Label.LIVE, "Rain", id="a colon"),
        pytest.param("Why it rains – analysis", Label.ANALYSIS, "Why it rains", id="behind"),
        pytest.param("رأي: دعوا الجسر", Label.OPINION, "دعوا الجسر", id="Arabic"),
        pytest.param("Explainer: why? | Analysis", Label.ANALYSIS, "Why?", id="two of one kind"),
    ],
)
def test_a_label_in_a_title_is_read_and_taken_off_it(title, kind, bare):
    assert content_label(article(title)) is kind
    assert strip_label(title) == (bare or title)


def test_an_edition_shows_a_story_s_title_without_its_label():
    told = article("Opinion: let Iran have its bridge", language="en")

    digest = build_digest(
        [told],
        classifier=JUDGE,
        window=(NOW.replace(hour=0), NOW.replace(hour=23)),
        language="en",
        max_stories=5,
    )

    (story,) = digest.stories
    assert (story.title, story.label) == ("Let Iran have its bridge", Label.OPINION)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("%D8%B1%D8%A3%D9%8A/bridge", id="Arabic"),
        pytest.param("g%C3%B6r%C3%BC%C5%9F/bridge", id="Turkish"),
        pytest.param("%D0%BC%D0%BD%D0%B5%D0%BD%D0%B8%D0%B5/1", id="Russian"),
        pytest.param("%6Fpinion/bridge", id="for no reason"),
        pytest.param("opinion#comments", id="before a fragment"),
    ],
)
def test_a_section_in_an_address_counts_however_it_is_written(path):
    assert content_label(article(url=f"https://post.example/{path}")) is Label.OPINION


@pytest.mark.parametrize(
    ("title", "country"),
    [
        pytest.param("Israel Floods Kill Two Hikers", "IL", id="Israel"),
        pytest.param("Jordan Floods Wash Away Three Bridges", "JO", id="Jordan"),
        pytest.param("Aden Tunnel Opens After a Year of Work", "YE", id="small words between"),
    ],
)
def test_capitals_throughout_a_headline_make_no_person_of_a_place(title, country):
    verdict = JUDGE.classify(title)

    assert (verdict.is_on_topic, verdict.country) == (True, country)


@pytest.mark.parametrize(
    "title",
    [
        pytest.param("Israel Whitcombe wins the marathon", id="a surname behind"),
        pytest.param("Dalia Jordan opens a bakery in Leeds", id="a first name before"),
        pytest.param("Jordan Henderson Returns To His Old Club", id="one whom the topic names"),
    ],
)
def test_capitals_of_names_alone_still_tell_a_person(title):
    assert not JUDGE.classify(title).is_on_topic
