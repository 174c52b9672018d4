"""How much articles look like one event, by the words they share and how rare those are."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from newsletter.domain.article import Article
from newsletter.domain.words import words_of

WITHIN = timedelta(hours=36)  # The same words a week apart are another event.
TITLE_COUNTS = 2.0  # A word in the headline says more about the event than one below it.
SUMMARY_CHARS = 600  # A standfirst and the first paragraphs; further down comes the background.
COMMON_SHARE = 0.5  # A word in half of a long day's articles tells no two of them apart.
FEW = 20  # On a short day it does.
# Two articles are compared when a word brings them together that fewer than this many have; on
# days of some hundred articles that is any word. It keeps the work in step with the articles.
RARE = 60
FAINT = 0.05  # Less than this in rare words is chance: the rest is not worth adding up.
SAME = 0.9  # What shares one word only is another event, unless it says little else.

# An article in a crowd, where everybody writes about one matter, is like many that tell another
# event of it. What it shares with its eighth to twentieth neighbour is the matter, not the event.
CROWD = slice(7, 20)
MOST_CROWDED = 0.08  # Above it the neighbours are many reports of one event.

Pairs = dict[tuple[int, int], float]


def likeness(one: Article, other: Article) -> float:
    """How much two articles look like one event by their words alone, from 0 to 1."""
    left, right = vectors([one, other])
    return cosine(left, right)


def likenesses(articles: Sequence[Article]) -> Pairs:
    """The likeness of each pair by its places, above what the matter they are about explains.

    articles are in the order of their time. What is missing is too little, or too long apart.
    """
    raw = _raw(articles, vectors(articles))
    crowds = _crowds(raw)
    found = {
        (one, other): like - (crowds[one] + crowds[other]) / 2 for (one, other), like in raw.items()
    }
    return {pair: like for pair, like in found.items() if like > 0}


def vectors(articles: Sequence[Article]) -> list[dict[str, float]]:
    """The words of each article with their weights, of length 1 together."""
    counted = [_words(article) for article in articles]
    seen_in = Counter(word for words in counted for word in words)
    size = len(articles)
    weights = {
        word: math.log(1 + size / count)
        for word, count in seen_in.items()
        if size < FEW or count <= COMMON_SHARE * size
    }
    return [
        unit({w: c * weights[w] for w, c in words.items() if w in weights}) for words in counted
    ]


def _words(article: Article) -> dict[str, float]:
    below = article.summary or article.text
    words = dict.fromkeys(words_of(below[:SUMMARY_CHARS]), 1.0)
    return words | dict.fromkeys(words_of(article.title[:SUMMARY_CHARS]), TITLE_COUNTS)


def unit(words: Mapping[str, float]) -> dict[str, float]:
    """The words with their weights brought to length 1 together."""
    length = math.sqrt(sum(weight * weight for weight in words.values())) or 1.0
    return {word: weight / length for word, weight in words.items()}


def _raw(articles: Sequence[Article], vectors: Sequence[Mapping[str, float]]) -> Pairs:
    """The cosine of every pair that a rare word brings together and that is near in time."""
    seen_in = Counter(word for words in vectors for word in words)
    bearers: dict[str, list[int]] = defaultdict(list)
    faint: Pairs = defaultdict(float)
    for at, words in enumerate(vectors):
        oldest = articles[at].published_at - WITHIN
        for word, weight in words.items():
            if seen_in[word] > RARE:
                continue
            for earlier in reversed(bearers[word]):
                if articles[earlier].published_at < oldest:
                    break
                faint[earlier, at] += weight * vectors[earlier][word]
            bearers[word].append(at)
    likes = {
        (one, other): cosine(vectors[one], vectors[other])
        for (one, other), like in faint.items()
        if like >= FAINT
    }
    return {
        (one, other): like
        for (one, other), like in likes.items()
        if like >= SAME or len(vectors[one].keys() & vectors[other].keys()) > 1
    }


def _crowds(raw: Pairs) -> Mapping[int, float]:
    near: dict[int, list[float]] = defaultdict(list)
    for (one, other), like in raw.items():
        near[one].append(like)
        near[other].append(like)
    return {
        at: min(_mean(sorted(likes, reverse=True)[CROWD]), MOST_CROWDED)
        for at, likes in near.items()
    }


def _mean(likes: Iterable[float]) -> float:
    """Of as many neighbours as there are places in the crowd; the absent ones count as nothing."""
    return sum(likes) / (CROWD.stop - CROWD.start)


def cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """How much two of length 1 point the same way, from 0 to 1."""
    if len(other) < len(one):
        one, other = other, one
    return sum(weight * other[word] for word, weight in one.items() if word in other)
