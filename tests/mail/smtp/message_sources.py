"""Messages for connections to take, and what came of each."""

from collections import deque

from newsletter.domain.delivery.smtp_reply import Reply
from newsletter.mail.smtp import Envelope

FROM = "bounce@letters.example"
MESSAGE = b"Subject: A bridge\r\n\r\nIt opens.\r\n"


class Letters:
    """A supply of so many letters, numbered from 1; says when each begun may not go any more."""

    def __init__(self, count: int, *, content: bytes = MESSAGE, may_begin: int = 10**9) -> None:
        self.waiting = deque(range(1, count + 1))
        self.told: dict[int, Reply] = {}
        self.returns: list[int] = []
        self._content = content
        self._may_begin = may_begin

    def next_message(self) -> Envelope | None:
        if not self.waiting:
            return None
        key = self.waiting.popleft()
        return Envelope(key, FROM, f"r{key}@reader.example", self._content)

    def confirm_start(self, envelope: Envelope) -> bool:
        assert envelope.key not in self.told
        self._may_begin -= 1
        if self._may_begin < 0:
            self.waiting.clear()
            return False
        return True

    def give_back(self, envelope: Envelope) -> None:
        self.returns.append(envelope.key)
        if self._may_begin >= 0:
            self.waiting.appendleft(envelope.key)

    def on_reply(self, envelope: Envelope, reply: Reply) -> None:
        assert envelope.key not in self.told
        self.told[envelope.key] = reply

    async def wait_for_message(self) -> bool:
        return bool(self.waiting)

    def codes(self) -> list[int]:
        """The codes told, in the order of the letters."""
        return [self.told[key].code for key in sorted(self.told)]
