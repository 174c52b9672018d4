"""Who gets a place in an edition when there is not room for all."""

from dataclasses import replace
from datetime import UTC, datetime

from newsletter.domain.articles.article import Article
from newsletter.domain.articles.labels import Label
from newsletter.domain.digest.digest import Part
from newsletter.domain.digest.ranking import reported_by, score
from newsletter.domain.digest.selection import Candidate, Out, each_matter_once, selected
from newsletter.domain.relevance.classifier import Relevance
from newsletter.domain.topic import Weights

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
    verdict = Relevance(is_about=True, score=5, country=place, reason="It is.")
    lines = (Part("freshness", 100 - id_, ""), reported_by(articles, Weights()))
    return Candidate(
        articles=articles,
        verdicts={one.id: verdict for one in articles},
        kind=kind,
        score=score(lines),
        parts=lines,
    )


def test_a_full_source_gives_its_place_to_another_that_reports_the_same():
    loud = [candidate(at, "Loud Herald") for at in range(2)]
    shared = candidate(2, "Loud Herald", "Valley Wire")

    chosen = selected([*loud, shared], 5, {})

    assert [one.lead.source for one in chosen] == ["Loud Herald", "Loud Herald", "Valley Wire"]
    assert {one.source for one in chosen[2].articles} == {"Loud Herald", "Valley Wire"}


def test_a_full_source_that_nobody_confirms_stays_out_and_is_told_why():
    out: Out = {}
    chosen = selected([candidate(at, "Loud Herald") for at in range(3)], 5, out)

    assert len(chosen) == 2
    assert out[2][1] == "There are 2 stories from Loud Herald already, and each ranks higher."


def test_stories_of_one_matter_take_one_place():
    first, again, other = (candidate(at, f"Outlet {at}") for at in range(3))
    again = replace(again, articles=(replace(again.lead, title=f"{first.lead.title} once more"),))

    matters = each_matter_once([first, again, other], Weights())

    assert [one.lead.id for one in matters] == [0, 2]
    assert matters[0].more == again.articles


def test_a_matter_ranks_by_all_the_sources_that_report_it():
    first, second, again = (candidate(at, f"Outlet {at}") for at in range(3))
    again = replace(again, articles=(replace(again.lead, title=f"{second.lead.title} anew"),))

    matters = each_matter_once([first, second, again], Weights(reported_by=2.0))

    assert [one.lead.id for one in matters] == [1, 0]
    assert matters[0].parts[1] == Part("reported by", 2.0, "2 × log2 of 2 sources")
    assert matters[0].score == 101


def test_what_is_alike_only_once_reports_stand_together_is_told_together():
    titles = ("dates harvest Basra", "dates harvest heat drought", "heat drought Cairo")
    alike = [
        replace(one, articles=(replace(one.lead, title=title),))
        for one, title in zip((candidate(at, f"O {at}") for at in range(3)), titles, strict=True)
    ]

    (matter,) = each_matter_once(alike, Weights())

    assert {one.id for one in matter.more} == {1, 2}


def test_an_opinion_is_never_told_with_the_news_it_is_about():
    news, view = candidate(0, "Harbour Post"), candidate(1, "Valley Wire", kind=Label.OPINION)
    view = replace(view, articles=(replace(view.lead, title=news.lead.title),))

    assert [one.lead.id for one in each_matter_once([news, view], Weights())] == [0, 1]


def test_no_candidates_leave_an_edition_empty():
    assert selected([], 5, {}) == []


def test_a_live_page_is_told_with_its_matter_and_never_for_it():
    live = candidate(0, "Loud Herald", kind=Label.LIVE)
    news = candidate(10, "Valley Wire")

    (matter,) = each_matter_once([live, news], Weights())

    assert matter.lead.source == "Valley Wire"
    assert [one.source for one in matter.more] == ["Loud Herald"]
