"""Baselines: what simpler rules decide, measured beside ours; nothing else uses them."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

from newsletter.domain.articles.article import Article
from newsletter.domain.relevance.name_matcher import NameMatcher
from newsletter.domain.stories.similarity import MAX_TIME_GAP, normalize
from newsletter.domain.text.tokens import tokenize
from newsletter.domain.topic import TermKind, Topic

# Cosine; the best of 0.25 to 0.5 on round-ups of one event by three outlets.
PAIR_THRESHOLD = 0.3


class KeywordBaseline:
    """Calls a text relevant when any name of the topic stands in it, wherever and whatever else."""

    def __init__(self, topic: Topic) -> None:
        self._matcher = NameMatcher(term for term in topic.terms if term.kind is TermKind.STRONG)

    def is_on_topic(self, title: str, text: str) -> bool:
        return bool(self._matcher.find(f"{title}\n{text}"))


def tfidf_pairs(articles: Sequence[Article]) -> list[int]:
    """Return the group of each article: pairs similar by TF-IDF within MAX_TIME_GAP are linked."""
    counts = [Counter(tokenize(f"{article.title} {article.summary}")) for article in articles]
    frequencies = Counter(word for words in counts for word in words)
    size = len(articles)
    vectors = [
        normalize({word: n * math.log(1 + size / frequencies[word]) for word, n in words.items()})
        for words in counts
    ]
    group_of = list(range(len(articles)))
    for (left, right), similarity in _cosines(vectors).items():
        apart = abs(articles[left].published_at - articles[right].published_at)
        if similarity >= PAIR_THRESHOLD and apart <= MAX_TIME_GAP:
            _link(group_of, left, right)
    return [_root(group_of, at) for at in range(len(articles))]


def _cosines(vectors: Sequence[dict[str, float]]) -> dict[tuple[int, int], float]:
    with_word: dict[str, list[int]] = defaultdict(list)
    cosines: dict[tuple[int, int], float] = defaultdict(float)
    for at, words in enumerate(vectors):
        for word, weight in words.items():
            for earlier in with_word[word]:
                cosines[earlier, at] += weight * vectors[earlier][word]
            with_word[word].append(at)
    return cosines


def _link(group_of: list[int], first: int, second: int) -> None:
    left, right = sorted((_root(group_of, first), _root(group_of, second)))
    group_of[right] = left


def _root(group_of: list[int], at: int) -> int:
    while group_of[at] != at:
        at = group_of[at]
    return at
