"""Which replies ask us to go slower, and who asks: one provider, or the relay for all of them."""

import re
from enum import StrEnum

from newsletter.domain.delivery.smtp_reply import Reply, SmtpStage


class ThrottleScope(StrEnum):
    NOTHING = "nothing"  # it is about one message, one mailbox or one connection
    PROVIDER = "provider"  # the reader's mailbox provider has had enough for now
    SERVICE = "service"  # the relay has had enough of us, whomever the message was for


# The relay counts what our account sends. Amazon SES: "454 Throttling failure: Maximum sending
# rate exceeded"; Google's relay: "450-4.2.1 Peak SMTP relay limit exceeded for customer";
# SendGrid: "451 You've exceeded your messaging limits"; Exchange Online: "432 4.3.2
# STOREDRV.ClientSubmit; sender thread limit exceeded".
_ACCOUNT = re.compile(
    r"throttling failure|sending rate exceeded|message quota exceeded|relay limit exceeded|"
    r"messaging limits|sender thread limit|sending (?:limit|quota)"
)
# RFC 3463 3.3: x.2.z is about the mailbox, full (4.2.2) or getting too much from everybody (4.2.1,
# Gmail); 4.4.2 is a connection that was too slow; 4.5.3 too many recipients of one message.
_ONE_MESSAGE = ("4.2.", "4.4.2", "4.5.3")
# Greylisting (RFC 6647) asks for the same message again, later; a connection that was open for long
# enough, or had its share of messages, is made anew at once; and who restarts is not overrun, which
# RFC 5321 4.2.3 words as "Service not available, closing transmission channel".
_SESSION = (
    r"(?:messages|mails|recipients|transactions) (?:in|on|per|for|over|during) "
    r"(?:this |one |a |the |your |each )?(?:smtp )?(?:connection|session)|"
    r"time-?out|timed out|\bidle\b|shutting down|closing transmission channel"
)
_ONE = re.compile(
    r"gr[ea]y-?list|mailbox (?:is )?full|over ?quota|too many recipients|come back later|"
    + _SESSION
)
_SESSION_ENDS = re.compile(_SESSION + r"|closing connection")
_TIMED_OUT = "4.4.2"  # RFC 3463 3.5: bad connection; Postfix says it of one that was silent
# Congestion (RFC 3463 3.5), a full disk (3.4); Gmail 4.7.28; Outlook 4.7.500 "Server busy" and
# 4.7.650 to 4.7.652, rate-limited by reputation or connections.
_CROWDED = re.compile(r"4\.(?:4\.5|3\.1|7\.(?:28|5\d\d|65\d))")
# In any words: Yahoo [TSS04] and [TS01], Outlook RP-001, Orange OFR004_104, Comcast RL000001, QQ
# "Connection frequency limited", Sendmail "Connection rate limit exceeded", Postfix "too many
# connections" and "too much mail".
_RATE = re.compile(
    r"\brate\b|rate-?limit|throttl|slow(?:er)? down|more slowly|too (?:many|much|fast|quickly)|"
    r"unusual|unexpected volume|temporarily deferred|deferred due to|\bbusy\b|congest|overload|"
    r"concurren|frequency|simultaneous|trop de connexions|limits? (?:exceeded|reached|for how)|"
    r"\[tss?\d\d\]|\brp-00\d|\bofr\w*_|\brl\d{4}"
)
_CLOSING = 421  # RFC 5321 4.2.3: the server hangs up, which it does to those who are too many.


def throttle_scope(reply: Reply) -> ThrottleScope:
    """Return whom a reply asks to go slower.

    A 4xx that speaks of rates, volume, connections or load means its provider, and so does a 421
    that says nothing else. A greylisting 451 4.7.1, a full mailbox (452 4.2.2) and whatever says
    nothing of the kind are about one message; many of those in a row are for the SendGate to see. A
    reply to MAIL comes before any reader was named, so it is about us.
    """
    if reply.code // 100 != 4:  # noqa: PLR2004  # RFC 5321 4.2.1: a refusal for good asks no pace
        return ThrottleScope.NOTHING
    text = reply.text.casefold()
    if _ACCOUNT.search(text):
        return ThrottleScope.SERVICE
    if not _is_about_rate(reply, text):
        return ThrottleScope.NOTHING
    return ThrottleScope.SERVICE if reply.stage is SmtpStage.MAIL else ThrottleScope.PROVIDER


def ends_session(reply: Reply) -> bool:
    """Return whether a reply to MAIL means the connection: it was open long enough, or full.

    No recipient was named yet, so the message is not to blame: it goes over another connection.
    """
    if reply.stage is not SmtpStage.MAIL or reply.code // 100 != 4:  # noqa: PLR2004  # RFC 5321 4.2.1
        return False
    return reply.enhanced == _TIMED_OUT or _SESSION_ENDS.search(reply.text.casefold()) is not None


def _is_about_rate(reply: Reply, text: str) -> bool:
    if reply.enhanced.startswith(_ONE_MESSAGE) or _ONE.search(text):
        return False
    is_crowded = _CROWDED.fullmatch(reply.enhanced) or _RATE.search(text)
    return bool(is_crowded) or reply.code == _CLOSING
