"""What is said to a relay and what its replies mean, apart from any socket."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Protocol

from newsletter.domain.delivery.refusal_scope import is_beyond_relay
from newsletter.domain.delivery.smtp_reply import Reply, SmtpStage, parse_reply
from newsletter.domain.throttling.throttle_replies import ends_session
from newsletter.mail.smtp.commands import Envelope, Extensions, mail_and_rcpt
from newsletter.mail.smtp.relay_url import MOST_MESSAGES
from newsletter.mail.smtp.reply_parser import SHOWN_CHARS, ProtocolError
from newsletter.mail.smtp.timeouts import STAGES, SmtpStep

_DONE, _GO_ON, _REFUSED = 2, 3, 4  # RFC 5321, 4.2.1: the first digit decides
_CLOSING = 421  # RFC 5321, 3.8: the relay says goodbye, whatever was asked


class MessageSource(Protocol):
    """Where a connection takes messages from, and whom it tells how each went.

    Each message that next gave is answered or returned, once.
    """

    def next_message(self) -> Envelope | None:
        """The next message, None when there is none for now."""

    def confirm_start(self, envelope: Envelope) -> bool:
        """Whether it may go out now; then the relay may have it, until it has answered."""

    def give_back(self, envelope: Envelope) -> None:
        """It was not begun, for no fault of its own: the connection ended before its turn."""

    def on_reply(self, envelope: Envelope, reply: Reply) -> None:
        """The reply that decided, whichever command it was to; code 0: the connection broke."""


def _always() -> bool:
    return True


def _never(_: Envelope, __: Reply) -> bool:
    return False


_SentCommand = tuple[SmtpStep, Envelope | None, bytes]


class SmtpSession:
    """One connection's transactions: replies in, bytes out. One message at most is in doubt.

    Where the relay takes groups of commands (RFC 2920) a body and the next message's MAIL, RCPT and
    DATA go out in one write; elsewhere each command waits for its answer.
    """

    def __init__(
        self,
        supply: MessageSource,
        offered: Extensions,
        *,
        most: int = MOST_MESSAGES,
        relay: str = "",
        may_go_on: Callable[[], bool] = _always,
        pass_on: Callable[[Envelope, Reply], bool] = _never,
    ) -> None:
        """Begin with nothing said. most is how many messages may go over the connection.

        relay is the name that its replies bear. may_go_on is asked before each message. pass_on is
        given what this relay cannot take, and why; it says whether it sees to that. Otherwise the
        supply is answered.
        """
        self._supply = supply
        self._offered = offered
        self._relay = relay
        self._may_go_on = may_go_on
        self._pass_on = pass_on
        self._left = most
        self._waiting: deque[_SentCommand] = (
            deque()
        )  # to be said, one by one, to a relay that wants it so
        self._expected: deque[tuple[SmtpStep, Envelope | None]] = deque()
        self._behind_dot = 0  # bytes said after the last message
        self._refusal: Reply | None = None  # of the message whose commands are being answered
        self._is_explained = False  # why the connection ends; then nobody else is to blame
        self.is_closing = False
        self.is_stopped_by_us = False
        self.farewell: Reply | None = None  # the relay's goodbye, where it said one
        self.answers = 0  # messages about which the relay has decided
        self.has_begun = False  # Something was asked.
        self.is_in_doubt = False  # A message went out whole, and no answer came.
        self.was_cut_off = False  # Where a message would have begun, and without a 421.

    @property
    def is_done(self) -> bool:
        """Whether nothing is said or expected any more."""
        return not self._expected and not self._waiting

    @property
    def is_spent(self) -> bool:
        """Whether the connection has carried as many messages as it may."""
        return self._left <= 0

    @property
    def step(self) -> SmtpStep:
        """What the next answer is to."""
        return self._expected[0][0] if self._expected else SmtpStep.MAIL

    def start(self) -> bytes:
        """What to say first, or once there is something new; empty when there is nothing."""
        return self._say(self._opening())

    def received(self, code: int, text: bytes) -> bytes:
        """What to say to this reply. code is its three digits.

        Raises ProtocolError when it is no answer to what was asked: the relay and we no longer
        mean the same, so nothing that follows can be trusted to belong to its message.
        """
        if self._is_goodbye(code, text):
            self._goodbye(code, text)
            return b""
        if not self._expected:
            raise ProtocolError
        step, envelope = self._expected[0]
        kind = code // 100
        if kind < _REFUSED and kind != (_GO_ON if step is SmtpStep.DATA else _DONE):
            raise ProtocolError
        if kind == _GO_ON and self._refusal is None:
            return self._go(envelope)
        self._expected.popleft()
        if step is SmtpStep.END_OF_DATA:
            self._tell(envelope, self._reply(code, text, SmtpStage.END_OF_DATA))
            return self._released() if self._waiting or self._expected else self.start()
        if step is SmtpStep.RSET:
            if kind != _DONE:  # what it still remembers would spoil the next message
                self.is_closing = self._is_explained = True
            return self._released()
        if step is SmtpStep.EMPTY_DATA:
            return self._refused(envelope)
        return self._command_answered(step, envelope, code, text)

    def lost(self, why: str, *, unsent: int = 0) -> None:
        """The connection is gone: who may have the message is told so, the rest was not begun.

        unsent is how many bytes of what was said have certainly not left. A message whose end is
        among them is nowhere.
        """
        for step, envelope in self._pending():
            if step is SmtpStep.END_OF_DATA:
                stage = SmtpStage.DATA if unsent > self._behind_dot else SmtpStage.END_OF_DATA
                self.is_in_doubt = stage is SmtpStage.END_OF_DATA
                self._supply.on_reply(envelope, Reply(code=0, text=why, stage=stage))
            elif self._is_explained:
                self._supply.give_back(envelope)
            elif self._is_between(step):
                self.was_cut_off = True
                self._supply.give_back(envelope)
            elif self._refusal is not None:
                self._tell(envelope, self._refusal)
            else:
                self._supply.on_reply(envelope, Reply(code=0, text=why, stage=STAGES[step]))
            self._is_explained = True
            self._refusal = None

    def _is_between(self, step: SmtpStep) -> bool:
        """Whether the connection ended where a message would have begun, and others had before.

        So it is with a relay that takes so many messages over one connection, or has waited for
        long enough; some say 451 to MAIL first. It knows no recipient yet.
        """
        refusal = self._refusal
        if refusal is None:
            is_opening = step is SmtpStep.MAIL
        else:
            is_opening = refusal.stage is SmtpStage.MAIL and refusal.code // 100 == _REFUSED
        return is_opening and self.answers > 0

    def _pending(self) -> Iterator[tuple[SmtpStep, Envelope]]:
        """Each message that waits for an answer, with the first that it waits for."""
        pending = [*self._expected, *((step, envelope) for step, envelope, _ in self._waiting)]
        self._expected.clear()
        self._waiting.clear()
        before = None
        for step, envelope in pending:
            if envelope is not None and envelope is not before:
                before = envelope
                yield step, envelope

    def _is_goodbye(self, code: int, text: bytes) -> bool:
        """Whether the relay ends it: by a 421, by a 4yz unasked, or in words at the next MAIL."""
        if code == _CLOSING or (code // 100 == _REFUSED and not self._expected):
            return True
        if code // 100 in {_DONE, _GO_ON}:
            return False
        is_opening = bool(self._expected) and self._expected[0][0] is SmtpStep.MAIL
        return is_opening and ends_session(self._reply(code, text, SmtpStage.MAIL))

    def _goodbye(self, code: int, text: bytes) -> None:
        """The relay ends it. To MAIL that says nothing of the message: it goes elsewhere."""
        self.is_closing = True
        step, envelope = self._expected[0] if self._expected else (SmtpStep.MAIL, None)
        self.farewell = self._reply(code, text, STAGES.get(step, SmtpStage.END_OF_DATA))
        is_opening = envelope is not None and step is SmtpStep.MAIL
        self.was_cut_off = is_opening and code != _CLOSING and self.answers > 0
        if envelope is not None and step is not SmtpStep.MAIL:
            self._forget(envelope)
            self._supply.on_reply(envelope, self._refusal or self.farewell)
            self._refusal = None
        self._is_explained = True

    def _command_answered(
        self, step: SmtpStep, envelope: Envelope | None, code: int, text: bytes
    ) -> bytes:
        is_yes = code // 100 < _REFUSED
        if not is_yes and self._refusal is None:
            self._refusal = self._reply(code, text, STAGES[step])
        if self._refusal is None:
            return self._released() if self._waiting else b""
        if step is SmtpStep.DATA and is_yes:
            return self._say([(SmtpStep.EMPTY_DATA, envelope, b".\r\n")])
        # In a group the answers to the rest of it are still to come; elsewhere it is not said.
        return self._refused(envelope) if step is SmtpStep.DATA or self._waiting else b""

    def _go(self, envelope: Envelope | None) -> bytes:
        """The message, unless it may not go any more: a dot now would send an empty one."""
        assert envelope is not None
        if self.is_closing or not self._supply.confirm_start(envelope):
            self.is_stopped_by_us = not self.is_closing
            self.is_closing = self._is_explained = True
            return b""
        self._expected[0] = (SmtpStep.END_OF_DATA, envelope)
        said = self._opening()
        end = self._say(said)
        self._behind_dot = len(end)
        return b"".join((envelope.content, b".\r\n", end))

    def _refused(self, envelope: Envelope | None) -> bytes:
        """Tell of the refusal, and begin the next message in a new transaction."""
        assert envelope is not None
        assert self._refusal is not None
        refusal, self._refusal = self._refusal, None
        self._forget(envelope)
        if is_beyond_relay(refusal) and self._pass_on(envelope, refusal):
            self.answers += 1
        else:
            self._tell(envelope, refusal)
        return self._say([(SmtpStep.RSET, None, b"RSET\r\n"), *self._opening()])

    def _opening(self) -> list[_SentCommand]:
        """The commands that open the next message; those that this relay cannot take are told."""
        while not self.is_closing and self._left > 0 and self._may_go_on():
            envelope = self._supply.next_message()
            if envelope is None:
                break
            opened = mail_and_rcpt(envelope, self._offered)
            if isinstance(opened, Reply):
                if not (is_beyond_relay(opened) and self._pass_on(envelope, opened)):
                    self._supply.on_reply(envelope, opened)
                continue
            self._left -= 1
            self.has_begun = True
            mail, rcpt = opened
            return [
                (SmtpStep.MAIL, envelope, mail),
                (SmtpStep.RCPT, envelope, rcpt),
                (SmtpStep.DATA, envelope, b"DATA\r\n"),
            ]
        return []

    def _say(self, commands: list[_SentCommand]) -> bytes:
        if self._offered.is_pipelined:
            self._expected.extend((step, envelope) for step, envelope, _ in commands)
            return b"".join([text for _, _, text in commands])
        self._waiting.extend(commands)
        return self._released()

    def _released(self) -> bytes:
        """The next thing to say to a relay that is told one thing at a time."""
        if not self._waiting or self._expected or self.is_closing:
            return b""
        step, envelope, text = self._waiting.popleft()
        self._expected.append((step, envelope))
        return text

    def _tell(self, envelope: Envelope | None, reply: Reply) -> None:
        assert envelope is not None
        self.answers += 1
        self._supply.on_reply(envelope, reply)

    def _forget(self, envelope: Envelope) -> None:
        """Nothing of this message is said or expected any more."""
        self._waiting = deque(one for one in self._waiting if one[1] is not envelope)
        self._expected = deque(one for one in self._expected if one[1] is not envelope)

    def _reply(self, code: int, text: bytes, stage: SmtpStage) -> Reply:
        shown = text[:SHOWN_CHARS].decode("utf-8", "replace")
        return parse_reply(code, shown, stage, relay=self._relay)
