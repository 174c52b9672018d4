"""What came of a run in which nothing is left to do: whether it is a success, in a sentence."""

from collections.abc import Mapping

from newsletter.domain.delivery.retry_policy import exceeds_failure_rate
from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.domain.editions.edition import EditionStatus
from newsletter.domain.text.clean import truncate

NOBODY_SUBSCRIBED = (EditionStatus.SENT, "Nobody is subscribed yet.")  # sent to all there are
_REPLY_CHARS = 200  # Some relays say why at length, with a link; the rest is with the deliveries.


def decide_result(
    counts: Mapping[DeliveryStatus, int], *, commonest_reply: str
) -> tuple[EditionStatus, str]:
    """Return the state of an edition whose deliveries ended so, and the reason in a sentence.

    commonest_reply is the one that most of the failed got, "" when there is none. The reason is ""
    where nobody failed.
    """
    failed, total = counts[DeliveryStatus.FAILED], sum(counts.values())
    if not failed:
        return EditionStatus.SENT, ""
    often = f", most often: {truncate(commonest_reply, _REPLY_CHARS)}" if commonest_reply else ""
    reached = counts[DeliveryStatus.SENT] + counts[DeliveryStatus.UNCERTAIN]
    if not reached:
        return EditionStatus.FAILED, f"Sent to nobody: {failed} of {total} failed{often}"
    return EditionStatus.SENT, f"{failed} of {total} failed{often}"


def is_failure(sent: int, failed: int, *, most: float) -> bool:
    """Return whether so many failed that nobody should take the run for a success.

    Nobody was sent it; or more than half failed; or, where there are enough for a share to mean
    something, more than most (0 to 1), at which a run stops by itself. A dead address or two in a
    short list are no failure.
    """
    return 2 * failed > sent + failed or exceeds_failure_rate(failed, sent + failed, most=most)
