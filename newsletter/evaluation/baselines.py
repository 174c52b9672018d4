"""What simpler means would decide, to be measured beside ours; nothing else uses them."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

from newsletter.domain.articles.article import Article
from newsletter.domain.relevance.name_matcher import NameMatcher
from newsletter.domain.stories.similarity import MAX_TIME_GAP, normalize
from newsletter.domain.text.tokens import tokenize
from newsletter.domain.topic import TermKind, Topic

ALIKE = (
    0.3  # Cosine; the best of 0.25 to 0.5 for this means on three outlets' reports of one event.
)


class KeywordBaseline:
    """Calls a text relevant when any name of the topic stands in it, wherever and whatever else."""

    def __init__(self, topic: Topic) -> None:
        self._matcher = NameMatcher(term for term in topic.terms if term.kind is TermKind.STRONG)

    def is_on_topic(self, title: str, text: str) -> bool:
        return bool(self._matcher.find(f"{title}\n{text}"))


def tfidf_pairs(articles: Sequence[Article]) -> list[int]:
    """The group of each article, when every pair alike by TF-IDF within 36 hours is linked."""
    counted = [Counter(tokenize(f"{one.title} {one.summary}")) for one in articles]
    seen_in = Counter(word for words in counted for word in words)
    size = len(articles)
    vectors = [
        normalize({word: n * math.log(1 + size / seen_in[word]) for word, n in words.items()})
        for words in counted
    ]
    group_of = list(range(len(articles)))
    for (one, other), likeness in _cosines(vectors).items():
        apart = abs(articles[one].published_at - articles[other].published_at)
        if likeness >= ALIKE and apart <= MAX_TIME_GAP:
            _link(group_of, one, other)
    return [_root(group_of, at) for at in range(len(articles))]


def _cosines(vectors: Sequence[dict[str, float]]) -> dict[tuple[int, int], float]:
    bearers: dict[str, list[int]] = defaultdict(list)
    found: dict[tuple[int, int], float] = defaultdict(float)
    for at, words in enumerate(vectors):
        for word, weight in words.items():
            for earlier in bearers[word]:
                found[earlier, at] += weight * vectors[earlier][word]
            bearers[word].append(at)
    return found


def _link(group_of: list[int], one: int, other: int) -> None:
    left, right = sorted((_root(group_of, one), _root(group_of, other)))
    group_of[right] = left


def _root(group_of: list[int], at: int) -> int:
    while group_of[at] != at:
        at = group_of[at]
    return at
