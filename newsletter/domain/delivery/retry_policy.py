"""What an SMTP reply leads to: sent, another attempt, a failed address, or a stopped run."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from newsletter.domain.delivery.smtp_reply import Reply, SmtpStage


class ReplyAction(StrEnum):
    SENT = "sent"  # the relay has it
    RETRY = "retry"  # ask again after wait
    FAILED = "failed"  # this address will not take it
    STOP = "stop"  # the refusal is about us: hold the run, blame nobody
    UNCERTAIN = "uncertain"  # it may have it: the whole message went, no readable answer came


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyDecision:
    """is_dead_address: nobody is there, so nothing is to be sent there again."""

    action: ReplyAction
    wait: timedelta | None = None
    is_dead_address: bool = False


RETRY_WINDOW = timedelta(hours=4)  # What has not left by then is no evening mail any more.


# Below so many answers a share says nothing: a short list may hold a few dead addresses.
_FAIR_SAMPLE = 100


# Most greylisting asks for one to five minutes; a full mailbox or a busy relay for longer.
_WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 10, 20, 30, 60))


# RFC 3463 3.2: no such mailbox, no such domain, not an address, moved away; RFC 7505: takes no
# mail. Not 5.1.0, which says nothing certain, nor 5.1.7 and 5.1.8, which are about our address.
_DEAD_ADDRESS = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})


_OUR_ADDRESS = frozenset({"5.1.7", "5.1.8"})


# RFC 3463 3.3 and 3.4: larger than the mailbox or the relay ever takes. It does not shrink.
_TOO_LARGE = frozenset({"5.2.3", "5.3.4"})


_NOT_ASCII = "5.6.7"  # RFC 6531 4.3: the relay takes no such address, whatever the command


_AUTHENTICATION = frozenset({530, 534, 535, 538})  # RFC 4954 4 and 6


def decide_after_reply(reply: Reply, *, attempts: int) -> ReplyDecision:
    """What a reply leads to: sent, another attempt, a failed address, or a stopped run.

    attempts counts those made, this one included, so it is at least 1. When no answer or a
    senseless one follows the whole message, nobody can know who has it: uncertain (RFC 1047).
    A refusal at MAIL, of our password or our address is about us: the run stops and nobody is
    suppressed, whatever the digits. A 5.7.x behind it is about that recipient, until several meet
    it in a row (domain/refusal.py). A message that is too large stays so. Any other 552 is
    transient (RFC 5321 4.5.3.1.10).
    """
    kind = reply.code // 100
    if kind == 2 and reply.stage is SmtpStage.END_OF_DATA:  # noqa: PLR2004  # RFC 5321 4.2.1: completed
        return ReplyDecision(action=ReplyAction.SENT)
    if kind == 5 and reply.enhanced in _TOO_LARGE:  # noqa: PLR2004  # RFC 5321 4.2.1: permanent
        return ReplyDecision(action=ReplyAction.FAILED)
    if kind == 4 or (reply.code == 552 and not reply.enhanced.startswith("5.7.")):  # noqa: PLR2004  # RFC 5321 4.2.1: transient
        return ReplyDecision(action=ReplyAction.RETRY, wait=back_off(attempts))
    if kind == 5:  # noqa: PLR2004  # RFC 5321 4.2.1: permanent
        return _after_refusal(reply)
    if reply.stage is SmtpStage.END_OF_DATA:
        return ReplyDecision(action=ReplyAction.UNCERTAIN)
    return ReplyDecision(action=ReplyAction.RETRY, wait=back_off(attempts))


def back_off(attempts: int) -> timedelta:
    """How long to wait after so many attempts, the first being 1."""
    return _WAITS[min(attempts, len(_WAITS)) - 1]


def exceeds_failure_rate(refused: int, answered: int, *, most: float) -> bool:
    """Whether so many refusals for good say that something is wrong with us or with the list.

    most is a share, 0 to 1. answered counts the messages that were sent or refused for good.
    """
    return answered >= _FAIR_SAMPLE and refused > most * answered


def _after_refusal(reply: Reply) -> ReplyDecision:
    is_about_us = reply.enhanced in _OUR_ADDRESS or reply.code in _AUTHENTICATION
    if is_about_us or (reply.stage is SmtpStage.MAIL and reply.enhanced != _NOT_ASCII):
        return ReplyDecision(action=ReplyAction.STOP)
    return ReplyDecision(action=ReplyAction.FAILED, is_dead_address=reply.enhanced in _DEAD_ADDRESS)
