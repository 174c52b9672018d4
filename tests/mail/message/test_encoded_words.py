"""Encoded words: short enough, whole letters in each, and read back as they were."""

from email.header import decode_header, make_header

import pytest

from newsletter.mail.message.encoded_words import WORD, encoded_words
from tests.cases import for_each

TEXTS = [
    pytest.param("نور صعب", id="Arabic"),
    pytest.param("晚报" * 60, id="Chinese without end"),
    pytest.param("🕊" * 60, id="letters of four bytes"),
    pytest.param("Beirut’s bridge opens after nine years of work – at last, and late", id="Latin"),
    pytest.param("é" + "x" * 200, id="one word of Latin"),
    pytest.param("a_b=c?d e", id="signs that mean something in them"),
    pytest.param(" é ", id="spaces at its ends"),
]


@for_each("text", TEXTS)
@for_each("first", [*range(24, 30), 50, WORD])
def test_words_are_read_back_and_none_is_too_long(text, first):
    words = encoded_words(text, first=first)

    assert str(make_header(decode_header(" ".join(words)))) == text
    assert len(words[0]) <= first
    assert max(map(len, words)) <= WORD


@pytest.mark.parametrize("text", TEXTS)
def test_each_word_is_text_by_itself(text):
    # RFC 2047, 5: no letter is begun in one word and ended in the next.
    found = [str(make_header(decode_header(word))) for word in encoded_words(text)]

    assert "".join(found) == text


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        pytest.param("نور", "?b?", id="nothing to be read as it stands"),
        pytest.param("Beirut’s bridge opens at last", "?q?", id="nearly all of it ASCII"),
    ],
)
def test_the_shorter_encoding_is_taken(text, kind):
    assert all(kind in word for word in encoded_words(text))
