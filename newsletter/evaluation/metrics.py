"""How well a decision agrees with an editor's: precision, recall, B-cubed, pairs."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PrecisionRecall:
    """precision: of what was decided, how much is right; recall: of what is right, how much was."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def precision_recall(decided: Iterable[tuple[bool, bool]]) -> PrecisionRecall:
    """Return precision and recall; decided are pairs of what was decided and what is right.

    Where nothing was decided nothing is wrong, and where there is nothing to find, all is found.
    """
    counts = Counter(decided)
    right = counts[True, True]
    return PrecisionRecall(
        precision=_share(right, right + counts[True, False]),
        recall=_share(right, right + counts[False, True]),
    )


def b_cubed(predicted: Sequence[Hashable], true: Sequence[Hashable]) -> PrecisionRecall:
    """Return B-cubed: what of each member's cluster is right, averaged over the members.

    predicted and true name the clusters of the same members in the same order (Bagga and Baldwin
    1998).
    """
    together = Counter(zip(predicted, true, strict=True))
    sizes, true_sizes = Counter(predicted), Counter(true)
    count = len(predicted) or 1
    return PrecisionRecall(
        precision=sum(n * n / sizes[cluster] for (cluster, _), n in together.items()) / count,
        recall=sum(n * n / true_sizes[cluster] for (_, cluster), n in together.items()) / count,
    )


def pairwise_scores(predicted: Sequence[Hashable], true: Sequence[Hashable]) -> PrecisionRecall:
    """Return precision and recall of the pairs of members in one cluster."""
    right = _pairs(Counter(zip(predicted, true, strict=True)).values())
    return PrecisionRecall(
        precision=_share(right, _pairs(Counter(predicted).values())),
        recall=_share(right, _pairs(Counter(true).values())),
    )


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
