"""Who gets a place in an edition when there is not room for all."""

from dataclasses import replace
from datetime import UTC, datetime

from newsletter.domain.articles.article import Article
from newsletter.domain.articles.labels import Label
from newsletter.domain.digest.candidates import Candidate, Report
from newsletter.domain.digest.digest import ScoreComponent
from newsletter.domain.digest.merging import merge_storylines
from newsletter.domain.digest.ranking import coverage_component, total_score
from newsletter.domain.digest.selection import select_stories
from newsletter.domain.relevance.classifier import RelevanceVerdict
from newsletter.domain.topic import RankingWeights

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
COUNTRIES = "IR IQ SY LB JO EG YE OM".split()
TOPICS = "bridge ferry census harvest museum tariff telescope orchard library comet".split()


def article(id_: int, source: str) -> Article:
    return Article(
        id=id_,
        url=f"https://post.example/{id_:04}",
        title=f"{TOPICS[id_ % 10]} {id_}",
        source=source,
        published_at=NOW,
        collected_at=NOW,
    )


def candidate(id_: int, *sources: str, country: str = "", label: Label = Label.NEWS) -> Candidate:
    articles = tuple(article(id_ + at, source) for at, source in enumerate(sources))
    place = country or COUNTRIES[id_ % len(COUNTRIES)]
    verdict = RelevanceVerdict(is_on_topic=True, score=5, country=place, reason="It is.")
    components = (
        ScoreComponent("freshness", 100 - id_, ""),
        coverage_component(articles, RankingWeights()),
    )
    reports = tuple(
        Report(article=each, verdict=verdict, label=label, is_round_up=False, summary="")
        for each in articles
    )
    return Candidate(
        reports=reports,
        label=label,
        score=total_score(components),
        score_components=components,
    )


def retitled(story: Candidate, title: str) -> Candidate:
    lead = replace(story.lead, article=replace(story.lead.article, title=title))
    return replace(story, reports=(lead, *story.reports[1:]))


def lead_ids(stories: list[Candidate]) -> list[int]:
    return [story.lead.article.id for story in stories]


def test_a_full_source_gives_its_place_to_another_that_reports_the_same():
    loud = [candidate(at, "Loud Herald") for at in range(2)]
    shared = candidate(2, "Loud Herald", "Valley Wire")

    selected, rejections = select_stories([*loud, shared], 5)

    sources = [story.lead.article.source for story in selected]
    assert sources == ["Loud Herald", "Loud Herald", "Valley Wire"]
    assert {one.source for one in selected[2].articles} == {"Loud Herald", "Valley Wire"}
    assert rejections == {}


def test_a_full_source_that_nobody_confirms_stays_out_and_is_told_why():
    selected, rejections = select_stories([candidate(at, "Loud Herald") for at in range(3)], 5)

    assert len(selected) == 2
    assert rejections.keys() == {2}
    assert (
        rejections[2].reason
        == "There are 2 stories from Loud Herald already, and each ranks higher."
    )


def test_events_of_one_storyline_take_one_place():
    first, again, other = (candidate(at, f"Outlet {at}") for at in range(3))
    again = retitled(again, f"{first.lead.article.title} once more")

    storylines = merge_storylines([first, again, other], RankingWeights())

    assert lead_ids(storylines) == [0, 2]
    assert storylines[0].related == again.reports


def test_a_storyline_ranks_by_all_the_sources_that_report_it():
    first, second, again = (candidate(at, f"Outlet {at}") for at in range(3))
    again = retitled(again, f"{second.lead.article.title} anew")

    storylines = merge_storylines([first, second, again], RankingWeights(reported_by=2.0))

    assert lead_ids(storylines) == [1, 0]
    assert storylines[0].score_components[1] == ScoreComponent(
        "reported by", 2.0, "2 × log2 of 2 sources"
    )
    assert storylines[0].score == 101


def test_what_is_alike_only_once_reports_stand_together_is_told_together():
    titles = ("dates harvest Basra", "dates harvest heat drought", "heat drought Cairo")
    alike = [
        retitled(one, title)
        for one, title in zip((candidate(at, f"O {at}") for at in range(3)), titles, strict=True)
    ]

    (storyline,) = merge_storylines(alike, RankingWeights())

    assert {report.article.id for report in storyline.related} == {1, 2}


def test_an_opinion_is_never_told_with_the_news_it_is_about():
    news, view = candidate(0, "Harbour Post"), candidate(1, "Valley Wire", label=Label.OPINION)
    view = retitled(view, news.lead.article.title)

    assert lead_ids(merge_storylines([news, view], RankingWeights())) == [0, 1]


def test_no_candidates_leave_an_edition_empty():
    assert select_stories([], 5) == ([], {})


def test_a_live_page_is_part_of_its_storyline_and_never_for_it():
    live = candidate(0, "Loud Herald", label=Label.LIVE)
    news = candidate(10, "Valley Wire")

    (storyline,) = merge_storylines([live, news], RankingWeights())

    assert storyline.lead.article.source == "Valley Wire"
    assert [report.article.source for report in storyline.related] == ["Loud Herald"]
