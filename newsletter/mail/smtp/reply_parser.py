"""Bytes from a relay into replies (RFC 5321, 4.2)."""

from collections.abc import Iterator

from newsletter.domain.delivery.smtp_reply import SmtpStage, parse_reply

MAX_LINE_BYTES = 8_192  # RFC 5321, 4.5.3.1.5 says 512; a few relays write essays.
MAX_REPLY_BYTES = 65_536  # A reply is a few lines; what is longer is no reply.
SHOWN_CHARS = 500  # Of a reply; some relays write essays.
_CODES = {b"%d" % code: code for code in range(200, 600)}  # 1yz was never given a meaning


class ProtocolError(Exception):
    """What came is no reply."""


def in_words(code: int, text: str) -> str:
    """Return a reply as one line for people, of letters that a screen and PostgreSQL can take."""
    return str(parse_reply(code, text[:SHOWN_CHARS], SmtpStage.MAIL))


class ReplyParser:
    """What has come and is not a whole reply yet."""

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[bytes] = []
        self._bytes = 0

    @property
    def has_begun(self) -> bool:
        """Whether a reply is there in part."""
        return bool(self._rest or self._lines)

    def read(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Each reply that is now whole: its code, and its lines' texts with a line end between.

        Raises ProtocolError, after those that make sense.
        """
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            code, sign = _CODES.get(line[:3]), line[3:4].strip()
            if code is None or sign not in {b"", b"-"} or len(line) > MAX_LINE_BYTES:
                raise ProtocolError
            if sign or self._lines:
                self._keep(line)
            if not sign:
                text = b"\n".join(self._lines) if self._lines else line[4:].rstrip(b"\r")
                self._lines.clear()
                self._bytes = 0
                yield code, text
        if len(self._rest) > MAX_LINE_BYTES:
            raise ProtocolError

    def _keep(self, line: bytes) -> None:
        self._lines.append(line[4:].rstrip(b"\r"))
        self._bytes += len(line)
        if self._bytes > MAX_REPLY_BYTES:
            raise ProtocolError
