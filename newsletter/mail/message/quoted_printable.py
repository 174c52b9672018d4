"""Text in quoted-printable with slots in it (RFC 2045, 6.7)."""

import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

LINE = 73  # Bytes of encoded text a line: 76 are allowed, one is the break's, two a guard's.
_SOFT = b"=\r\n"  # a line break that is none of the text's
_GUARDS = ((b".", b"=2E"), (b"From ", b"=46rom "))


@dataclass(frozen=True, slots=True)
class QuotedPrintableBody:
    """Constant bytes, and between them slots on lines of their own between soft line breaks.

    So a value of any length leaves the lines around it as they are.
    """

    encoding: ClassVar = "quoted-printable"

    start: bytes
    rest: tuple[tuple[int, bytes], ...]

    @classmethod
    def of(cls, constants: Sequence[bytes], slots: Sequence[int]) -> Self:
        """The text that has these constants, and the numbered slots between them.

        Its lines end in CRLF. There is one constant more than there are slots.
        """
        *inner, last = map(encoded, constants)
        if not slots:
            return cls(last, ())
        start, *between = [one + _SOFT if one else one for one in inner]
        # A text must not end with a soft line break.
        behind = [_SOFT + one for one in between] + [_SOFT + last if last else last]
        return cls(start, tuple(zip(slots, behind, strict=True)))

    def pieces(self, values: Sequence[bytes], *, are_plain: bool) -> list[bytes]:
        """The text with each slot's value in it; the first piece is the same for all values.

        are_plain says that every value is its own encoding and fits on a line.
        """
        found = [self.start]
        for slot, constant in self.rest:
            found += (values[slot] if are_plain else encoded(values[slot]), constant)
        return found


def encoded(text: bytes) -> bytes:
    """Text with CRLF line ends in quoted-printable; empty for an empty text.

    No line begins with a dot, which SMTP would double, or with a From that old mailboxes would
    change to >From.
    """
    return b"\r\n".join(_SOFT.join(_folded(_quoted(line))) for line in text.split(b"\r\n"))


def _quoted(line: bytes) -> bytes:
    return binascii.b2a_qp(line, quotetabs=False, header=False).replace(b"=\n", b"")


def _folded(quoted: bytes) -> list[bytes]:
    """The line cut into pieces of at most LINE bytes and a guard, never within an =XX."""
    pieces = []
    while len(quoted) > LINE:
        cut = LINE
        if b"=" in quoted[cut - 2 : cut]:
            cut = quoted.rindex(b"=", cut - 2, cut)
        pieces.append(_guarded(quoted[:cut]))
        quoted = quoted[cut:]
    return [*pieces, _guarded(quoted)]


def _guarded(line: bytes) -> bytes:
    for bare, guarded in _GUARDS:
        if line.startswith(bare):
            return guarded + line[len(bare) :]
    return line
