"""The ledger held against what a relay kept: who was lost, who got it twice, what is a surprise."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from newsletter.domain.delivery.status import DeliveryStatus

MAX_LISTED = 20  # Subscribers that are named of each kind: enough to look at, whatever went wrong.


class Finding(StrEnum):
    LOST = "lost"  # sent, says the ledger, and no message was kept
    REPEATED = "repeated"  # kept more than once
    REPEATED_ON_REQUEST = "repeated_on_request"  # and somebody had it sent again, being in doubt
    REPEATED_OUTSIDE_UNCERTAIN = "repeated_outside_uncertain"  # and it never was in doubt
    UNEXPECTED = "surprising"  # kept, though the ledger has it queued or failed, or not at all
    UNCERTAIN_ARCHIVED = "uncertain_kept"  # in doubt, and the relay did take it
    UNCERTAIN_NOT_ARCHIVED = "uncertain_not_kept"  # in doubt, and the relay did not


_WRONG = (Finding.LOST, Finding.REPEATED_OUTSIDE_UNCERTAIN, Finding.UNEXPECTED)


@dataclass(slots=True)
class ReconciliationReport:
    """What was compared: deliveries by state, messages kept, and how many of each finding.

    ids names the first subscribers of each.
    """

    states: dict[DeliveryStatus, int] = field(
        default_factory=lambda: dict.fromkeys(DeliveryStatus, 0)
    )
    archived: int = 0
    counts: dict[Finding, int] = field(default_factory=lambda: dict.fromkeys(Finding, 0))
    ids: dict[Finding, list[int]] = field(default_factory=lambda: {one: [] for one in Finding})

    @property
    def recipients(self) -> int:
        return sum(self.states.values())

    @property
    def agrees(self) -> bool:
        """Whether nobody was lost, nobody but the uncertain got it twice, nothing is a surprise."""
        return not any(self.counts[one] for one in _WRONG)

    def add(self, finding: Finding, subscriber_id: int) -> None:
        self.counts[finding] += 1
        if len(self.ids[finding]) < MAX_LISTED:
            self.ids[finding].append(subscriber_id)


def reconcile(
    deliveries: Iterable[tuple[int, str, int, bool]], archived: dict[int, int], *, repeats: bool
) -> ReconciliationReport:
    """The ledger's deliveries (subscriber, state, attempts, is_repeat) held against what was kept.

    kept says how often a message to each subscriber was; it is used up. is_repeat: somebody had it
    sent again while it was in doubt. repeats: the newsletter does so by itself; then whatever took
    more than one attempt may have been in doubt.
    """
    audit = ReconciliationReport(archived=sum(archived.values()))
    states = {status.value: 0 for status in DeliveryStatus}
    for subscriber_id, status, attempts, is_repeat in deliveries:
        states[status] += 1
        times = archived.pop(subscriber_id, 0)
        if status == "sent" and times == 1:
            continue
        was_in_doubt = is_repeat or (repeats and _earlier(status, attempts) > 0)
        for finding in _findings(DeliveryStatus(status), times, was_in_doubt=was_in_doubt):
            audit.add(finding, subscriber_id)
        if is_repeat and times > 1:
            audit.add(Finding.REPEATED_ON_REQUEST, subscriber_id)
    for subscriber_id, times in sorted(archived.items()):
        for finding in _findings(None, times, was_in_doubt=False):
            audit.add(finding, subscriber_id)
    audit.states = {DeliveryStatus(status): count for status, count in states.items()}
    return audit


def _earlier(status: str, attempts: int) -> int:
    """How many attempts there were before the one that the state is about."""
    return attempts if status == DeliveryStatus.QUEUED else attempts - 1


def _findings(
    status: DeliveryStatus | None, times: int, *, was_in_doubt: bool
) -> Iterator[Finding]:
    """What there is to say of one subscriber; status is None for one who is not in the ledger."""
    is_uncertain = status is DeliveryStatus.UNCERTAIN
    was_in_doubt = was_in_doubt or is_uncertain
    if is_uncertain:
        yield Finding.UNCERTAIN_ARCHIVED if times else Finding.UNCERTAIN_NOT_ARCHIVED
    if status is DeliveryStatus.SENT and not times:
        yield Finding.LOST
    if times > 1:
        yield Finding.REPEATED
        if not was_in_doubt:
            yield Finding.REPEATED_OUTSIDE_UNCERTAIN
    if times and status is not DeliveryStatus.SENT and not was_in_doubt:
        yield Finding.UNEXPECTED
