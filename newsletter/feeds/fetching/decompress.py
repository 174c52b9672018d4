"""Unpacking what came packed, never further than a limit."""

import zlib

from newsletter.errors import FeedUnusableError

MAX_BYTES = 10_000_000  # Ten times the largest feed seen; an hour of parsing lies above.
_GZIP = b"\x1f\x8b"
_EITHER = 32 + zlib.MAX_WBITS  # zlib's sign for: gzip or zlib, look at the header
_RAW = -zlib.MAX_WBITS


class Decompressor:
    """Takes a body piece by piece; gives it unpacked, or refuses.

    encoding is the Content-Encoding header. Raises FeedUnusableError when it is one that was not
    asked for, when the body is broken, and as soon as it would be longer than max_bytes.
    """

    def __init__(self, encoding: str = "", *, max_bytes: int = MAX_BYTES) -> None:
        self._encoding = encoding.strip().lower()
        if self._encoding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
            raise FeedUnusableError(f"It is packed as {self._encoding[:40]}, which we cannot read.")
        self._stream = zlib.decompressobj(_EITHER) if self._is_compressed() else None
        self._max_bytes = max_bytes
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, packed: bytes) -> None:
        part = self._decompress(packed)
        self._size += len(part)
        if self._size > self._max_bytes:
            raise FeedUnusableError(
                f"It is larger than {self._max_bytes / 1e6:g} MB, which no feed needs."
            )
        self._parts.append(part)

    def body(self) -> bytes:
        return b"".join(self._parts)

    def _is_compressed(self) -> bool:
        return self._encoding not in {"", "identity"}

    def _decompress(self, packed: bytes) -> bytes:
        if self._stream is None:
            return packed
        room = self._max_bytes - self._size + 1  # a small gzip may hold a huge feed
        try:
            return self._stream.decompress(packed, room)
        except zlib.error as error:
            if self._encoding == "deflate" and not self._size:
                # Some servers mean bare deflate by that name, without zlib's header.
                self._encoding, self._stream = "bare", zlib.decompressobj(_RAW)
                return self._decompress(packed)
            raise FeedUnusableError("What it sent cannot be unpacked.") from error


def decompress(body: bytes, *, max_bytes: int = MAX_BYTES) -> bytes:
    """Return what a gzip file contains, and any other body as it is.

    Raises FeedUnusableError as Decompressor does.
    """
    if not body.startswith(_GZIP) and len(body) <= max_bytes:
        return body
    decompressor = Decompressor("gzip" if body.startswith(_GZIP) else "", max_bytes=max_bytes)
    decompressor.add(body)
    return decompressor.body()
