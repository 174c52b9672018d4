"""Articles that tell the same event become one story."""

import heapq
import math
from collections.abc import Iterator, Sequence

from newsletter.domain.articles.article import Article
from newsletter.domain.stories.similarity import Pairs, pairwise_similarities

# Likeness is from 0 to 1; decision 0012 tells how these were found. Two reports that nobody else
# stands by must be this much alike to tell one event; a group speaks for itself, and needs less.
ALIKE, ALIKE_IN_GROUPS = 0.2, 0.13
# And they must be so much more alike than they are to what else is told; the more reports there are
# together, the more, since what joins two by chance joins two groups of six by their matter.
NEARER, NEARER_FOR_EACH_DOUBLING = 0.06, 0.065
NEIGHBOURS = 4  # The likest third groups, which show how alike the tellings of other events are.
# What is this much alike as groups tells one event even where others stand near: an event that
# twenty report in five wordings.
CERTAIN_THRESHOLD = 0.32


def cluster_articles(articles: Sequence[Article]) -> tuple[tuple[Article, ...], ...]:
    """The articles in groups that tell one event each, whatever their order was.

    Groups join by the average likeness of all in them: a chain of likeness never swallows a
    distinct story. Groups and their members are ordered by time, then address.
    """
    ordered = sorted(articles, key=lambda one: (one.published_at, one.url))
    groups = _Clusters(len(ordered), pairwise_similarities(ordered))
    while groups.join():
        pass  # What was joined may have stood between others.
    return tuple(tuple(ordered[at] for at in each) for each in groups.members())


class _Clusters:
    """Groups of places, each first a place alone, and the sums of likeness between them."""

    def __init__(self, size: int, likeness: Pairs) -> None:
        self._members = {at: [at] for at in range(size)}
        self._sums: dict[int, dict[int, float]] = {at: {} for at in range(size)}
        for (one, other), like in likeness.items():
            self._sums[one][other] = self._sums[other][one] = like

    def members(self) -> list[list[int]]:
        return sorted(sorted(each) for each in self._members.values())

    def join(self) -> bool:
        """Join groups that tell one event, the likest first; whether there were any."""
        waiting = [pair for one in self._sums for pair in self._pairs(one) if pair[1] < pair[2]]
        heapq.heapify(waiting)
        joined = False
        while waiting:
            minus_like, one, other, sizes = heapq.heappop(waiting)
            if self._sizes(one, other) != sizes or not self._tell_one(one, other, -minus_like):
                continue
            self._merge(one, other)
            joined = True
            for pair in self._pairs(one):
                heapq.heappush(waiting, pair)
        return joined

    def _tell_one(self, one: int, other: int, like: float) -> bool:
        """Whether two groups are enough more alike than they are to any third."""
        others = (self._to_others(one, other) + self._to_others(other, one)) / 2
        doublings = math.log2(sum(self._sizes(one, other)) / 2)
        return like >= min(
            CERTAIN_THRESHOLD, others + NEARER + NEARER_FOR_EACH_DOUBLING * doublings
        )

    def _to_others(self, one: int, but: int) -> float:
        """How alike a group is to its likest others; those that are missing are not alike."""
        likes = (self._average(one, third) for third in self._sums[one] if third != but)
        return sum(heapq.nlargest(NEIGHBOURS, likes)) / NEIGHBOURS

    def _pairs(self, one: int) -> Iterator[tuple[float, int, int, tuple[int, int]]]:
        for other in self._sums[one]:
            left, right = min(one, other), max(one, other)
            like, sizes = self._average(left, right), self._sizes(left, right)
            if like >= (ALIKE if sizes == (1, 1) else ALIKE_IN_GROUPS):
                yield -like, left, right, sizes

    def _sizes(self, one: int, other: int) -> tuple[int, int]:
        """How many are in each, 0 for a group that was joined to another."""
        return len(self._members.get(one, ())), len(self._members.get(other, ()))

    def _average(self, one: int, other: int) -> float:
        return self._sums[one][other] / (len(self._members[one]) * len(self._members[other]))

    def _merge(self, one: int, other: int) -> None:
        self._members[one] += self._members.pop(other)
        for third, like in self._sums.pop(other).items():
            del self._sums[third][other]
            if third != one:
                total = self._sums[one].get(third, 0.0) + like
                self._sums[one][third] = self._sums[third][one] = total
