"""What is said to a relay and what its replies mean, apart from any socket."""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Protocol

from newsletter.domain.delivery import Reply, Stage, read_reply
from newsletter.mail.headers import written_address

MOST_MESSAGES = 10_000  # On one connection; relays that cap it say 421, and that is no trouble.
_OK = frozenset({250, 251, 252})
_GO_AHEAD = 354
_CLOSING = 421  # RFC 5321, 3.8: the relay says goodbye, whatever was asked
_REPLY_CHARS = 500


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message for one recipient. content has CRLF line ends, and no line begins with a dot."""

    key: int
    sender: str
    recipient: str
    content: bytes


class Supply(Protocol):
    """Where a connection takes messages from, and whom it tells how each went."""

    def next(self) -> Envelope | None:
        """The next message, None when there is none for now."""

    def begun(self, envelope: Envelope) -> bool:
        """Whether it may go out now; then the relay may have it, until it has answered."""

    def returned(self, envelope: Envelope) -> None:
        """It was not begun, for no fault of its own: the connection ended before its turn."""

    def answered(self, envelope: Envelope, reply: Reply) -> None:
        """The reply that decided, whichever command it was to; code 0: the connection broke."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """The extensions a relay offers that we use."""

    is_pipelined: bool = False
    takes_8bit: bool = False
    takes_utf8: bool = False
    is_size_told: bool = False


class _Step(StrEnum):
    MAIL = auto()
    RCPT = auto()
    DATA = auto()
    DOT = auto()
    RSET = auto()  # after a refusal: the next message starts clean
    VOID = auto()  # a lone dot: the relay would have taken data for nobody


_STAGES = {_Step.MAIL: Stage.MAIL, _Step.RCPT: Stage.RCPT, _Step.DATA: Stage.DATA}
_Said = tuple[_Step, Envelope | None, bytes]


class Dialogue:
    """One connection's transactions: replies in, bytes out. One message at most is in doubt.

    Where the relay takes groups of commands (RFC 2920) a body and the next message's MAIL, RCPT and
    DATA go out in one write; elsewhere each command waits for its answer.
    """

    def __init__(self, supply: Supply, offered: Offered, *, most: int = MOST_MESSAGES) -> None:
        self._supply = supply
        self._offered = offered
        self._left = most
        self._waiting: deque[_Said] = deque()  # to be said, one by one, to a relay that wants it so
        self._expected: deque[tuple[_Step, Envelope | None]] = deque()
        self._refusal: Reply | None = None  # of the message whose commands are being answered
        self._has_told = False  # why the connection ends; then nobody else is to blame
        self.is_closing = False

    @property
    def is_done(self) -> bool:
        """Whether nothing is said or expected any more."""
        return not self._expected and not self._waiting

    def start(self) -> bytes:
        """What to say first, or once there is something new; empty when there is nothing."""
        return self._say(self._opening())

    def received(self, code: int, text: str) -> bytes:
        """What to say to this reply. code is its three digits."""
        if not self._expected:
            self.is_closing = True  # nobody asked: the relay and we no longer mean the same
            return b""
        step, envelope = self._expected.popleft()
        if code == _CLOSING:
            self._close(step, envelope, code, text)
            return b""
        if envelope is None:
            return self._released()
        if step is _Step.DOT:
            self._supply.answered(envelope, _reply(code, text, Stage.DOT))
            return self._released() if self._expected or self._waiting else self.start()
        if step is _Step.VOID:
            return self._refused(envelope)
        return self._command_answered(step, envelope, code, text)

    def lost(self, why: str) -> None:
        """The connection is gone: who may have the message is told so, the rest was not begun."""
        told: set[int] = set()
        pending = [*self._expected, *((step, envelope) for step, envelope, _ in self._waiting)]
        self._expected.clear()
        self._waiting.clear()
        for step, envelope in pending:
            if envelope is not None and envelope.key not in told:
                told.add(envelope.key)
                refusal = None if step is _Step.DOT else self._refusal
                if self._has_told and refusal is None and step is not _Step.DOT:
                    self._supply.returned(envelope)
                    continue
                stage = _STAGES.get(step, Stage.DOT)
                self._supply.answered(envelope, refusal or Reply(code=0, text=why, stage=stage))
                self._has_told = True

    def _close(self, step: _Step, envelope: Envelope | None, code: int, text: str) -> None:
        self.is_closing = True
        if envelope is None:
            return
        self._forget(envelope)
        reply = _reply(code, text, _STAGES.get(step, Stage.DOT))
        decided = None if step is _Step.DOT else self._refusal
        self._supply.answered(envelope, decided or reply)
        self._refusal = None
        self._has_told = True

    def _command_answered(self, step: _Step, envelope: Envelope, code: int, text: str) -> bytes:
        is_yes = code == _GO_AHEAD if step is _Step.DATA else code in _OK
        if not is_yes and self._refusal is None:
            self._refusal = _reply(code, text, _STAGES[step])
        if step is not _Step.DATA:
            if self._refusal is not None and self._waiting:  # nothing more of it need be said
                return self._refused(envelope)
            return self._released()
        if self._refusal is None:
            if not self._supply.begun(envelope):
                self.is_closing = self._has_told = True  # a dot now would send an empty message
                self._supply.returned(envelope)
                return b""
            return self._say([(_Step.DOT, envelope, envelope.content + b".\r\n"), *self._opening()])
        if code == _GO_AHEAD:
            return self._say([(_Step.VOID, envelope, b".\r\n")])
        return self._refused(envelope)

    def _refused(self, envelope: Envelope) -> bytes:
        """Tell of the refusal, and begin the next message in a new transaction."""
        self._forget(envelope)
        assert self._refusal is not None
        self._supply.answered(envelope, self._refusal)
        self._refusal = None
        return self._say([(_Step.RSET, None, b"RSET\r\n"), *self._opening()])

    def _opening(self) -> list[_Said]:
        """The commands that open the next message; those that this relay cannot take are told."""
        while not self.is_closing and self._left > 0:
            envelope = self._supply.next()
            if envelope is None:
                break
            self._left -= 1
            options = self._options(envelope)
            if options is not None:
                sender, recipient = written_address(envelope.sender), _written(envelope)
                mail = f"MAIL FROM:<{sender}>{options}\r\n".encode()
                rcpt = f"RCPT TO:<{recipient}>\r\n".encode()
                return [
                    (_Step.MAIL, envelope, mail),
                    (_Step.RCPT, envelope, rcpt),
                    (_Step.DATA, envelope, b"DATA\r\n"),
                ]
            text = "The relay takes no addresses beyond ASCII (it offers no SMTPUTF8)."
            reply = Reply(code=553, enhanced="5.6.7", text=text, stage=Stage.RCPT)
            self._supply.answered(envelope, reply)
        return []

    def _options(self, envelope: Envelope) -> str | None:
        """What MAIL FROM says besides the address; None when the relay cannot take the message."""
        said = f" SIZE={len(envelope.content)}" if self._offered.is_size_told else ""
        said += " BODY=8BITMIME" if self._offered.takes_8bit else ""
        if _written(envelope).isascii() and written_address(envelope.sender).isascii():
            return said
        return f"{said} SMTPUTF8" if self._offered.takes_utf8 else None

    def _say(self, said: list[_Said]) -> bytes:
        if self._offered.is_pipelined:
            self._expected.extend((step, envelope) for step, envelope, _ in said)
            return b"".join(text for _, _, text in said)
        self._waiting.extend(said)
        return self._released()

    def _released(self) -> bytes:
        """The next thing to say to a relay that is told one thing at a time."""
        if not self._waiting or self._expected:
            return b""
        step, envelope, text = self._waiting.popleft()
        self._expected.append((step, envelope))
        return text

    def _forget(self, envelope: Envelope) -> None:
        """Nothing of this message is said any more, where it has not been said yet."""
        self._waiting = deque(one for one in self._waiting if one[1] is not envelope)
        self._expected = deque(one for one in self._expected if one[1] is not envelope)


def _written(envelope: Envelope) -> str:
    return (
        envelope.recipient if envelope.recipient.isascii() else written_address(envelope.recipient)
    )


def _reply(code: int, text: str, stage: Stage) -> Reply:
    return read_reply(code, text[:_REPLY_CHARS], stage)
