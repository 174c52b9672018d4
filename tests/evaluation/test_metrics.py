"""Precision, recall and B-cubed against values worked out by hand."""

import pytest

from newsletter.evaluation.metrics import (
    PrecisionRecall,
    b_cubed,
    pairwise_scores,
    precision_recall,
)


def values(found: PrecisionRecall):
    return found.precision, found.recall, found.f1


@pytest.mark.parametrize(
    ("decided", "precision", "recall", "f1"),
    [
        pytest.param([(True, True), (False, False)], 1, 1, 1, id="all right"),
        pytest.param([(True, True), (True, False)], 1 / 2, 1, 2 / 3, id="one too many"),
        pytest.param([(True, True), (False, True)], 1, 1 / 2, 2 / 3, id="one missed"),
        pytest.param([(False, True)], 1, 0, 0, id="nothing decided"),
        pytest.param([], 1, 1, 1, id="no rows"),
    ],
)
def test_agreement_counts_what_is_right(decided, precision, recall, f1):
    assert values(precision_recall(decided)) == pytest.approx((precision, recall, f1))


@pytest.mark.parametrize(
    ("found", "true", "precision", "recall", "pairs_f1"),
    [
        pytest.param("aabb", "xxyy", 1, 1, 1, id="the same under other names"),
        pytest.param("aaaa", "xxyy", 1 / 2, 1, 1 / 2, id="all in one"),
        pytest.param("abcd", "xxyy", 1, 1 / 2, 0, id="each alone"),
        pytest.param("aab", "xyy", 2 / 3, 2 / 3, 0, id="one in the wrong place"),
        pytest.param("", "", 0, 0, 1, id="nobody"),
    ],
)
def test_clusters_are_measured_member_by_member(found, true, precision, recall, pairs_f1):
    agreed = b_cubed(found, true)

    assert (agreed.precision, agreed.recall) == pytest.approx((precision, recall))
    assert pairwise_scores(found, true).f1 == pytest.approx(pairs_f1)
