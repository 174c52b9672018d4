"""What opens a message at a relay: MAIL and RCPT with what it offers, or why it is not asked."""

import re
from dataclasses import dataclass

from newsletter.domain.delivery.smtp_reply import Reply, SmtpStage
from newsletter.mail.message.headers import written_address

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_NOT_XTEXT = re.compile(r"[^!-*,-<>-~]")  # RFC 3461, 4: xtext is printable ASCII but + and =
_NOT_UTF8_XTEXT = re.compile(r"[^!-*,-<>-\[\]-~]")  # RFC 6533, 3: nor the backslash


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message for one recipient. content has CRLF line ends, and no line begins with a dot.

    envelope_id comes back in the reports of relays that know it (RFC 3461, 4.4): at most 100
    printable characters.
    """

    key: int
    sender: str
    recipient: str
    content: bytes
    envelope_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extensions:
    """The extensions a relay offers that we use. most_bytes is 0 where it states none."""

    is_pipelined: bool = False
    takes_8bit: bool = False
    takes_utf8: bool = False
    is_size_told: bool = False
    most_bytes: int = 0
    reports: bool = False

    @classmethod
    def read(cls, lines: frozenset[str]) -> "Extensions":
        """What stands in the answer to EHLO, in capitals."""
        words = {line.split(" ")[0]: line.split(" ")[1:] for line in lines}
        size = (words.get("SIZE") or [""])[0]
        return cls(
            is_pipelined="PIPELINING" in words,
            takes_8bit="8BITMIME" in words,
            takes_utf8="SMTPUTF8" in words,
            is_size_told="SIZE" in words,
            most_bytes=int(size) if size.isascii() and size.isdigit() else 0,
            reports="DSN" in words,
        )


def mail_and_rcpt(envelope: Envelope, offered: Extensions) -> tuple[bytes, bytes] | Reply:
    """The MAIL and the RCPT of a message; a Reply when this relay cannot take it.

    SIZE of RFC 1870, BODY of RFC 6152, SMTPUTF8 of RFC 6531, RET, ENVID, NOTIFY and ORCPT of
    RFC 3461: a failure is reported with the header only, and a mere delay is not.
    """
    sender, recipient = written_address(envelope.sender), written_address(envelope.recipient)
    is_ascii = sender.isascii() and recipient.isascii()
    refusal = _refusal(envelope, offered, is_ascii=is_ascii)
    if refusal is not None:
        return refusal
    mail, rcpt = f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>"
    if offered.is_size_told:
        mail += f" SIZE={len(envelope.content)}"
    if offered.takes_8bit:
        mail += " BODY=8BITMIME"
    if not is_ascii:
        mail += " SMTPUTF8"
    if offered.reports:
        identity = f" ENVID={_xtext(envelope.envelope_id)}" if envelope.envelope_id else ""
        mail += f" RET=HDRS{identity}"
        rcpt += f" NOTIFY=FAILURE ORCPT={_original(recipient)}"
    return f"{mail}\r\n".encode(), f"{rcpt}\r\n".encode()


def _refusal(envelope: Envelope, offered: Extensions, *, is_ascii: bool) -> Reply | None:
    if _CONTROLS.search(envelope.recipient) or _CONTROLS.search(envelope.sender):
        text = "A control character stands in the address; the relay was not asked."
        return Reply(code=553, enhanced="5.1.3", text=text, stage=SmtpStage.RCPT)
    if not (is_ascii or offered.takes_utf8):
        text = "The relay takes no addresses beyond ASCII (it offers no SMTPUTF8)."
        return Reply(code=553, enhanced="5.6.7", text=text, stage=SmtpStage.RCPT)
    if 0 < offered.most_bytes < len(envelope.content):
        text = (
            f"The message has {len(envelope.content)} bytes and the relay takes "
            f"{offered.most_bytes}; it was not asked."
        )
        return Reply(code=552, enhanced="5.3.4", text=text, stage=SmtpStage.MAIL)
    return None


def _original(recipient: str) -> str:
    """The recipient as reports are to name it; beyond ASCII in the type of RFC 6533."""
    if recipient.isascii():
        return f"rfc822;{_xtext(recipient)}"
    escaped = _NOT_UTF8_XTEXT.sub(lambda one: rf"\x{{{ord(one[0]):02X}}}", recipient)
    return f"utf-8;{escaped}"


def _xtext(text: str) -> str:
    return _NOT_XTEXT.sub(lambda one: f"+{ord(one[0]):02X}", text)
