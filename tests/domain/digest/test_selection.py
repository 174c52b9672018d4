"""Who gets a place in an edition when there is not room for all."""

from dataclasses import replace
from datetime import UTC, datetime

from newsletter.domain.articles.article import Article
from newsletter.domain.articles.labels import Label
from newsletter.domain.digest.digest import ScoreComponent
from newsletter.domain.digest.ranking import coverage_component, total_score
from newsletter.domain.digest.selection import (
    Candidate,
    Rejections,
    merge_storylines,
    select_stories,
)
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


def candidate(id_: int, *sources: str, country: str = "", kind: Label = Label.NEWS) -> Candidate:
    articles = tuple(article(id_ + at, source) for at, source in enumerate(sources))
    place = country or COUNTRIES[id_ % len(COUNTRIES)]
    verdict = RelevanceVerdict(is_on_topic=True, score=5, country=place, reason="It is.")
    lines = (
        ScoreComponent("freshness", 100 - id_, ""),
        coverage_component(articles, RankingWeights()),
    )
    return Candidate(
        articles=articles,
        verdicts={one.id: verdict for one in articles},
        kind=kind,
        score=total_score(lines),
        score_components=lines,
    )


def test_a_full_source_gives_its_place_to_another_that_reports_the_same():
    loud = [candidate(at, "Loud Herald") for at in range(2)]
    shared = candidate(2, "Loud Herald", "Valley Wire")

    chosen = select_stories([*loud, shared], 5, {})

    assert [one.lead.source for one in chosen] == ["Loud Herald", "Loud Herald", "Valley Wire"]
    assert {one.source for one in chosen[2].articles} == {"Loud Herald", "Valley Wire"}


def test_a_full_source_that_nobody_confirms_stays_out_and_is_told_why():
    out: Rejections = {}
    chosen = select_stories([candidate(at, "Loud Herald") for at in range(3)], 5, out)

    assert len(chosen) == 2
    assert out[2][1] == "There are 2 stories from Loud Herald already, and each ranks higher."


def test_stories_of_one_matter_take_one_place():
    first, again, other = (candidate(at, f"Outlet {at}") for at in range(3))
    again = replace(again, articles=(replace(again.lead, title=f"{first.lead.title} once more"),))

    matters = merge_storylines([first, again, other], RankingWeights())

    assert [one.lead.id for one in matters] == [0, 2]
    assert matters[0].related == again.articles


def test_a_matter_ranks_by_all_the_sources_that_report_it():
    first, second, again = (candidate(at, f"Outlet {at}") for at in range(3))
    again = replace(again, articles=(replace(again.lead, title=f"{second.lead.title} anew"),))

    matters = merge_storylines([first, second, again], RankingWeights(reported_by=2.0))

    assert [one.lead.id for one in matters] == [1, 0]
    assert matters[0].score_components[1] == ScoreComponent(
        "reported by", 2.0, "2 × log2 of 2 sources"
    )
    assert matters[0].score == 101


def test_what_is_alike_only_once_reports_stand_together_is_told_together():
    titles = ("dates harvest Basra", "dates harvest heat drought", "heat drought Cairo")
    alike = [
        replace(one, articles=(replace(one.lead, title=title),))
        for one, title in zip((candidate(at, f"O {at}") for at in range(3)), titles, strict=True)
    ]

    (matter,) = merge_storylines(alike, RankingWeights())

    assert {one.id for one in matter.related} == {1, 2}


def test_an_opinion_is_never_told_with_the_news_it_is_about():
    news, view = candidate(0, "Harbour Post"), candidate(1, "Valley Wire", kind=Label.OPINION)
    view = replace(view, articles=(replace(view.lead, title=news.lead.title),))

    assert [one.lead.id for one in merge_storylines([news, view], RankingWeights())] == [0, 1]


def test_no_candidates_leave_an_edition_empty():
    assert select_stories([], 5, {}) == []


def test_a_live_page_is_told_with_its_matter_and_never_for_it():
    live = candidate(0, "Loud Herald", kind=Label.LIVE)
    news = candidate(10, "Valley Wire")

    (matter,) = merge_storylines([live, news], RankingWeights())

    assert matter.lead.source == "Valley Wire"
    assert [one.source for one in matter.related] == ["Loud Herald"]
