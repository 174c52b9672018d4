"""A day's articles become a digest: limited, ordered, with a reason for each."""

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby

import pytest

from newsletter.domain.articles.article import Article
from newsletter.domain.articles.labels import Label
from newsletter.domain.digest.builder import build_digest
from newsletter.domain.digest.digest import Digest, Placement
from newsletter.domain.digest.placement import MAX_SUMMARIES
from newsletter.domain.digest.selection import COUNTRY_SHARE, SOURCE_SHARE
from newsletter.domain.relevance.classifier import TopicClassifier
from newsletter.topics.load import bundled_topic

CLASSIFIER = TopicClassifier(bundled_topic("middle-east"))
CLOSES = datetime(2026, 3, 2, 15, tzinfo=UTC)
OPENS = CLOSES - timedelta(days=1)
COUNTRIES = ("Iran", "Iraq", "Oman", "Qatar", "Syria", "Yemen", "Kuwait", "Bahrain")


def article(id_: int, title: str, *, hours: float = 6, **fields) -> Article:
    known = {"source": f"Outlet {id_}", "url": f"https://post.example/{id_:04}", "language": "en"}
    when = CLOSES - timedelta(hours=hours)
    return Article(id=id_, title=title, published_at=when, collected_at=when, **known | fields)


def digest(articles, *, language="en", max_stories=15) -> Digest:
    window = (OPENS, CLOSES)
    return build_digest(
        articles, classifier=CLASSIFIER, window=window, language=language, max_stories=max_stories
    )


def reason(result: Digest, id_: int) -> str:
    return next(one.reason for one in result.decisions if one.article.id == id_)


def unlike(id_: int, country: str, **fields) -> Article:
    return article(id_, f"{country} viaduct{id_} outlasts storm{id_}, flood{id_}", **fields)


def day() -> list[Article]:
    """48 stories from 8 countries and 48 outlets, no two of them alike."""
    return [unlike(at, COUNTRIES[at % 8], position=at) for at in range(1, 49)]


FIRST = article(1, "Oman desert telescope finds a comet", source="Harbour Post", hours=5)
SAME = article(2, "Comet found by the desert telescope in Oman", source="Valley Wire", hours=4)
AGAIN = article(3, "Oman telescope in the desert finds comet", source="Valley Wire", hours=3)


def test_reports_of_one_event_are_one_story_and_each_article_has_its_reason():
    result = digest([AGAIN, SAME, FIRST])

    (story,) = result.stories
    assert [one.source for one in (story.lead, *story.others)] == ["Harbour Post", "Valley Wire"]
    assert "Reported by 2 sources: " in story.reason
    assert [one.is_in for one in result.decisions] == [True, True, False]
    assert f"Tells the same event as “{story.lead.title}”." == result.decisions[1].reason
    said = f"Another report by Valley Wire of the same event as “{story.lead.title}”."
    assert result.decisions[2].reason == said


def test_the_lead_s_decision_comes_first_with_the_sum_and_no_other_has_one():
    loud = [article(50, "Iran opens a viaduct"), article(51, "Yemen counts palms")]
    full = [replace(one, source="Loud Herald", weight=9.0) for one in loud]
    shared = [replace(FIRST, source="Loud Herald", summary="It was seen by many."), SAME]

    result = digest([*full, *shared], max_stories=4)

    at = next(at for at, story in enumerate(result.stories) if story.section == "Oman")
    lead, other = (one for one in result.decisions if one.story == at)
    assert (lead.article, other.article) == (SAME, shared[0])
    assert (len(lead.score_components), other.score_components) == (6, ())
    assert lead.score == result.stories[at].score


def test_an_outlets_second_report_does_not_stand_beside_its_first():
    (story,) = digest([FIRST, replace(AGAIN, source=FIRST.source)]).stories

    assert story.others == ()


@pytest.mark.parametrize(
    ("outsider", "said"),
    [
        pytest.param(article(9, "Rain in Norway"), "Nothing in it names", id="not about the topic"),
        pytest.param(
            article(9, "Rain in Oslo", summary="From Iran."),
            "a passing mention",
            id="a passing mention",
        ),
        pytest.param(
            article(9, "L’Iran répare un viaduc", language="fr"), "language (fr)", id="language"
        ),
        pytest.param(article(9, "إيران تصلح الجسر", language=""), "Arabic letters", id="letters"),
    ],
)
def test_what_stays_out_says_why(outsider, said):
    result = digest([FIRST, outsider])

    assert [story.lead for story in result.stories] == [FIRST]
    assert said in reason(result, 9)


def test_a_right_to_left_newsletter_takes_its_own_language_and_names_its_sections_in_it():
    result = digest([article(1, "افتتاح جسر في العراق", language="ar"), SAME], language="ar")

    assert [(story.lead.id, story.section) for story in result.stories] == [(1, "العراق")]


