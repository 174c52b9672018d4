"""The steps of a transaction, and how long the answer to each may take (RFC 5321)."""

from dataclasses import dataclass
from enum import StrEnum, auto

from newsletter.domain.delivery.smtp_reply import SmtpStage


class SmtpStep(StrEnum):
    MAIL = auto()  # our address
    RCPT = auto()  # the reader's address
    DATA = auto()  # the wish to send
    END_OF_DATA = auto()  # the whole message: from here on the relay may have it
    RSET = auto()  # after a refusal: the next message starts clean
    EMPTY_DATA = auto()  # a lone dot: the relay would have taken data for nobody


STAGES = {
    SmtpStep.MAIL: SmtpStage.MAIL,
    SmtpStep.RCPT: SmtpStage.RCPT,
    SmtpStep.DATA: SmtpStage.DATA,
    SmtpStep.END_OF_DATA: SmtpStage.END_OF_DATA,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How many seconds a whole answer may take, from when it became the next to come.

    Those of RFC 5321, 4.5.3.2, which says "at least". What it gives no time of its own (EHLO, AUTH,
    RSET, a TLS handshake) has that of MAIL.
    """

    connect_s: float = 30.0  # No RFC: a first packet lost four times still arrives.
    greeting_s: float = 300.0
    mail_s: float = 300.0
    rcpt_s: float = 300.0
    data_s: float = 120.0
    block_s: float = 180.0  # For the relay to read on, while it is too slow for us.
    dot_s: float = 600.0
    goodbye_s: float = 1.0  # All is settled by then; it only looks better in the relay's log.

    def of(self, step: SmtpStep) -> float:
        """The time for the answer to this step."""
        times = {
            SmtpStep.RCPT: self.rcpt_s,
            SmtpStep.DATA: self.data_s,
            SmtpStep.END_OF_DATA: self.dot_s,
            SmtpStep.EMPTY_DATA: self.dot_s,
        }
        return times.get(step, self.mail_s)

    @property
    def shortest_s(self) -> float:
        """The shortest time within a transaction."""
        return min(self.mail_s, self.rcpt_s, self.data_s, self.block_s, self.dot_s)


RFC_5321 = Timeouts()
# Somebody waits for a letter's answer at a web page, and may ask again.
INTERACTIVE = Timeouts(
    connect_s=10, greeting_s=20, mail_s=20, rcpt_s=20, data_s=20, block_s=20, dot_s=60
)
