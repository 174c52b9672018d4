"""Event clustering: articles that report the same event become one cluster."""

import heapq
import math
from collections.abc import Iterator, Sequence

from newsletter.domain.articles.article import Article
from newsletter.domain.stories.similarity import Pairs, pairwise_similarities

# Similarities are from 0 to 1; decision 0012 says on what these numbers were tried.
PAIR_THRESHOLD = 0.2  # At least this for two articles that stand alone.
CLUSTER_THRESHOLD = 0.13  # At least this for two clusters: many articles are surer than two.
# How much more similar two must be to each other than to their nearest others. With each doubling
# of the articles more, since what joins two by chance joins two clusters of six by their subject.
MARGIN, MARGIN_PER_DOUBLING = 0.06, 0.065
NEIGHBOURS = 4  # How many nearest other clusters to average for the background similarity.
# From here on two clusters report one event whatever stands near: one that twenty report in five
# wordings.
CERTAIN_THRESHOLD = 0.32


def cluster_articles(articles: Sequence[Article]) -> tuple[tuple[Article, ...], ...]:
    """Return the articles in clusters that report one event each, whatever their order was.

    Agglomerative clustering by average linkage, so that no chain of similar articles swallows a
    distinct story:

    1. Each article is a cluster. Compute the similarities of pairs.
    2. Merge the two most similar clusters, if they are similar enough by themselves and stand out
       from their nearest others; then the next, until there are none.
    3. Go through them again while something was merged: what was merged may have stood between.

    Clusters and their members are ordered by time, then address.
    """
    ordered = sorted(articles, key=lambda article: (article.published_at, article.url))
    clusters = _Clusters(len(ordered), pairwise_similarities(ordered))
    while clusters.merge_all():
        pass
    return tuple(tuple(ordered[at] for at in members) for members in clusters.members())


class _Clusters:
    """Clusters by the index of their first article, and the sums of similarities between them."""

    def __init__(self, size: int, similarities: Pairs) -> None:
        self._members = {at: [at] for at in range(size)}
        self._sums: dict[int, dict[int, float]] = {at: {} for at in range(size)}
        for (left, right), similarity in similarities.items():
            self._sums[left][right] = self._sums[right][left] = similarity

    def members(self) -> list[list[int]]:
        return sorted(sorted(members) for members in self._members.values())

    def merge_all(self) -> bool:
        """Merge the clusters that report one event, the most similar first.

        Return whether there were any. A pair in the heap whose sizes have changed is out of date.
        """
        heap = [pair for left in self._sums for pair in self._pairs(left) if pair[1] < pair[2]]
        heapq.heapify(heap)
        has_merged = False
        while heap:
            minus_similarity, left, right, sizes = heapq.heappop(heap)
            is_current = self._sizes(left, right) == sizes
            if not is_current or not self._stands_out(left, right, -minus_similarity):
                continue
            self._merge(left, right)
            has_merged = True
            for pair in self._pairs(left):
                heapq.heappush(heap, pair)
        return has_merged

    def _stands_out(self, left: int, right: int, similarity: float) -> bool:
        """Return whether two clusters are more similar, by the margin, than to other ones."""
        background = (self._background(left, right) + self._background(right, left)) / 2
        doublings = math.log2(sum(self._sizes(left, right)) / 2)
        return similarity >= min(
            CERTAIN_THRESHOLD, background + MARGIN + MARGIN_PER_DOUBLING * doublings
        )

    def _background(self, cluster: int, without: int) -> float:
        """Return the mean similarity to the nearest others; those that are missing count as 0."""
        similarities = (
            self._average(cluster, other) for other in self._sums[cluster] if other != without
        )
        return sum(heapq.nlargest(NEIGHBOURS, similarities)) / NEIGHBOURS

    def _pairs(self, cluster: int) -> Iterator[tuple[float, int, int, tuple[int, int]]]:
        """Yield for each other that is similar enough: minus the similarity, both, their sizes."""
        for other in self._sums[cluster]:
            left, right = min(cluster, other), max(cluster, other)
            similarity, sizes = self._average(left, right), self._sizes(left, right)
            if similarity >= (PAIR_THRESHOLD if sizes == (1, 1) else CLUSTER_THRESHOLD):
                yield -similarity, left, right, sizes

    def _sizes(self, left: int, right: int) -> tuple[int, int]:
        """Return how many are in each, 0 for a cluster that was merged into another."""
        return len(self._members.get(left, ())), len(self._members.get(right, ()))

    def _average(self, left: int, right: int) -> float:
        return self._sums[left][right] / (len(self._members[left]) * len(self._members[right]))

    def _merge(self, left: int, right: int) -> None:
        self._members[left] += self._members.pop(right)
        for other, similarity in self._sums.pop(right).items():
            del self._sums[other][right]
            if other != left:
                total = self._sums[left].get(other, 0.0) + similarity
                self._sums[left][other] = self._sums[other][left] = total
