"""Articles that tell the same event become one story."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta

from newsletter.domain.article import Article
from newsletter.domain.matching import folded

ALIKE = 0.22  # Cosine of two articles' words above which they tell one event: decision 0006.
TITLE_COUNTS = 2.0  # A word in the headline says more about the event than one below it.
WITHIN = timedelta(hours=36)  # The same words a week apart are another event.
SUMMARY_CHARS = 400
COMMON_SHARE = 0.25  # A word in a quarter of a long day's articles tells no two of them apart.
FEW = 20  # On a short day it does.

_WORD = re.compile(r"\w[\w'’]*")
_STOP = frozenset(
    """a about after again all also amid an and are as at be been before being but by can could did
    do does during for from had has have he her his how if in into is it its just may more most new
    no not now of off on one or out over own said say says she so some than that the their them then
    there these they this those to two under up was we were what when where which while who why will
    with would you your here first last year years day days week people""".split()
)


def group(articles: Sequence[Article]) -> tuple[tuple[Article, ...], ...]:
    """The articles in groups that tell one event each, whatever their order was.

    An article joins a group only when it is alike to the average of all in it: a chain of likeness
    never swallows a distinct story. Groups and their members are ordered by time, then address.
    """
    ordered = sorted(articles, key=lambda one: (one.published_at, one.url))
    vectors = _vectors(ordered)
    group_of = list(range(len(ordered)))
    members = {at: [at] for at in group_of}
    likeness = _pairs(ordered, vectors)
    for one, other in sorted(likeness, key=lambda pair: (-likeness[pair], pair)):
        left, right = group_of[one], group_of[other]
        if left != right and _average(members[left], members[right], likeness) >= ALIKE:
            for moved in members.pop(right):
                group_of[moved] = left
                members[left].append(moved)
    groups = sorted(sorted(each) for each in members.values())
    return tuple(tuple(ordered[at] for at in each) for each in groups)


def likeness(one: Article, other: Article) -> float:
    """How much two articles look like one event by their words alone, from 0 to 1."""
    return _cosine(*_vectors([one, other]))


def _vectors(articles: Sequence[Article]) -> list[dict[str, float]]:
    counted = [_words(article) for article in articles]
    seen_in = Counter(word for words in counted for word in words)
    size = len(articles)
    weights = {
        word: math.log(1 + size / count)
        for word, count in seen_in.items()
        if size < FEW or count <= COMMON_SHARE * size
    }
    return [
        _unit({w: c * weights[w] for w, c in words.items() if w in weights}) for words in counted
    ]


def _words(article: Article) -> Mapping[str, float]:
    words: dict[str, float] = defaultdict(float)
    for text, weight in ((article.title, TITLE_COUNTS), (article.summary[:SUMMARY_CHARS], 1.0)):
        for word in {_stem(found) for found in _WORD.findall(folded(text))}:
            if len(word) > 1 and word not in _STOP:
                words[word] = max(words[word], weight)
    return words


def _stem(word: str) -> str:
    """The word without the endings that headlines vary: 's, plural, -ed, -ing."""
    word = word.split("'", maxsplit=1)[0]
    for ending, shortest in (("ing", 6), ("ed", 5), ("es", 5), ("s", 4)):
        if word.endswith(ending) and len(word) >= shortest and not word.endswith("ss"):
            return word[: -len(ending)]
    return word


def _unit(words: dict[str, float]) -> dict[str, float]:
    length = math.sqrt(sum(weight * weight for weight in words.values())) or 1.0
    return {word: weight / length for word, weight in words.items()}


def _pairs(
    articles: Sequence[Article], vectors: Sequence[Mapping[str, float]]
) -> dict[tuple[int, int], float]:
    """The likeness of every pair that shares a word and is near in time."""
    bearers: dict[str, list[int]] = defaultdict(list)
    found: dict[tuple[int, int], float] = defaultdict(float)
    for at, words in enumerate(vectors):
        for word, weight in words.items():
            for earlier in bearers[word]:
                if articles[at].published_at - articles[earlier].published_at <= WITHIN:
                    found[earlier, at] += weight * vectors[earlier][word]
            bearers[word].append(at)
    return found


def _average(
    left: Sequence[int], right: Sequence[int], likeness: Mapping[tuple[int, int], float]
) -> float:
    total = sum(likeness.get((min(a, b), max(a, b)), 0.0) for a in left for b in right)
    return total / (len(left) * len(right))


def _cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    return sum(weight * other.get(word, 0.0) for word, weight in one.items())
