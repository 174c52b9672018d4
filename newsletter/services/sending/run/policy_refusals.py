"""Decides whether a refusal is about us or about one recipient.

A relay that hands on what the recipient's own server says answers 5.7.1 for one company's gateway
as it does for its own block of us. So such a refusal waits until the relay has taken another
message: then it was about that recipient, who fails. When several of several providers meet it in a
row it is about us: all of them are put back, and nobody fails.
"""

import time
from dataclasses import dataclass
from enum import StrEnum, auto

from newsletter.domain.delivery.refusal_scope import SEVERAL_PROVIDERS, RefusalScope, refusal_scope
from newsletter.domain.delivery.retry_policy import ReplyAction, decide_after_reply
from newsletter.domain.delivery.smtp_reply import Reply, SmtpStage
from newsletter.mail.smtp import RelayPool
from newsletter.services.sending.run.claims.claimed_batch import PendingDelivery

TAKEN, FOR_GOOD = 2, 500  # RFC 5321 4.2.1: 2yz, and from there on 5yz
# Of one relay. What waits takes up the window of a run, which has room for more than the two
# messages that each of eight connections has on its way.
MOST_WAITING = 10
# Readers of one provider or two, nobody at all having been sent the edition: a fair sample, as that
# of domain/delivery.py. Fewer may be one company's, at the head of a list.
NOBODY_SENT_OF = 100


class RefusalVerdict(StrEnum):
    """What becomes of a delivery that was answered."""

    AS_ANSWERED = auto()  # what its reply leads to
    WAITS = auto()  # for what the others are answered; nobody has it
    ELSEWHERE = auto()  # another relay is asked
    PUT_BACK = auto()  # the relay refuses us, and there is no other: the run stops
    PUT_OFF = auto()  # the run ends before it is known; asked again later


@dataclass(frozen=True, slots=True)
class RefusalDecision:
    """One answered delivery, and what becomes of it now."""

    pending: PendingDelivery
    reply: Reply
    verdict: RefusalVerdict


class PolicyRefusals:
    """Those of one run. The relays' streaks belong to the process, and outlive it."""

    def __init__(self, standings: RelayPool) -> None:
        self._standings = standings
        self._waiting: list[RefusalDecision] = []

    def is_plainly_taken(self, reply: Reply) -> bool:
        """Return whether the relay took it and nobody waits for that: so it nearly always is."""
        if self._waiting or reply.code // 100 != TAKEN:
            return False
        self._standings.streaks[reply.relay].end()
        return True

    def decide(
        self, pending: PendingDelivery, reply: Reply, *, has_sent: bool
    ) -> list[RefusalDecision]:
        """Return what is known now: of this delivery, and of those that waited for its answer.

        has_sent is whether anybody was sent the edition so far.
        """
        outcome = decide_after_reply(reply, attempts=1).action
        if outcome is ReplyAction.SENT:
            self._standings.streaks[reply.relay].end()
            waiting = self._take_waiting(reply.relay, RefusalVerdict.AS_ANSWERED)
            return [*waiting, _as_answered(pending, reply)]
        if outcome not in {ReplyAction.FAILED, ReplyAction.STOP}:
            return [_as_answered(pending, reply)]
        scope = refusal_scope(reply)
        if scope is RefusalScope.MESSAGE:
            return [_as_answered(pending, reply)]
        return self._decide_unclear(pending, reply, scope, has_sent=has_sent)

    def end(
        self, *, is_stopped: bool, is_all_answered: bool, has_sent: bool
    ) -> list[RefusalDecision]:
        """Return what becomes of those that wait at the end of the run.

        When all have been answered no other reply will tell. Then it is about them if anybody was
        sent the edition (has_sent), and about us if nobody was. A run that is stopped anyway keeps
        them for whoever resumes it.
        """
        if is_stopped:
            verdict = RefusalVerdict.PUT_BACK
        elif not is_all_answered:
            verdict = RefusalVerdict.PUT_OFF
        else:
            verdict = RefusalVerdict.AS_ANSWERED if has_sent else RefusalVerdict.PUT_BACK
        if verdict is not RefusalVerdict.PUT_OFF:
            for decision in self._waiting:
                self._standings.streaks[decision.reply.relay].end()
        waiting, self._waiting = self._waiting, []
        return [RefusalDecision(decision.pending, decision.reply, verdict) for decision in waiting]

    def _decide_unclear(
        self, pending: PendingDelivery, reply: Reply, scope: RefusalScope, *, has_sent: bool
    ) -> list[RefusalDecision]:
        """Return what a refusal leads to that may be about us.

        Who was put back by such a refusal before is not counted again: after "newsletter send
        resume" the same few would stop the run once more.
        """
        streak = self._standings.streaks[reply.relay]
        was_refused = pending.delivery.last_code >= FOR_GOOD
        if not was_refused:
            streak.add(pending.provider)
        waits = RefusalDecision(pending, reply, RefusalVerdict.WAITS)
        self._waiting.append(waits)
        is_ours = scope is RefusalScope.US and (not was_refused or reply.stage is SmtpStage.MAIL)
        is_nobody_taken = not has_sent and streak.recipients >= NOBODY_SENT_OF
        if is_ours or streak.is_about_us or is_nobody_taken:
            return self._decide_about_us(reply)
        waiting = [decision for decision in self._waiting if decision.reply.relay == reply.relay]
        if len(waiting) < MOST_WAITING:
            return [waits]
        return self._decide_many_waiting(waiting, has_sent=has_sent)

    def _decide_many_waiting(
        self, waiting: list[RefusalDecision], *, has_sent: bool
    ) -> list[RefusalDecision]:
        """Return what becomes of those that wait for one relay, when no more may.

        Where others were sent the edition, those of one provider or two are refused by these. Else
        all but the last are asked again later: it waits on, for the end of the list to decide.
        """
        last = waiting[-1]
        providers = {decision.pending.provider for decision in waiting}
        if has_sent and len(providers) < SEVERAL_PROVIDERS:
            return self._take_waiting(last.reply.relay, RefusalVerdict.AS_ANSWERED)
        self._waiting.remove(last)
        put_off = self._take_waiting(last.reply.relay, RefusalVerdict.PUT_OFF)
        self._waiting.append(last)
        return [*put_off, last]

    def _decide_about_us(self, reply: Reply) -> list[RefusalDecision]:
        """Return what becomes of those whom the relay refused because of us."""
        self._standings.streaks[reply.relay].end()
        if not self._standings.has_other(reply.relay):
            return self._take_waiting(reply.relay, RefusalVerdict.PUT_BACK)
        self._standings.bar(reply.relay, str(reply), now=time.monotonic())
        return self._take_waiting(reply.relay, RefusalVerdict.ELSEWHERE)

    def _take_waiting(self, relay: str, verdict: RefusalVerdict) -> list[RefusalDecision]:
        """Return those that waited for this relay's next answers."""
        waiting = [decision for decision in self._waiting if decision.reply.relay == relay]
        self._waiting = [decision for decision in self._waiting if decision.reply.relay != relay]
        return [RefusalDecision(decision.pending, decision.reply, verdict) for decision in waiting]


def _as_answered(pending: PendingDelivery, reply: Reply) -> RefusalDecision:
    return RefusalDecision(pending, reply, RefusalVerdict.AS_ANSWERED)
