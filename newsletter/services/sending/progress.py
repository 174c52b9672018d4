"""Watching a run from outside: how far it is, how fast, when it will be over, and with whom."""

from collections import Counter, deque
from dataclasses import dataclass
from datetime import timedelta

from newsletter.domain.delivery.ledger import Progress
from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.domain.editions.edition import EditionStatus
from newsletter.domain.editions.states import is_sending
from newsletter.store import Store
from newsletter.store.delivery import deliveries, delivery_reports
from newsletter.store.editions import editions
from newsletter.throttle.mailbox_providers import OTHERS, provider_of

_RATE_OVER_S = 10.0  # Long enough for a steady figure, short enough to see a relay slow down.
_DOMAINS = 100  # Told apart; of a list of any size they hold nearly everybody.
_SHOWN = 8  # Providers that are told at the most; the rest is summed up.
_WORTH_TELLING = 0.01  # The share of the readers that a provider has at least.


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A run at one moment. rate is in messages a second; left is None while nothing moves."""

    status: EditionStatus
    reason: str
    progress: Progress
    rate: float
    left: timedelta | None

    @property
    def is_over(self) -> bool:
        """Whether nothing is left, or nothing goes on and nobody has anything in hand."""
        goes_on = is_sending(self.status) or self.progress.sending > 0
        return not self.progress.queued or not goes_on


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderProgress:
    """How the deliveries to one mailbox provider stand; waiting includes the deferred."""

    provider: str
    sent: int = 0
    waiting: int = 0
    deferred: int = 0
    failed: int = 0
    uncertain: int = 0


class ProgressMonitor:
    """Looks at one edition again and again; it changes nothing, and needs nothing but the database.

    Whose mailboxes they are is told by the list of providers; a domain that is not in it is one of
    its own.
    """

    def __init__(self, store: Store, edition_id: int) -> None:
        self._store = store
        self._edition_id = edition_id
        self._seen: deque[tuple[float, int]] = deque()
        self._named: list[str] | None = None

    def snapshot(self, moment_s: float) -> Snapshot:
        """How the run stands; moment_s is any clock's that never goes back."""
        with self._store.begin() as session:
            edition = editions.by_id(session, self._edition_id)
            progress = deliveries.progress(session, [self._edition_id])[self._edition_id]
        rate = self._rate(moment_s, progress.sent)
        left = timedelta(seconds=round(progress.queued / rate)) if rate else None
        return Snapshot(
            status=edition.status, reason=edition.reason, progress=progress, rate=rate, left=left
        )

    def by_provider(self) -> tuple[ProviderProgress, ...]:
        """Return how it stands by provider, the largest first; OTHERS, the rest, are the last.

        All deliveries are read for it.
        """
        with self._store.begin() as session:
            if self._named is None:
                self._named = delivery_reports.domains(session, self._edition_id, limit=_DOMAINS)
            counts = delivery_reports.by_domain(session, self._edition_id, named=self._named)
        total: Counter[tuple[str, str]] = Counter()
        for count in counts:
            provider = provider_of(count.domain) if count.domain else OTHERS
            total[provider, count.status.value] += count.number
            total[provider, "deferred"] += count.number * count.is_deferred
        return _shares(total)

    def _rate(self, moment_s: float, sent: int) -> float:
        self._seen.append((moment_s, sent))
        while moment_s - self._seen[0][0] > _RATE_OVER_S:
            self._seen.popleft()
        first_s, first = self._seen[0]
        return (sent - first) / (moment_s - first_s) if moment_s > first_s else 0.0


def _shares(counted: Counter[tuple[str, str]]) -> tuple[ProviderProgress, ...]:
    states = [status.value for status in DeliveryStatus]
    sizes: Counter[str] = Counter()
    for (provider, state), number in counted.items():
        sizes[provider] += number if state in states else 0
    least = _WORTH_TELLING * sizes.total()
    large = [one for one, size in sizes.most_common() if one != OTHERS and size >= least]
    shown = large[:_SHOWN]
    grouped: Counter[tuple[str, str]] = Counter()
    for (provider, state), number in counted.items():
        grouped[provider if provider in shown else OTHERS, state] += number
    return tuple(
        ProviderProgress(
            provider=one,
            sent=grouped[one, "sent"],
            waiting=grouped[one, "queued"],
            deferred=grouped[one, "deferred"],
            failed=grouped[one, "failed"],
            uncertain=grouped[one, "uncertain"],
        )
        for one in [*shown, *([OTHERS] if len(sizes) > len(shown) else [])]
    )
