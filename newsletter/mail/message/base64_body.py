"""Text in base64 with slots in it (RFC 2045, 6.8).

Base64 writes three bytes as four letters, so what stands behind a slot would depend on the length
of the value. Here the slot borrows from the constant behind it the bytes, two at most, that make
its group whole, and the rest of that constant is encoded in advance for each number it may lend.
"""

import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

_LINE_BYTES = 57  # 76 letters of base64, as many as a line may have.
_GROUP = 3

# What the slot borrows, the whole groups behind that, and the bytes left for the slot that follows.
Variant = tuple[bytes, bytes, bytes]


@dataclass(frozen=True, slots=True)
class Base64Body:
    """Constant bytes in whole groups, and between them slots on lines of their own."""

    encoding: ClassVar = "base64"

    start: bytes
    tail: bytes
    rest: tuple[tuple[int, tuple[Variant, ...]], ...]

    @classmethod
    def of(cls, constants: Sequence[bytes], slots: Sequence[int]) -> Self:
        """The text that has these constants, and the numbered slots between them.

        Its lines end in CRLF. There is one constant more than there are slots.
        """
        first, *others = constants
        if not slots:
            return cls(encoded(first), b"", ())
        _, start, tail = _variant(first, 0)
        behind = [tuple(_variant(one, lent) for lent in range(_GROUP)) for one in others[:-1]]
        behind.append(tuple(_last(others[-1], lent) for lent in range(_GROUP)))
        return cls(start, tail, tuple(zip(slots, behind, strict=True)))

    def pieces(self, values: Sequence[bytes], *, are_plain: bool) -> list[bytes]:  # noqa: ARG002
        """The text with each slot's value in it; the first piece is the same for all values.

        To base64 no value is plainer than another.
        """
        found, tail = [self.start], self.tail
        for slot, variants in self.rest:
            group = tail + values[slot]
            lent, lines, tail = variants[-len(group) % _GROUP]
            group += lent
            if over := len(group) % _GROUP:  # a constant of a byte or none had not enough to lend
                group, tail = group[:-over], group[-over:]
            found += (encoded(group), lines)
        if tail:
            found.append(encoded(tail))
        return found


def encoded(text: bytes) -> bytes:
    """Bytes in base64, in lines that each end in CRLF; empty for none."""
    if 0 < len(text) <= _LINE_BYTES:
        return binascii.b2a_base64(text, newline=False) + b"\r\n"
    return b"".join(
        binascii.b2a_base64(text[at : at + _LINE_BYTES], newline=False) + b"\r\n"
        for at in range(0, len(text), _LINE_BYTES)
    )


def _variant(constant: bytes, lent: int) -> Variant:
    """The constant when it lends so many bytes."""
    whole = max(lent, len(constant) - (len(constant) - lent) % _GROUP)
    return constant[:lent], encoded(constant[lent:whole]), constant[whole:]


def _last(constant: bytes, lent: int) -> Variant:
    """Likewise for the constant that ends the text, whose last group may be padded."""
    return constant[:lent], encoded(constant[lent:]), b""
