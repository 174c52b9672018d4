"""What came packed is unpacked within a limit, however it came in pieces."""

import gzip
import zlib

import pytest

from newsletter.errors import FeedUnusableError
from newsletter.feeds.fetching.decompress import Decompressor, decompress

TEXT = b"<rss>" + b"the harbour " * 500 + b"</rss>"


def bare(body: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(body) + stream.flush()


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        pytest.param("", TEXT, id="not packed"),
        pytest.param("gzip", gzip.compress(TEXT), id="gzip"),
        pytest.param("deflate", zlib.compress(TEXT), id="deflate"),
        pytest.param("deflate", bare(TEXT), id="deflate without its header"),
    ],
)
def test_a_body_in_pieces_is_unpacked(encoding, packed):
    unpacker = Decompressor(encoding)

    for start in range(0, len(packed), 7):
        unpacker.add(packed[start : start + 7])

    assert unpacker.body() == TEXT


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        pytest.param("", bytes(1_001), id="not packed"),
        pytest.param("gzip", gzip.compress(bytes(1_001)), id="gzip"),
        pytest.param("deflate", bare(bytes(1_001)), id="bare deflate"),
    ],
)
def test_a_body_above_the_limit_is_refused(encoding, packed):
    with pytest.raises(FeedUnusableError, match=r"larger than 0\.001 MB"):
        Decompressor(encoding, max_bytes=1_000).add(packed)


def test_a_file_that_is_gzip_is_unpacked_and_another_left_as_it_is():
    assert decompress(gzip.compress(TEXT)) == decompress(TEXT) == TEXT


def test_a_broken_gzip_file_is_refused():
    with pytest.raises(FeedUnusableError, match="cannot be unpacked"):
        decompress(b"\x1f\x8bnonsense")
