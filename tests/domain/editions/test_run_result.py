"""When a run that is over is a success, and what is said of it."""

import pytest

from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.domain.editions.edition import EditionStatus
from newsletter.domain.editions.run_result import decide_result, is_failure
from tests.cases import for_each

SENT, FAILED = EditionStatus.SENT, EditionStatus.FAILED
REPLY = "550 no such user"


@pytest.mark.parametrize(
    ("sent", "failed", "uncertain", "status", "reason"),
    [
        pytest.param(3, 0, 0, SENT, "", id="all were sent it"),
        pytest.param(0, 0, 0, SENT, "", id="there was nobody"),
        pytest.param(0, 0, 2, SENT, "", id="all are uncertain"),
        pytest.param(2, 1, 0, SENT, f"1 of 3 failed, most often: {REPLY}", id="one failed"),
        pytest.param(
            0, 2, 1, SENT, f"2 of 3 failed, most often: {REPLY}", id="of one nobody can know"
        ),
        pytest.param(
            *(0, 3, 0, FAILED, f"Sent to nobody: 3 of 3 failed, most often: {REPLY}"),
            id="all failed",
        ),
        pytest.param(
            0, 1, 0, FAILED, f"Sent to nobody: 1 of 1 failed, most often: {REPLY}", id="the only"
        ),
    ],
)
def test_a_run_in_which_all_failed_is_not_sent(*, sent, failed, uncertain, status, reason):
    counts = dict.fromkeys(DeliveryStatus, 0) | {
        DeliveryStatus.SENT: sent,
        DeliveryStatus.FAILED: failed,
        DeliveryStatus.UNCERTAIN: uncertain,
    }

    assert decide_result(counts, commonest_reply=REPLY) == (status, reason)


def test_a_reply_of_a_page_is_cut_and_none_is_left_out():
    counts = dict.fromkeys(DeliveryStatus, 0) | {DeliveryStatus.FAILED: 2}

    _, long = decide_result(counts, commonest_reply="550 " + "no " * 500)
    _, none = decide_result(counts, commonest_reply="")

    assert len(long) < 260
    assert none == "Sent to nobody: 2 of 2 failed"


@for_each(
    ("sent", "failed", "is_one"),
    [
        pytest.param(0, 0, False, id="nobody subscribes"),
        pytest.param(0, 1, True, id="the only one failed"),
        pytest.param(0, 103, True, id="all failed"),
        pytest.param(2, 1, False, id="one dead address of three"),
        pytest.param(1, 1, False, id="half of a list of two"),
        pytest.param(20, 30, True, id="more than half"),
        pytest.param(40, 20, False, id="a third of a short list"),
        pytest.param(90, 10, False, id="a tenth of a hundred"),
        pytest.param(89, 11, True, id="more than a tenth of a hundred"),
    ],
)
def test_a_run_that_failed_for_many_is_a_failure(*, sent, failed, is_one):
    assert is_failure(sent, failed, most=0.1) is is_one
