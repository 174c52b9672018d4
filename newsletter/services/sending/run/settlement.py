"""One settlement: what is written down of a batch in hand, and whom the ledger names for it."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from newsletter.domain.delivery.retry_policy import ReplyAction
from newsletter.domain.editions.edition import Edition, EditionStatus
from newsletter.domain.editions.states import is_sending
from newsletter.services.ports import Ports
from newsletter.services.sending.run.claimed_batch import ClaimedBatch, DeliveryResult
from newsletter.services.sending.run.outcomes import OutcomePolicy, hold_edition
from newsletter.store import LedgerConnectionLostError, Session
from newsletter.store.delivery import batches

LEASE = timedelta(seconds=60)  # Renewed by and by; a worker silent for so long is gone.
RENEW_S = 5.0  # A batch of which nothing is settled meanwhile has its lease renewed so often.


@dataclass(frozen=True, slots=True)
class Settlement:
    """What is to be written down of a batch, and who of it may have been begun from then on."""

    claim: ClaimedBatch
    answers: list[DeliveryResult]
    window_ids: list[int]

    @classmethod
    def of(cls, hand: ClaimedBatch, window_ids: list[int]) -> Self:
        return cls(hand, list(hand.answers), window_ids)

    @property
    def is_due(self) -> bool:
        """Whether the ledger has to hear of it now."""
        hand = self.claim
        is_old = hand.renewed_at < time.monotonic() - RENEW_S
        return is_old or bool(self.answers) or set(self.window_ids) != set(hand.window_ids)

    @property
    def has_consequences(self) -> bool:
        """Whether it is to be written down together with something else."""
        return any(map(_is_consequential, self.answers))

    def is_written_down(self, at: float) -> None:
        """The answers leave the hand: not before they stand in the ledger, whatever fails."""
        del self.claim.answers[: len(self.answers)]
        self.claim.writing = 0
        self.claim.settled += len(self.answers)
        self.claim.window_ids = self.window_ids
        self.claim.renewed_at = at


class SettlementWriter:
    """Writes settlements, one after the other; to be closed."""

    def __init__(self, ports: Ports, edition: Edition, judge: OutcomePolicy) -> None:
        self._ports = ports
        self._edition = edition
        self._judge = judge
        self._line = ports.store.line()

    async def write(self, settlements: Sequence[Settlement], stop_reason: str) -> bool:
        """Whether the claims hold, with the outcomes written down, and the edition goes on.

        Each is one statement and one commit; where something follows from one, all are one commit.
        stop_reason is why the edition is to be held, empty when it is not. Raises UnreachableError.
        """
        if not settlements:
            return True
        if not (stop_reason or any(one.has_consequences for one in settlements)):
            return await self._write_alone(settlements)
        return await asyncio.to_thread(self._write_together, settlements, stop_reason)

    async def _write_alone(self, settlements: Sequence[Settlement]) -> bool:
        goes_on = True
        for at, settlement in enumerate(settlements):
            try:
                status = await self._settle_alone(settlement)
            except LedgerConnectionLostError:  # asked in the other way, it says why
                rest = settlements[at:]
                return await asyncio.to_thread(self._write_together, rest, "") and goes_on
            goes_on = goes_on and is_sending(status)
        return goes_on

    def _write_together(self, settlements: Sequence[Settlement], stop_reason: str) -> bool:
        with self._ports.store.begin() as session:
            statuses = [self._settle(session, one) for one in settlements]
            for one, status in zip(settlements, statuses, strict=True):
                if status is not None:
                    self._follow(session, one)
            if stop_reason:
                hold_edition(session, self._edition, stop_reason)
        return all(map(is_sending, statuses))

    def close(self) -> None:
        """Give the connection back."""
        self._line.close()

    async def _settle_alone(self, settlement: Settlement) -> EditionStatus | None:
        return await batches.record_outcomes_alone(
            self._line,
            settlement.claim.batch,
            [answer.settled for answer in settlement.answers],
            now=self._ports.now(),
            lease=LEASE,
            window=settlement.window_ids,
        )

    def _settle(self, session: Session, settlement: Settlement) -> EditionStatus | None:
        return batches.record_outcomes(
            session,
            settlement.claim.batch,
            [answer.settled for answer in settlement.answers],
            now=self._ports.now(),
            lease=LEASE,
            window=settlement.window_ids,
        )

    def _follow(self, session: Session, settlement: Settlement) -> None:
        for answer in filter(_is_consequential, settlement.answers):
            self._judge.apply(session, answer.due, answer.reply, answer.outcome)


def _is_consequential(answer: DeliveryResult) -> bool:
    return answer.outcome.is_dead_address or answer.outcome.action is ReplyAction.STOP
