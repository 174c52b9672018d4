"""What makes a story matter more tonight, and by how much at most."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from newsletter.domain.articles.article import Article
from newsletter.domain.articles.labels import Label
from newsletter.domain.digest.ranking import RankingSignals, score_components, total_score
from newsletter.domain.topic import RankingWeights

CLOSES = datetime(2026, 3, 2, 15, tzinfo=UTC)
PLAIN = Article(
    id=1,
    url="https://post.example/a",
    title="A bridge opens",
    source="Harbour Post",
    published_at=CLOSES - timedelta(hours=6),
    collected_at=CLOSES - timedelta(hours=6),
    summary="It is open.",
    position=10,
)


def points(*articles: Article, relevance: float = 3.0, label: Label = Label.NEWS) -> float:
    signals = RankingSignals(relevance=relevance, label=label, closes_at=CLOSES)
    return total_score(score_components(articles, signals, RankingWeights()))


def by(source: str, **fields) -> Article:
    return replace(PLAIN, source=source, **fields)


@pytest.mark.parametrize(
    "better",
    [
        pytest.param(replace(PLAIN, weight=1.5), id="a weightier feed"),
        pytest.param(replace(PLAIN, published_at=CLOSES), id="newer"),
        pytest.param(replace(PLAIN, position=0), id="at the top of its feed"),
        pytest.param(replace(PLAIN, text="word " * 500), id="told at length"),
        pytest.param(replace(PLAIN, summary="word " * 100), id="a longer summary"),
    ],
)
def test_each_merit_of_an_article_raises_its_story(better):
    assert points(better) > points(PLAIN)


def test_each_further_source_raises_a_story_by_less():
    one, two, three, four = (
        points(*(by(f"Outlet {n}") for n in range(count))) for count in (1, 2, 3, 4)
    )

    assert one < two < three < four
    assert three - two < two - one
    assert four - two == pytest.approx(two - one)


def test_one_source_that_tells_it_five_times_is_one_source_with_its_best_place():
    further = replace(PLAIN, position=99, weight=0.1, published_at=CLOSES - timedelta(days=3))

    assert points(PLAIN, *[further] * 4) == points(PLAIN)


def test_a_second_report_never_lowers_a_story():
    weak = by("Old Gazette", weight=0.1, position=99, published_at=CLOSES - timedelta(days=3))

    assert points(PLAIN, weak) > points(PLAIN)


def test_the_order_of_the_reports_changes_nothing():
    reports = [by("A", weight=0.7, position=3), by("B", text="x" * 900), by("C", weight=1.2)]

    assert points(*reports) == points(*reversed(reports))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(
            {"published_at": CLOSES - timedelta(days=1)},
            {"published_at": CLOSES - timedelta(days=9)},
            id="what is a day old is no longer fresh, and never worse than that",
        ),
        pytest.param(
            {"text": "x" * 4_000}, {"text": "x" * 400_000}, id="a long read is long enough"
        ),
    ],
)
def test_no_merit_counts_beyond_its_limit(one, other):
    assert points(replace(PLAIN, **one)) == points(replace(PLAIN, **other))


def test_relevance_counts_up_to_a_limit():
    assert points(PLAIN, relevance=2.5) < points(PLAIN, relevance=8)
    assert points(PLAIN, relevance=8) == points(PLAIN, relevance=80)


def test_news_comes_before_what_somebody_makes_of_it_and_advertisements_last():
    labels = [
        *(Label.NEWS, Label.ANALYSIS, Label.FEATURE),
        *(Label.LIVE, Label.OPINION, Label.SPONSORED),
    ]

    assert sorted(Label, key=lambda label: -points(PLAIN, label=label)) == labels


def test_an_advertisement_with_every_merit_ranks_below_a_plain_report():
    best = replace(PLAIN, published_at=CLOSES, position=0, text="x" * 9_000)

    assert points(best, relevance=8, label=Label.SPONSORED) < points(PLAIN)


def test_what_three_outlets_report_outranks_one_outlets_lead():
    lead = by("Loud Herald", position=0, published_at=CLOSES, text="x" * 4_000)
    shared = [by(name) for name in ("Harbour Post", "Valley Wire", "Minaret Times")]

    assert points(*shared) > points(lead)


def test_a_score_is_short_enough_to_be_shown():
    value = points(by("A"), by("B"), by("C"), relevance=2.4321)

    assert value == round(value, 3)


def test_the_lines_of_the_sum_are_the_score_and_say_how_they_came():
    signals = RankingSignals(
        relevance=4, label=Label.OPINION, closes_at=CLOSES, is_set_elsewhere=True
    )

    lines = score_components([PLAIN, by("Valley Wire")], signals, RankingWeights())

    assert total_score(lines) == pytest.approx(sum(line.points for line in lines))
    assert {line.name: line.explanation for line in lines} == {
        "source": "1 × standing 1",
        "reported by": "1.4 × log2 of 2 sources",
        "freshness": "6.0 hours old, 0.8 × (1 - 6.0/24)",
        "prominence": "place 11 in its feed, 0.8 ÷ (1 + 10/5)",
        "depth": "11 characters, 0.3 × 11/4000",
        "relevance": "0.15 × 4",
        "away": "it plays elsewhere, and only names ours",
        "opinion": "its kind",
    }


def test_weights_of_a_newsletter_s_own_change_the_sum():
    signals = RankingSignals(relevance=4, label=Label.NEWS, closes_at=CLOSES, is_round_up=True)

    calm, harsh = (
        score_components([PLAIN], signals, RankingWeights(round_up=points))
        for points in (0.0, -5.0)
    )

    assert total_score(calm) - total_score(harsh) == 5
