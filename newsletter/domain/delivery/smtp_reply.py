"""A relay's reply, and at which stage of the conversation it came."""

import re
from dataclasses import dataclass, field
from enum import StrEnum


class SmtpStage(StrEnum):
    """What a reply was the answer to, since the same digits mean something else at each."""

    MAIL = "mail"  # our address
    RCPT = "rcpt"  # the reader's address
    DATA = "data"  # the wish to send
    END_OF_DATA = "dot"  # the whole message: from here on the relay may have it


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An SMTP reply: three digits (0: the connection broke first), RFC 3463 code or "", text.

    relay is who gave it, by host and port; "" where that is not known any more.
    """

    code: int
    enhanced: str = ""
    text: str = ""
    stage: SmtpStage = SmtpStage.END_OF_DATA
    relay: str = field(default="", compare=False)

    def __str__(self) -> str:
        return " ".join(filter(None, (str(self.code or ""), self.enhanced, self.text)))


_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")


def parse_reply(code: int, text: str, stage: SmtpStage, *, relay: str = "") -> Reply:
    """The reply of that relay, with its enhanced status code (RFC 2034) taken out of the text.

    What no screen shows is a space: a relay may say anything, and PostgreSQL takes no NUL.
    """
    lines = [_printable(line).strip() for line in text.splitlines()]
    enhanced = _ENHANCED.match(lines[0]) if lines else None
    if enhanced is None or int(enhanced[1][0]) != code // 100:
        return Reply(code=code, text=" ".join(lines), stage=stage, relay=relay)
    # Each line of a longer reply repeats the code.
    said = " ".join(line.removeprefix(enhanced[1]).strip() for line in lines)
    return Reply(code=code, enhanced=enhanced[1], text=said, stage=stage, relay=relay)


def _printable(line: str) -> str:
    if line.isprintable():
        return line
    return "".join(one if one.isprintable() else " " for one in line)
