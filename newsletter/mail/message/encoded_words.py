"""Text beyond ASCII in a header (RFC 2047): fast enough to be done for every recipient's name."""

import binascii

WORD = 75  # The longest that one may be.

_START_B, _START_Q, _END = "=?utf-8?b?", "=?utf-8?q?", "?="
_FIRST_BITS, _CONTINUES = 0xC0, 0x80  # of a byte that goes on with a letter (RFC 3629, 3)
# What may stand for itself in a name as well as in a subject (RFC 2047, 5).
_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_Q = {byte: chr(byte) if byte in _SAFE else f"={byte:02X}" for byte in range(256)} | {0x20: "_"}


def encoded_words(text: str, *, first: int = WORD) -> list[str]:
    """The whole text in encoded words, in base64 or Q, whichever is shorter; no letter is cut.

    first is the room for the first of them.
    """
    data = text.encode()
    plain = sum(map(_SAFE.__contains__, data)) + data.count(b" ")
    is_base64 = (len(data) + 2) // 3 * 4 <= 3 * len(data) - 2 * plain
    return _in_base64(data, first) if is_base64 else _in_q(text, first)


def _in_base64(data: bytes, room: int) -> list[str]:
    words = []
    while data:
        cut = (room - len(_START_B) - len(_END)) // 4 * 3
        while cut < len(data) and data[cut] & _FIRST_BITS == _CONTINUES:
            cut -= 1
        part = binascii.b2a_base64(data[:cut], newline=False).decode()
        words.append(f"{_START_B}{part}{_END}")
        data, room = data[cut:], WORD
    return words


def _in_q(text: str, room: int) -> list[str]:
    words, word = [], _START_Q
    for letter in text:
        quoted = "".join(map(_Q.__getitem__, letter.encode()))
        if len(word) + len(quoted) + len(_END) > room:
            words.append(word + _END)
            word, room = _START_Q, WORD
        word += quoted
    return [*words, word + _END]
