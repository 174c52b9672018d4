"""Which articles tell one event, whatever their order, and which only share some words."""

import itertools
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from newsletter.domain.articles.article import Article
from newsletter.domain.stories.clustering import cluster_articles
from newsletter.domain.stories.similarity import (
    DIFFERENT_WEEKDAY_PENALTY,
    MAX_TIME_GAP,
    pairwise_similarities,
    similarity,
)
from tests.cases import for_each
from tests.patience import growth

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def article(id_: int, title: str, summary: str = "", *, hours: float = 0) -> Article:
    return Article(
        id=id_,
        url=f"https://post.example/{id_:04}",
        title=title,
        summary=summary,
        source=f"Outlet {id_}",
        published_at=NOW + timedelta(hours=hours),
        collected_at=NOW,
    )


BRIDGE = [
    article(1, "Bridge over the Shatt reopens in Basra after eleven years"),
    article(2, "Basra bridge over the Shatt reopened to lorries", hours=1),
    article(3, "Eleven years on, Basra's bridge over the Shatt reopens", hours=2),
]
STRIKE = [
    article(4, "Teachers strike closes schools across Jordan", hours=1),
    article(5, "Schools in Jordan closed as teachers strike", hours=3),
]
VOTE = [article(6, "Lebanon parliament votes on the electricity law", hours=2)]
EVENTS = (*BRIDGE, *STRIKE, *VOTE)


def ids(articles) -> list[list[int]]:
    return [[one.id for one in each] for each in cluster_articles(articles)]


def test_reports_of_one_event_become_one_group_each_ordered_by_time():
    assert ids(EVENTS) == [[1, 2, 3], [4, 5], [6]]


@for_each("seed", range(8))
def test_the_order_they_come_in_changes_nothing(seed):
    shuffled = list(EVENTS)
    random.Random(seed).shuffle(shuffled)

    assert cluster_articles(shuffled) == cluster_articles(EVENTS)


def test_of_the_same_minute_the_address_decides_the_order():
    same = [replace(one, published_at=NOW) for one in reversed(BRIDGE)]

    assert ids(same) == [[1, 2, 3]]


@for_each(
    ("titles", "groups"),
    [
        pytest.param(
            ("افتتاح جسر البصرة بعد سنوات", "بعد سنوات افتتاح جسر البصرة من جديد"),
            [[1, 2]],
            id="Arabic",
        ),
        pytest.param(("גשר חדש נפתח בחיפה היום", "היום נפתח בחיפה גשר חדש"), [[1, 2]], id="Hebrew"),
        pytest.param(("Köprü yeniden açıldı", "KÖPRÜ YENİDEN AÇILDI"), [[1, 2]], id="Turkish"),
        pytest.param(("Minister’s visit ends", "Visit of ministers ended"), [[1, 2]], id="endings"),
        pytest.param(
            ("After all, it was not them", "It was all after them"), [[1], [2]], id="stop"
        ),
        pytest.param(("", ""), [[1], [2]], id="no words"),
        pytest.param(("!!! ???", "!!! ???"), [[1], [2]], id="signs only"),
        pytest.param(("\x00\ud800 (((", "[[[\\"), [[1], [2]], id="broken characters"),
    ],
)
def test_words_make_two_articles_one_event_and_nothing_else_does(titles, groups):
    assert ids([article(at, title) for at, title in enumerate(titles, 1)]) == groups


def test_the_same_words_long_apart_are_two_events():
    title = "Earthquake shakes the coast of Oman"
    gap = MAX_TIME_GAP / timedelta(hours=1)

    assert ids([article(1, title), article(2, title, hours=gap)]) == [[1, 2]]
    assert ids([article(1, title), article(2, title, hours=gap + 0.1)]) == [[1], [2]]


def test_the_same_summary_makes_one_event_of_two_headlines():
    said = "The crossing over the Shatt is open to lorries again, the governor of Basra announced."

    assert ids([article(1, "Open at last", said), article(2, "A governor keeps word", said)]) == [
        [1, 2]
    ]


def test_only_the_beginning_of_a_summary_counts():
    pad = " ".join(f"filler{n}" for n in range(80))
    end = "crossing Shatt lorries governor Basra"

    far = similarity(article(1, "Open", f"{pad} {end}"), article(2, "Shut", end))

    assert far == 0


