"""Which stories an edition tells together, and which it keeps apart."""

from datetime import UTC, datetime

import pytest

from newsletter.domain.articles.article import Article
from newsletter.domain.stories.storylines import assign_storylines

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def story(*titles: str) -> list[Article]:
    return [
        Article(
            id=at,
            url=f"https://post.example/{title}",
            title=title,
            source="Harbour Post",
            published_at=NOW,
            collected_at=NOW,
        )
        for at, title in enumerate(titles)
    ]


THREAT = story(
    "Envoy threatens port blockade over grain tariff", "Envoy threatens blockade of port"
)
ANSWER = story("Port rejects envoy's blockade threat over grain tariff")
BRIDGE = story("Bridge over the Shatt reopens in Basra after eleven years")
VOTE = story("Lebanon parliament votes on the electricity law")


def test_a_threat_and_its_answer_are_told_together():
    assert assign_storylines([THREAT, BRIDGE, ANSWER, VOTE]) == [0, 1, 0, 3]


def test_the_one_that_ranks_higher_tells_it():
    assert assign_storylines([ANSWER, BRIDGE, THREAT]) == [0, 1, 0]


@pytest.mark.parametrize("stories", [[], [BRIDGE], [BRIDGE, VOTE]])
def test_what_has_little_in_common_stands_for_itself(stories):
    assert assign_storylines(stories) == list(range(len(stories)))


def test_a_chain_ends_with_the_first_link():
    words = [f"{letter}word" for letter in "abcdefghijklmnop"]
    chain = [story(" ".join(words[at : at + 6])) for at in range(0, 10, 3)]

    places = assign_storylines(chain)

    assert all(places[place] == place for place in places)
    assert places[-1] != 0


def test_one_headline_in_other_words_is_one_matter():
    one = story("Premier delays overhaul of courts after mass protests in capital")
    other = story("Premier delays courts overhaul, says a partner")

    assert assign_storylines([one, BRIDGE, other]) == [0, 1, 0]


def test_three_words_in_common_make_no_matter():
    one = story("Premier delays courts")
    padded = f"Premier delays courts {' '.join(f'filler{n}' for n in range(40))}"

    assert assign_storylines([one, BRIDGE, story(padded)]) == [0, 1, 2]
