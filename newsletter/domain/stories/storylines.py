"""Stories about one matter, which an edition tells once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from newsletter.domain.articles.article import Article
from newsletter.domain.stories.similarity import cosine, normalize, weighted_vectors
from newsletter.domain.text.tokens import tokenize

# Two stories this much alike, each taken as a whole, are one matter: a threat and the answer to it,
# a strike and its toll as the hours go by. Set by reading, in favour of telling a thing twice.
STORYLINE_THRESHOLD = 0.21
# So are two with one headline in other words: two thirds of the shorter one's, and no two or three.
ONE_HEADLINE, LEAST_SHARED = 0.65, 4
MAX_STORYLINES = (
    100  # Stories that others may be told with: several times what an edition has room for.
)
MAX_COMPARED = 500  # Stories that are looked at; what ranks lower comes into no edition.


def assign_storylines(stories: Sequence[Sequence[Article]]) -> list[int]:
    """For each story the place of the one that it is told with: its own, or an earlier one's.

    The stories are in the order of their rank. Each is compared with those that stand for
    themselves only, so that no chain of likeness forms.
    """
    said, headlines = (
        _wholes(stories[:MAX_COMPARED]),
        [_headlines(story) for story in stories[:MAX_COMPARED]],
    )
    place: list[int] = []
    for at, words in enumerate(said):
        near = [
            (cosine(words, said[earlier]), -earlier)
            for earlier in range(min(at, MAX_STORYLINES))
            if place[earlier] == earlier
        ]
        like, minus = max(near, default=(0.0, 0))
        again = (-minus for _, minus in near if _is_one_headline(headlines[at], headlines[-minus]))
        place.append(-minus if like >= STORYLINE_THRESHOLD else next(again, at))
    return [*place, *range(len(place), len(stories))]


def _headlines(story: Sequence[Article]) -> list[frozenset[str]]:
    return [frozenset(tokenize(article.title)) for article in story]


def _is_one_headline(one: Sequence[frozenset[str]], other: Sequence[frozenset[str]]) -> bool:
    return any(
        len(left & right) >= max(LEAST_SHARED, ONE_HEADLINE * min(len(left), len(right)))
        for left in one
        for right in other
    )


def _wholes(stories: Sequence[Sequence[Article]]) -> list[Mapping[str, float]]:
    """What each story says as a whole: the mean of its articles' words."""
    found = iter(weighted_vectors([article for story in stories for article in story]))
    wholes: list[Mapping[str, float]] = []
    for story in stories:
        sums: dict[str, float] = defaultdict(float)
        for _ in story:
            for word, weight in next(found).items():
                sums[word] += weight
        wholes.append(normalize(sums))
    return wholes
