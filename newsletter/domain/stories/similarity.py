"""Similarity of articles: cosine of their word vectors, weighted by how rare the words are."""

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
# Two articles are compared when they share a word that fewer articles than this have; on a day of
# some hundred articles that is any word. It keeps the work in proportion to the articles.
MAX_DOCUMENT_FREQUENCY = 60
# Less than this in rare words is chance: the other words are not worth adding up.
MIN_CANDIDATE_SIMILARITY = 0.05
# Two that share a single word report another event, unless they say little else.
SINGLE_WORD_THRESHOLD = 0.9
# Taken off when both name weekdays and none in common: what happened on different days. It is about
# what two words of some weight add.
DIFFERENT_WEEKDAY_PENALTY = 0.07

Pairs = dict[
    tuple[int, int], float
]  # Similarities by the indexes of two articles, the lower first.


def similarity(left: Article, right: Article) -> float:
    """Return the similarity of two articles by their words alone, from 0 to 1."""
    return cosine(*weighted_vectors([left, right]))


def pairwise_similarities(articles: Sequence[Article]) -> Pairs:
    """Return the similarity of each pair of articles, which come in the order of their time.

    A pair that is missing is too far apart in time, or has too few words in common.
    """
    weekdays = [find_weekdays(f"{article.title}\n{_below(article)}") for article in articles]
    return {
        (left, right): value
        - DIFFERENT_WEEKDAY_PENALTY * _are_different_days(weekdays[left], weekdays[right])
        for (left, right), value in _near_pairs(articles, weighted_vectors(articles)).items()
    }


def _are_different_days(left: frozenset[int], right: frozenset[int]) -> bool:
    return bool(left and right) and left.isdisjoint(right)


def weighted_vectors(articles: Sequence[Article]) -> list[dict[str, float]]:
    """Return the words of each article with their weights, as vectors of length 1.

    A word weighs the square root of log((1 + articles) / articles with it): rare words more.
    """
    counts = [_words(article) for article in articles]
    frequencies = Counter(word for words in counts for word in words)
    size = len(articles)
    weights = {
        word: math.sqrt(math.log((1 + size) / frequency)) for word, frequency in frequencies.items()
    }
    return [normalize({w: c * weights[w] for w, c in words.items()}) for words in counts]


def _words(article: Article) -> dict[str, float]:
    words = dict.fromkeys(tokenize(_below(article)), 1.0)
    return words | dict.fromkeys(tokenize(article.title[:SUMMARY_CHARS]), TITLE_WEIGHT)


def _below(article: Article) -> str:
    return (article.summary or article.text)[:SUMMARY_CHARS]


def normalize(vector: Mapping[str, float]) -> dict[str, float]:
    """Return the vector brought to length 1."""
    length = math.sqrt(sum(weight * weight for weight in vector.values())) or 1.0
    return {word: weight / length for word, weight in vector.items()}


def _near_pairs(articles: Sequence[Article], vectors: Sequence[Mapping[str, float]]) -> Pairs:
    """Return the cosine of every pair that shares a rare word and is near in time.

    1. For each article and each of its rare words, go back through the earlier articles with that
       word until they are too old, and add up what the word contributes.
    2. Of the pairs with enough in rare words, compute the cosine with all words.
    3. Drop those that share a single word, unless that is nearly all they say.
    """
    rare_sums = _rare_word_sums(articles, vectors)
    cosines = {
        (left, right): cosine(vectors[left], vectors[right])
        for (left, right), value in rare_sums.items()
        if value >= MIN_CANDIDATE_SIMILARITY
    }
    return {
        (left, right): value
        for (left, right), value in cosines.items()
        if value >= SINGLE_WORD_THRESHOLD or len(vectors[left].keys() & vectors[right].keys()) > 1
    }


def _rare_word_sums(articles: Sequence[Article], vectors: Sequence[Mapping[str, float]]) -> Pairs:
    frequencies = Counter(word for vector in vectors for word in vector)
    with_word: dict[str, list[int]] = defaultdict(list)
    sums: Pairs = defaultdict(float)
    for at, vector in enumerate(vectors):
        oldest = articles[at].published_at - MAX_TIME_GAP
        for word, weight in vector.items():
            if frequencies[word] > MAX_DOCUMENT_FREQUENCY:
                continue
            for earlier in reversed(with_word[word]):
                if articles[earlier].published_at < oldest:
                    break
                sums[earlier, at] += weight * vectors[earlier][word]
            with_word[word].append(at)
    return sums


def cosine(left: Mapping[str, float], right: Mapping[str, float]) -> float:
    """Return the cosine of the angle between two vectors of length 1, from 0 to 1."""
    if len(right) < len(left):
        left, right = right, left
    return sum(weight * right[word] for word, weight in left.items() if word in right)
