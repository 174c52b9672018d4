"""How much articles look like one event, by the words they share and how rare those are."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta

from newsletter.domain.articles.article import Article
from newsletter.domain.text.tokens import tokenize
from newsletter.domain.text.weekdays import find_weekdays

MAX_TIME_GAP = timedelta(hours=36)  # The same words a week apart are another event.
TITLE_WEIGHT = 2.0  # A word in the headline says more about the event than one below it.
SUMMARY_CHARS = 600  # A standfirst and the first paragraphs; further down comes the background.
# Two articles are compared when a word brings them together that fewer than this many have; on
# days of some hundred articles that is any word. It keeps the work in step with the articles.
MAX_DOCUMENT_FREQUENCY = 60
MIN_CANDIDATE_SIMILARITY = (
    0.05  # Less than this in rare words is chance: the rest is not worth adding up.
)
SINGLE_WORD_THRESHOLD = (
    0.9  # What shares one word only is another event, unless it says little else.
)
# Two that name weekdays and none in common tell what happened on different days. So much likeness
# that takes off: about what two words of some weight in common add.
DIFFERENT_WEEKDAY_PENALTY = 0.07

Pairs = dict[tuple[int, int], float]


def similarity(one: Article, other: Article) -> float:
    """How much two articles look like one event by their words alone, from 0 to 1."""
    left, right = weighted_vectors([one, other])
    return cosine(left, right)


def pairwise_similarities(articles: Sequence[Article]) -> Pairs:
    """The likeness of each pair by its places.

    articles are in the order of their time. What is missing is too little, or too long apart.
    """
    named = [find_weekdays(f"{article.title}\n{_below(article)}") for article in articles]
    return {
        (one, other): like - DIFFERENT_WEEKDAY_PENALTY * _are_other_days(named[one], named[other])
        for (one, other), like in _near(articles, weighted_vectors(articles)).items()
    }


def _are_other_days(some: frozenset[int], others: frozenset[int]) -> bool:
    return bool(some and others) and some.isdisjoint(others)


def weighted_vectors(articles: Sequence[Article]) -> list[dict[str, float]]:
    """The words of each article with their weights, of length 1 together."""
    counted = [_words(article) for article in articles]
    seen_in = Counter(word for words in counted for word in words)
    size = len(articles)
    weights = {word: math.sqrt(math.log((1 + size) / count)) for word, count in seen_in.items()}
    return [normalize({w: c * weights[w] for w, c in words.items()}) for words in counted]


def _words(article: Article) -> dict[str, float]:
    words = dict.fromkeys(tokenize(_below(article)), 1.0)
    return words | dict.fromkeys(tokenize(article.title[:SUMMARY_CHARS]), TITLE_WEIGHT)


def _below(article: Article) -> str:
    return (article.summary or article.text)[:SUMMARY_CHARS]


def normalize(words: Mapping[str, float]) -> dict[str, float]:
    """The words with their weights brought to length 1 together."""
    length = math.sqrt(sum(weight * weight for weight in words.values())) or 1.0
    return {word: weight / length for word, weight in words.items()}


def _near(articles: Sequence[Article], vectors: Sequence[Mapping[str, float]]) -> Pairs:
    """The cosine of every pair that a rare word brings together and that is near in time."""
    seen_in = Counter(word for words in vectors for word in words)
    bearers: dict[str, list[int]] = defaultdict(list)
    faint: Pairs = defaultdict(float)
    for at, words in enumerate(vectors):
        oldest = articles[at].published_at - MAX_TIME_GAP
        for word, weight in words.items():
            if seen_in[word] > MAX_DOCUMENT_FREQUENCY:
                continue
            for earlier in reversed(bearers[word]):
                if articles[earlier].published_at < oldest:
                    break
                faint[earlier, at] += weight * vectors[earlier][word]
            bearers[word].append(at)
    likes = {
        (one, other): cosine(vectors[one], vectors[other])
        for (one, other), like in faint.items()
        if like >= MIN_CANDIDATE_SIMILARITY
    }
    return {
        (one, other): like
        for (one, other), like in likes.items()
        if like >= SINGLE_WORD_THRESHOLD or len(vectors[one].keys() & vectors[other].keys()) > 1
    }


def cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """How much two of length 1 point the same way, from 0 to 1."""
    if len(other) < len(one):
        one, other = other, one
    return sum(weight * other[word] for word, weight in one.items() if word in other)