def test_a_chain_of_likeness_does_not_swallow_a_distinct_story():
    words = [f"{letter}{number}word" for letter in "abcdef" for number in range(5)]
    chain = [article(at, " ".join(words[at : at + 4])) for at in range(26)]

    groups = ids(chain)

    neighbours = [similarity(one, other) for one, other in itertools.pairwise(chain)]
    assert min(neighbours) > 0.5
    assert similarity(chain[0], chain[-1]) == 0
    assert all(not {0, 25} <= set(each) for each in groups)
    assert len(groups) > 2


def test_words_in_every_headline_join_articles_on_a_short_day_only():
    places = "Amman Aleppo Basra Beirut Cairo Damascus Doha Haifa Jenin Mosul Muscat Sanaa"
    short = [article(at, f"{places}: matter{at}") for at in range(5)]
    long = [article(at, f"{places}: matter{at}") for at in range(24)]

    assert len(cluster_articles(short)) == 1
    assert len(cluster_articles(long)) == 24


def test_every_article_is_in_exactly_one_group():
    rng = random.Random(7)
    words = "basra bridge strike vote lorry governor school law teacher flood".split()
    day = [
        article(at, " ".join(rng.sample(words, 4)), hours=rng.uniform(0, 48)) for at in range(150)
    ]

    grouped = [one for each in cluster_articles(day) for one in each]

    assert sorted(one.id for one in grouped) == list(range(150))


def test_no_articles_make_no_groups():
    assert cluster_articles([]) == ()


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        pytest.param(BRIDGE[0], BRIDGE[0], 0.999, 1.001, id="itself"),
        pytest.param(BRIDGE[0], BRIDGE[1], 0.5, 0.999, id="the same event"),
        pytest.param(BRIDGE[0], VOTE[0], 0, 0, id="another event"),
        pytest.param(article(1, ""), article(2, ""), 0, 0, id="nothing and nothing"),
    ],
)
def test_likeness_goes_from_nought_to_one_and_both_ways(one, other, least, most):
    assert least <= similarity(one, other) <= most
    assert similarity(one, other) == pytest.approx(similarity(other, one))


def test_a_long_day_is_grouped_in_time_that_grows_no_faster_than_its_pairs():
    rng = random.Random(3)
    words = [f"word{n}" for n in range(600)]
    day = [article(at, " ".join(rng.sample(words, 9))) for at in range(800)]

    assert sum(map(len, cluster_articles(day))) == 800
    assert growth(lambda size: cluster_articles(day[:size]), 100, times=8) < 2 * 8**2


MATTER = "premier court overhaul coalition ministers parliament protest"


def test_what_everybody_writes_about_does_not_make_one_event_of_two():
    told = {
        event: f"{MATTER} {event}road {event}harbour"
        for event in ("alder", "birch", "cedar", "dogwood", "elder", "fir")
    }
    day = [article(at, words) for at, words in enumerate(w for w in told.values() for _ in "ab")]

    assert ids(day) == [[at, at + 1] for at in range(0, 12, 2)]


def test_twenty_reports_of_one_event_in_five_wordings_are_one_story():
    said = "ferry sinks off Aqaba harbour with pilgrims aboard"
    wordings = [
        "rescue goes on",
        "dozens feared lost",
        "captain held",
        "storm blamed",
        "what we know",
    ]
    others = [article(at, f"matter{at} elsewhere{at} settled{at}") for at in range(40)]
    reports = [article(100 + at, f"{said}: {wordings[at % 5]}") for at in range(20)]

    assert [at + 100 for at in range(20)] in ids([*others, *reports])


@pytest.mark.parametrize(
    ("first", "then", "less"),
    [
        pytest.param("on Monday", "on Monday", 0, id="one day"),
        pytest.param("on Monday", "on Thursday", DIFFERENT_WEEKDAY_PENALTY, id="two days"),
        pytest.param("on Monday", "at last", 0, id="one that names none"),
        pytest.param("on Monday", "on Thursday, after Monday", 0, id="a day that came before"),
    ],
)
def test_reports_that_name_other_weekdays_are_less_alike(first, then, less):
    one = article(1, f"Governor speaks of the bridge {first}", "Lorries wait at the crossing.")
    other = article(2, f"Bridge is the governor's theme {then}", "It is his first interview.")

    (like,) = pairwise_similarities([one, other]).values()

    assert like == pytest.approx(similarity(one, other) - less)