@pytest.mark.parametrize("seed", range(5))
def test_the_order_articles_come_in_changes_nothing(seed):
    articles = [*day(), replace(SAME, id=99), replace(FIRST, id=98)]
    expected = digest(articles)

    random.Random(seed).shuffle(articles)

    assert digest(articles) == expected


def test_every_article_gets_one_decision_and_each_that_is_in_points_to_its_story():
    result = digest([*day(), article(90, "Rain in Norway")])

    assert Counter(one.article.id for one in result.decisions) == Counter([*range(1, 49), 90])
    assert all(one.reason.endswith(".") for one in result.decisions)
    for one in result.decisions:
        assert one.is_in == (one.story is not None)
        if one.story is not None:
            story = result.stories[one.story]
            assert one.article in {story.lead, *story.others}
    places = [one.story for one in result.decisions if one.story is not None]
    assert places == sorted(places)


def test_an_edition_opens_with_a_lead_then_its_countries_then_headlines():
    three = [one for one in day() if one.title.startswith(("Iran", "Iraq", "Oman"))]

    stories = digest(three, max_stories=12).stories

    placements = [story.placement for story in stories]
    told_in = [story.section for story in stories[1 : MAX_SUMMARIES + 1]]
    briefs = [story.score for story in stories[MAX_SUMMARIES + 1 :]]
    assert placements == [
        Placement.LEAD,
        *[Placement.SECTION] * MAX_SUMMARIES,
        *[Placement.BRIEF] * (12 - 1 - MAX_SUMMARIES),
    ]
    assert len([section for section, _ in groupby(told_in)]) == len(set(told_in))
    assert briefs == sorted(briefs, reverse=True)
    assert stories[0].score == max(story.score for story in stories)


@pytest.mark.parametrize("most", [0, 1, 2, 5, 15, 100])
def test_there_are_never_more_stories_than_asked_for(most):
    result = digest(day(), max_stories=most)

    assert len(result.stories) == min(most, 48)
    reasons = [one.reason for one in result.decisions if not one.is_in]
    assert all(f"below the {most} stories" in said for said in reasons)


def test_no_country_fills_an_edition():
    iran = [unlike(at, "Iran", position=0) for at in range(60, 66)]
    others = [replace(one, position=40) for one in day() if "Iran" not in one.title]

    result = digest([*iran, *others], max_stories=10)

    sections = Counter(story.section for story in result.stories)
    assert sections["Iran"] == round(COUNTRY_SHARE * 10)
    assert len(result.stories) == 10
    assert sum("3 stories from that country" in one.reason for one in result.decisions) == 3


def test_no_source_fills_an_edition():
    result = digest([replace(one, source="Loud Herald") for one in day()], max_stories=10)

    assert len(result.stories) == round(SOURCE_SHARE * 10)
    assert any("3 stories from Loud Herald already" in one.reason for one in result.decisions)


def test_even_the_smallest_edition_may_tell_two_stories_of_a_country():
    assert len(digest([FIRST, unlike(7, "Oman")], max_stories=2).stories) == 2


@pytest.mark.parametrize("kind", ["opinion", "live", "analysis", "sponsored"])
def test_news_leads_even_where_something_else_ranks_higher(kind):
    loud = unlike(5, "Iran", url=f"https://post.example/{kind}/5", weight=9.0, position=0)

    result = digest([FIRST, loud])

    assert [story.lead.id for story in result.stories] == [1, 5]
    assert result.stories[1].score > result.stories[0].score


def test_without_news_something_else_leads():
    (only,) = digest([replace(FIRST, url="https://post.example/opinion/1")]).stories

    assert (only.placement, only.label) == (Placement.LEAD, Label.OPINION)


@pytest.mark.parametrize("kind", ["opinion", "sponsored"])
def test_what_is_no_report_stands_alone(kind):
    other = replace(SAME, url=f"https://post.example/{kind}/2")

    assert len(digest([FIRST, other]).stories) == 2


def test_a_live_page_is_told_under_the_news_of_its_matter():
    live = replace(SAME, url="https://post.example/live/2", weight=9.0)

    (story,) = digest([FIRST, live]).stories

    assert story.lead == FIRST
    assert story.others == (live,)


def test_news_stands_for_its_story_before_an_analysis_of_a_weightier_source():
    (story,) = digest([FIRST, replace(SAME, section="Analysis", weight=3.0)]).stories

    assert story.lead == FIRST


def test_a_day_without_articles_is_an_empty_digest():
    assert digest([]) == Digest(opens_at=OPENS, closes_at=CLOSES, stories=(), decisions=())
