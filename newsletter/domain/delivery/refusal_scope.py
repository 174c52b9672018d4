"""Whom a refusal for good is about: us, or the one message to which it was the answer."""

import re
from dataclasses import dataclass, field
from enum import StrEnum

from newsletter.domain.delivery.retry_policy import ReplyAction, decide_after_reply
from newsletter.domain.delivery.smtp_reply import Reply, SmtpStage

# Of whom several in a row were refused on grounds of policy, and nobody taken in between: then it
# is about us. A relay takes a second for five messages. One company may have several readers and
# a gateway that refuses newsletters; three providers do not by chance share such a rule.
SEVERAL_RECIPIENTS = 5
SEVERAL_PROVIDERS = 3

_TOO_LARGE = frozenset({"5.2.3", "5.3.4"})  # RFC 3463 3.3 and 3.4
_NOT_ASCII = "5.6.7"  # RFC 6531 4.3: an address beyond ASCII is not permitted here
_BAD_PARAMETER = 504  # Postfix, for a name in EHLO that it does not take: it says so at RCPT
# Where there is no enhanced code, or 5.0.0, 5.1.0, 5.5.z. Postfix: "Helo command rejected", "Sender
# address rejected", "Client host rejected", "Relay access denied"; Exim: "relay not permitted",
# "Administrative prohibition"; qmail: "not in my list of allowed rcpthosts (#5.7.1)".
_OURS = re.compile(r"helo|fully[- ]qualified|(?:sender|client)[^.;]* (?:reject|refus|den)")
_POLICY = re.compile(
    r"relay|rcpthosts|prohibit|polic|block|black-?list|deny ?list|banned|spam|reputation|"
    r"denied|not authori[sz]ed|unauthori[sz]ed|authenticat|\bspf\b|\bdkim\b|\bdmarc\b|5\.7\.\d"
)
_NOBODY = re.compile(r"unknown|no such|not? exist|not found|invalid (?:recipient|mailbox|address)")
_MAILBOX = ("5.1.", "5.2.")


class RefusalScope(StrEnum):
    US = "us"  # whoever the message was for: it is the relay that refuses us
    UNCLEAR = "unclear"  # a policy, of the relay's or of the recipient's: what others meet tells
    MESSAGE = "message"  # this message, or the recipient's mailbox


@dataclass(slots=True)
class RefusalStreak:
    """The refusals of unclear scope that a relay gave in a row, nothing being taken in between."""

    recipients: int = 0
    providers: set[str] = field(default_factory=set)

    @property
    def is_about_us(self) -> bool:
        """Whether so many, of so many providers, can only have us in common."""
        return self.recipients >= SEVERAL_RECIPIENTS and len(self.providers) >= SEVERAL_PROVIDERS

    def add(self, provider: str) -> None:
        """Count one more recipient, whose mailbox is there."""
        self.recipients += 1
        self.providers.add(provider)

    def end(self) -> None:
        """Begin anew: something was taken, or somebody has been told."""
        self.recipients = 0
        self.providers.clear()


def is_too_large(reply: Reply) -> bool:
    """Return whether the relay says that it takes no message of this size.

    Before the message came it can only mean its own limit (RFC 1870, 6.1), also without a code.
    """
    if reply.code // 100 != 5:  # noqa: PLR2004  # RFC 5321 4.2.1: permanent
        return False
    is_plain = reply.code == 552 and not reply.enhanced and reply.stage is SmtpStage.MAIL  # noqa: PLR2004
    return reply.enhanced in _TOO_LARGE or is_plain


def is_beyond_ascii(reply: Reply) -> bool:
    """Return whether the relay takes no address beyond ASCII; another one may."""
    return reply.code // 100 == 5 and reply.enhanced == _NOT_ASCII  # noqa: PLR2004


def is_beyond_relay(reply: Reply) -> bool:
    """Return whether another relay may be able to take what this one cannot."""
    return is_beyond_ascii(reply) or (reply.stage is SmtpStage.MAIL and is_too_large(reply))


def refusal_scope(reply: Reply) -> RefusalScope:
    """Return whom a refusal for good is about.

    Our name and password, and our address at MAIL, are ours alone. Behind RCPT a relay may hand on
    what the recipient's own server says: a policy there is unclear until others are answered, and
    so is a size that the relay did not tell in advance.
    """
    if decide_after_reply(reply, attempts=1).action is ReplyAction.STOP:
        return RefusalScope.US
    return RefusalScope.UNCLEAR if _is_policy(reply) else RefusalScope.MESSAGE


def _is_policy(reply: Reply) -> bool:
    if reply.enhanced.startswith("5.7.") or is_too_large(reply) or reply.code == _BAD_PARAMETER:
        return True
    text = reply.text.casefold()
    is_mailbox = reply.enhanced.startswith(_MAILBOX) and reply.enhanced != "5.1.0"
    if is_mailbox or (_NOBODY.search(text) and not _OURS.search(text)):
        return False
    return bool(_OURS.search(text) or _POLICY.search(text))
