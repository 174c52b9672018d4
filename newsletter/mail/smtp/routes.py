"""What one relay of a set cannot take goes to another: a message's size, an address's letters."""

from collections import deque
from collections.abc import Callable
from typing import Protocol

from newsletter.domain.delivery.refusal_scope import is_beyond_ascii
from newsletter.domain.delivery.smtp_reply import Reply
from newsletter.errors import NewsletterError, RelayRefusesError
from newsletter.mail.smtp.commands import Envelope
from newsletter.mail.smtp.relay_health import RelayPool, RelayState
from newsletter.mail.smtp.session import MessageSource


class MessageStream(MessageSource, Protocol):
    """A supply that goes on: it may have nothing for a moment."""

    async def wait_for_message(self) -> bool:
        """Whether there is a next message; waits until that is known."""


class Routes:
    """Which relay may be given what, in one run.

    All messages of a run are as long as each other, but for a few bytes: a relay that finds one too
    large is given no other. A relay that takes no address beyond ASCII is given the other ones, and
    those addresses wait for one that takes them.
    """

    def __init__(self, supply: MessageStream, standings: RelayPool) -> None:
        self._supply = supply
        self._standings = standings
        self._too_small: dict[RelayState, str] = {}
        # For a relay that takes letters beyond ASCII, with what the last one said of it.
        self._waiting: deque[tuple[Envelope, Reply]] = deque()
        self._stranded: deque[tuple[Envelope, Reply]] = deque()  # such a relay is away

    async def has_more(self) -> bool:
        """Return whether there is something to send, to whichever relay."""
        self._refuse_what_nobody_takes()
        return bool(self._waiting) or await self._supply.wait_for_message()

    async def has_more_for(self, standing: RelayState) -> bool:
        """Return whether there is something that this relay may be given."""
        return (
            bool(self._waiting) and standing.takes_utf8 is True
        ) or await self._supply.wait_for_message()

    def may_use(self, standing: RelayState) -> bool:
        """Return whether a connection to this relay has something to do."""
        if self._waiting and standing.takes_utf8 is False:
            return False
        return standing not in self._too_small

    def may_go_on(self, standing: RelayState) -> bool:
        """Return whether this relay may be given another message."""
        return standing not in self._too_small and not standing.is_disabled

    def strand(self) -> bool:
        """Return whether what waits was laid aside, so that the rest may go on without it."""
        is_waiting = bool(self._waiting)
        self._stranded.extend(self._waiting)
        self._waiting.clear()
        return is_waiting

    def give_back(self) -> bool:
        """Return whether something was left that no relay could be given; it is the supply's."""
        self._refuse_what_nobody_takes()
        self.strand()
        left = [*self._stranded]
        self._stranded.clear()
        for envelope, _ in left:
            self._supply.give_back(envelope)
        return bool(left)

    def trouble(self) -> NewsletterError:
        """Return why nothing can be sent: RelayRefusesError when waiting does not mend it."""
        if self._too_small and all(
            one in self._too_small or one.is_disabled for one in self._standings
        ):
            sentences = [self._too_small.get(one, one.why) for one in self._standings]
            return RelayRefusesError(" ".join(sentences))
        return self._standings.unavailable_error()

    def supply_for(self, standing: RelayState) -> MessageSource:
        """Return the messages that this relay may be given."""
        return _RelaySource(self._supply, lambda: self._next(standing))

    def pass_on(self, standing: RelayState, envelope: Envelope, reply: Reply) -> bool:
        """Return True: this relay cannot take the message, and another one is asked if it can."""
        if is_beyond_ascii(reply):
            standing.takes_utf8 = False
            self._waiting.append((envelope, reply))
            self._refuse_what_nobody_takes()
            return True
        self._too_small[standing] = _too_small(standing, len(envelope.content), reply)
        self._supply.give_back(envelope)
        return True

    def _next(self, standing: RelayState) -> Envelope | None:
        if self._waiting and standing.takes_utf8:
            return self._waiting.popleft()[0]
        return self._supply.next_message()

    def _refuse_what_nobody_takes(self) -> None:
        """Answer what waits for a relay that takes it, once all have said that they do not."""
        if all(one.takes_utf8 is False for one in self._standings):
            while self._waiting:
                self._supply.on_reply(*self._waiting.popleft())


class _RelaySource:
    """A supply of which one relay is given a part."""

    def __init__(self, supply: MessageSource, next_: Callable[[], Envelope | None]) -> None:
        self.next_message = next_
        self.confirm_start = supply.confirm_start
        self.give_back = supply.give_back
        self.on_reply = supply.on_reply


def _too_small(standing: RelayState, size: int, reply: Reply) -> str:
    name, most = standing.relay.name, standing.most_bytes
    limit = f"at most {most} bytes" if 0 < most < size else f"less ({reply})"
    return (
        f"A message of this edition has {size} bytes, and the relay {name} takes {limit}. Raise "
        "the relay's limit, shorten the edition, or name another relay in NEWSLETTER_SMTP_URL."
    )
