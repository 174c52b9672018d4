"""What strangers wrote becomes plain text: on one line, within its limit, hiding nothing."""

import pytest

from newsletter.domain.text.clean import clean_line, clean_paragraphs, strip_invisible, truncate
from tests.cases import for_each

FAMILY = "👨\u200d👩\u200d👧"


@for_each(
    ("written", "read"),
    [
        pytest.param("Talks &amp; tea", "Talks & tea", id="an entity"),
        pytest.param("It&amp;#039;s", "It's", id="escaped twice"),
        pytest.param("&amp;amp;lt;", "&lt;", id="escaped three times keeps the last"),
        pytest.param("AT&T and R&D; x", "AT&T and R&D; x", id="ampersands that escape nothing"),
        pytest.param("?a=1&copy=2", "?a=1&copy=2", id="a query that looks like an entity"),
        pytest.param(" a\t\n b\u00a0\u2028c ", "a b c", id="all kinds of spaces"),
        pytest.param("caf\u0065\u0301", "café", id="marks composed with their letters"),
        pytest.param("a\x00b\x1b[31mc\x85", "ab[31mc", id="control characters"),
        pytest.param("a&#8238;b&#x202e;c", "abc", id="an override hidden in an entity"),
        pytest.param("&amp;#8203;a", "a", id="a zero-width space escaped twice"),
        pytest.param("a\ud800b", "ab", id="half a character"),
        pytest.param("a&#xD800;b", "a\ufffdb", id="half a character in an entity"),
        pytest.param("a&#9999999;b", "a\ufffdb", id="a character that does not exist"),
        pytest.param("&lt;b&gt;x&lt;/b&gt;", "<b>x</b>", id="tags stay text"),
        pytest.param("", "", id="nothing"),
        pytest.param("\u200b\ufeff \n", "", id="nothing that can be seen"),
    ],
)
def test_a_line_reads_as_a_person_would_read_it(written, read):
    assert clean_line(written) == read


@for_each(
    "character",
    [
        pytest.param("\u202e", id="right-to-left override"),
        pytest.param("\u202a", id="embedding"),
        pytest.param("\u2066", id="isolate"),
        pytest.param("\u200f", id="right-to-left mark"),
        pytest.param("\u200b", id="zero-width space"),
        pytest.param("\u2060", id="word joiner"),
        pytest.param("\ufeff", id="byte-order mark"),
        pytest.param("\U000e0041", id="tag letter"),
        pytest.param("\x07", id="bell"),
        pytest.param("\x7f", id="delete"),
        pytest.param("\ufff9", id="annotation"),
    ],
)
def test_what_steers_or_hides_is_taken_out(character):
    assert strip_invisible(f"safe{character}ty") == "safety"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("می\u200cخواهم", id="Persian with its non-joiner"),
        pytest.param("שלום, «עולם»!", id="Hebrew"),
        pytest.param("مُدَرِّس", id="vowelled Arabic"),
        pytest.param(FAMILY, id="an emoji joined of three"),
        pytest.param("one\n\ntwo\tthree", id="line breaks and tabs"),
    ],
)
def test_what_readers_need_stays(text):
    assert strip_invisible(text) == text


@for_each(
    ("text", "limit", "cut"),
    [
        pytest.param("fits", 4, "fits", id="as long as may be"),
        pytest.param("The bridge is open", 13, "The bridge…", id="at a word"),
        pytest.param("The bridge, opened", 13, "The bridge…", id="without the comma"),
        pytest.param("The bridge – opened", 14, "The bridge…", id="without the dash"),
        pytest.param("Wadi Abcdefghijklmnop", 16, "Wadi Abcdefghij…", id="far from a space"),
        pytest.param("افتتاح الجسر الجديد", 14, "افتتاح الجسر…", id="right-to-left"),
        pytest.param("xxxxe\u0301yyy", 6, "xxxx…", id="never between letter and mark"),
        pytest.param(f"xxxx{FAMILY}", 6, "xxxx…", id="never before a joiner"),
        pytest.param(f"xxxx{FAMILY}", 7, "xxxx👨…", id="never after a joiner"),
        pytest.param("\u0301" * 9, 5, "…", id="nothing but marks"),
        pytest.param("abc", 1, "…", id="no room at all"),
        pytest.param(", , , , , ,", 6, "…", id="nothing but commas"),
    ],
)
def test_a_long_text_is_cut_where_it_hurts_least(text, limit, cut):
    assert truncate(text, limit) == cut
    assert len(cut) <= limit


@for_each("limit", range(1, 60))
def test_no_text_is_longer_than_its_limit(limit):
    text = f"A señora, من غزة — said: “{FAMILY} e\u0301” and went to the harbour."

    assert len(clean_line(text, max_chars=limit)) <= limit
    assert len(clean_paragraphs(text, max_chars=limit)) <= limit


def test_a_line_has_a_limit_even_where_none_is_given():
    assert len(clean_line("word " * 10_000)) <= 500


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param("one\ntwo", "one\ntwo", id="two lines"),
        pytest.param("one \r\n\r\n\t two", "one\ntwo", id="empty lines and ends of Windows"),
        pytest.param("\n\none\n\n", "one", id="empty lines around"),
        pytest.param("a  b\u00a0 c\nd", "a b c\nd", id="wide spaces within"),
        pytest.param("one&#10;two", "one\ntwo", id="a line break in an entity"),
        pytest.param("one\n\u200b\ntwo", "one\ntwo", id="a line that only seems to be one"),
        pytest.param("\u202eone\ntwo", "one\ntwo", id="an override"),
    ],
)
def test_paragraphs_stay_apart_and_clean(written, read):
    assert clean_paragraphs(written, max_chars=100) == read
