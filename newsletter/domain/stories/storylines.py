"""Storylines: events that belong together, which an edition has once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from newsletter.domain.articles.article import Article
from newsletter.domain.stories.similarity import cosine, normalize, weighted_vectors
from newsletter.domain.text.tokens import tokenize

# Two stories with this similarity, each taken as a whole, are one storyline: a threat and the
# answer to it, a strike and its toll as the hours go by. Set by reading; rather two
# are joined.
STORYLINE_THRESHOLD = 0.21
# So are two whose headlines share this much of the shorter one's words, and at least so many words.
HEADLINE_OVERLAP, MIN_SHARED_WORDS = 0.65, 4
MAX_STORYLINES = 100  # That others may join: several times what an edition has room for.
MAX_COMPARED = 500  # Stories that are looked at; what ranks lower comes into no edition.


def assign_storylines(stories: Sequence[Sequence[Article]]) -> list[int]:
    """Return for each story the index of the one that leads its storyline: itself, or an earlier.

    stories come in the order of their rank, as their articles. For each of the first MAX_COMPARED:

    1. Compare it with the first MAX_STORYLINES that lead a storyline; not with those that joined
       one, so that no chain of similar stories forms.
    2. It joins the most similar one, if that is similar enough; else the first with its headline in
       other words; else it leads a storyline of its own.
    """
    compared = stories[:MAX_COMPARED]
    vectors = _story_vectors(compared)
    headlines = [[frozenset(tokenize(article.title)) for article in story] for story in compared]
    leaders: list[int] = []
    for at, vector in enumerate(vectors):
        similarities = {
            earlier: cosine(vector, vectors[earlier])
            for earlier in range(min(at, MAX_STORYLINES))
            if leaders[earlier] == earlier
        }
        nearest = max(similarities, key=lambda earlier: similarities[earlier], default=at)
        same_headline = (
            earlier
            for earlier in similarities
            if _is_same_headline(headlines[at], headlines[earlier])
        )
        is_near = similarities.get(nearest, 0.0) >= STORYLINE_THRESHOLD
        leaders.append(nearest if is_near else next(same_headline, at))
    return [*leaders, *range(len(leaders), len(stories))]


def _is_same_headline(left: Sequence[frozenset[str]], right: Sequence[frozenset[str]]) -> bool:
    """Return whether a headline of the one story is one of the other's in other words."""
    return any(
        len(ours & theirs) >= max(MIN_SHARED_WORDS, HEADLINE_OVERLAP * min(len(ours), len(theirs)))
        for ours in left
        for theirs in right
    )


def _story_vectors(stories: Sequence[Sequence[Article]]) -> list[Mapping[str, float]]:
    """Return the vector of each story as a whole: the mean of its articles'."""
    vectors = iter(weighted_vectors([article for story in stories for article in story]))
    means: list[Mapping[str, float]] = []
    for story in stories:
        sums: dict[str, float] = defaultdict(float)
        for _ in story:
            for word, weight in next(vectors).items():
                sums[word] += weight
        means.append(normalize(sums))
    return means
