"""The ledger held against what the relay kept: who has the mail, who has it twice, who has not.

Not by newsletter/domain/delivery/reconciliation.py, on purpose: a mistake in the rules of
`newsletter verify` would hide the same mistake here. These are stricter, too. The editions are
finished, so that whoever is queued still is lost; a failure has to have its reply; and a copy
counts at its own address only.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from newsletter.domain.delivery.ledger import Delivery
from newsletter.domain.delivery.status import DeliveryStatus


@dataclass(slots=True, kw_only=True)
class Audit:
    """What one edition's ledger says, and where the relay's log says otherwise.

    lost: neither kept, nor failed with a reply, nor in doubt. repeated: kept more than once.
    mistaken: kept, and the ledger says it failed or names nobody of that number and address.
    """

    sent: int = 0
    failed: int = 0
    uncertain: int = 0
    lost: int = 0
    repeated: int = 0
    repeated_outside_uncertain: int = 0
    mistaken: int = 0
    details: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.repeated_outside_uncertain or self.mistaken)


def audited(
    edition_id: int, ledger: Iterable[Delivery], lines: Iterable[str], *, recipients: int
) -> Audit:
    """The ledger of an edition that went to so many, against the lines of the relay's log."""
    kept, audit = _kept(edition_id, lines), Audit()
    known = 0
    for one in ledger:
        known += 1
        _weigh(audit, one, kept.pop((str(one.subscriber_id), one.address), 0))
    _note(audit, "lost", max(0, recipients - known), "has no row in the ledger")
    _note(audit, "mistaken", len(kept), f"was kept, and is nobody's: {list(kept)[:3]}")
    return audit


def _weigh(audit: Audit, one: Delivery, copies: int) -> None:
    """Count one delivery of which the relay has so many copies."""
    is_uncertain = one.status is DeliveryStatus.UNCERTAIN
    is_failed = one.status is DeliveryStatus.FAILED
    audit.sent += one.status is DeliveryStatus.SENT
    audit.failed += is_failed
    audit.uncertain += is_uncertain
    said = f"{one.subscriber_id} {one.status} {one.reply_code} {one.reply}: {copies} kept"
    is_told = is_uncertain or (is_failed and one.reply)
    _note(audit, "lost", not copies and not is_told, said)
    _note(audit, "repeated", copies > 1, said)
    _note(audit, "repeated_outside_uncertain", copies > 1 and not is_uncertain, said)
    is_queued = one.status is DeliveryStatus.QUEUED
    _note(audit, "mistaken", copies == 1 and (is_failed or is_queued), said)


def _note(audit: Audit, name: str, count: float, said: str) -> None:
    if count:
        setattr(audit, name, getattr(audit, name) + int(count))
        audit.details.append(f"{name}: {said}")


def _kept(edition_id: int, lines: Iterable[str]) -> Counter[tuple[str, str]]:
    """How many copies were kept of this edition, by subscriber and address."""
    kept: Counter[tuple[str, str]] = Counter()
    for line in lines:
        message_id, _, address = line.partition(" ")
        edition, subscriber, _ = f"{message_id.strip('<>')}..".split(".", 2)
        if edition == str(edition_id):
            kept[subscriber, address] += 1
    return kept
