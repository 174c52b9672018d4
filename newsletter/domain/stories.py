"""Articles that tell the same event become one story."""

import heapq
from collections.abc import Callable, Iterator, Sequence

from newsletter.domain.article import Article
from newsletter.domain.likeness import Pairs, likenesses

# The likeness above which two groups tell one event, whatever else there is: decision 0012.
ALIKE = 0.18
# Fainter likeness makes one event of two groups that are nearer to each other, by this factor,
# than either is to any third: nobody else tells it.
FAINTLY_ALIKE, NEARER = 0.12, 1.6


def group(articles: Sequence[Article]) -> tuple[tuple[Article, ...], ...]:
    """The articles in groups that tell one event each, whatever their order was.

    Groups join by the average likeness of all in them: a chain of likeness never swallows a
    distinct story. Groups and their members are ordered by time, then address.
    """
    ordered = sorted(articles, key=lambda one: (one.published_at, one.url))
    groups = _Groups(len(ordered), likenesses(ordered))
    groups.join(ALIKE, lambda _one, _other: True)
    groups.join(FAINTLY_ALIKE, groups.are_nearest)
    return tuple(tuple(ordered[at] for at in each) for each in groups.members())


class _Groups:
    """Groups of places, each first a place alone, and the sums of likeness between them."""

    def __init__(self, size: int, likeness: Pairs) -> None:
        self._members = {at: [at] for at in range(size)}
        self._sums: dict[int, dict[int, float]] = {at: {} for at in range(size)}
        for (one, other), like in likeness.items():
            self._sums[one][other] = self._sums[other][one] = like

    def members(self) -> list[list[int]]:
        return sorted(sorted(each) for each in self._members.values())

    def join(self, least: float, may: Callable[[int, int], bool]) -> None:
        """Join the likest two groups, as long as they are alike enough and may be joined."""
        waiting = [
            pair for one in self._sums for pair in self._pairs(one, least) if pair[1] < pair[2]
        ]
        heapq.heapify(waiting)
        while waiting:
            _, one, other, sizes = heapq.heappop(waiting)
            if self._sizes(one, other) != sizes or not may(one, other):
                continue
            self._merge(one, other)
            for pair in self._pairs(one, least):
                heapq.heappush(waiting, pair)

    def are_nearest(self, one: int, other: int) -> bool:
        """Whether neither has another group nearly as near."""
        like = self._average(one, other)
        return all(
            like >= NEARER * self._average(here, third)
            for here, there in ((one, other), (other, one))
            for third in self._sums[here]
            if third != there
        )

    def _pairs(self, one: int, least: float) -> Iterator[tuple[float, int, int, tuple[int, int]]]:
        for other in self._sums[one]:
            left, right = min(one, other), max(one, other)
            if (like := self._average(left, right)) >= least:
                yield -like, left, right, self._sizes(left, right)

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
