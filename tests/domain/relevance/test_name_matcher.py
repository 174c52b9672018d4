"""Which names are found in a text, where, in four scripts, and which only look like one."""

import sys
import unicodedata
from itertools import pairwise

import pytest

from newsletter.domain.relevance.name_matcher import NameMatcher
from newsletter.domain.text.fold import fold
from newsletter.domain.topic import Term
from tests.cases import for_each

NAMES = (
    "Oman", "Iran", "Saudi", "Saudi Arabia", "Türkiye", "U.A.E.", "West Bank", "Gulf",
    "العراق", "غزة", "السعودية", "ישראל", "סוריה", "Сирия", "Иран", "İsrail", "al-Aqsa",
)  # fmt: skip
MATCHER = NameMatcher([Term(text=name, country="XX") for name in NAMES])


def names(text: str) -> list[str]:
    return [found.term.text for found in MATCHER.find(text)]


@for_each(
    ("text", "found"),
    [
        pytest.param("Oman", ["Oman"], id="the whole text"),
        pytest.param("IRAN AND oman", ["Iran", "Oman"], id="any letter case"),
        pytest.param("“Iran’s”, (Oman)", ["Iran", "Oman"], id="signs around"),
        pytest.param("pro-Iran, Iran-backed", ["Iran", "Iran"], id="hyphens around"),
        pytest.param("Turkiye, TÜRKİYE", ["Türkiye", "Türkiye"], id="without marks"),
        pytest.param("israil, İSRAİL, Israıl", ["İsrail"] * 3, id="four letters i"),
        pytest.param("The U.A.E. says", ["U.A.E."], id="full stops within"),
        pytest.param("Al-Aqsa", ["al-Aqsa"], id="a hyphen within"),
        pytest.param("Saudi Arabia", ["Saudi Arabia"], id="the longest of two"),
        pytest.param("Saudi oil", ["Saudi"], id="the shorter where the longer fails"),
        pytest.param("Saudi Arabian", ["Saudi"], id="the shorter where a word goes on"),
        pytest.param("في العراق", ["العراق"], id="Arabic"),
        pytest.param("والعراق بالعراق", ["العراق", "العراق"], id="Arabic prefixes"),
        pytest.param("غزه", ["غزة"], id="Arabic letters written for each other"),
        pytest.param("בישראל", ["ישראל"], id="a Hebrew prefix"),
        pytest.param("ושבישראל", ["ישראל"], id="three Hebrew prefixes"),
        pytest.param("В Сирии и Сирией", ["Сирия", "Сирия"], id="Russian cases"),
        pytest.param("Ирана, Ираном", ["Иран", "Иран"], id="Russian cases of a short name"),
        pytest.param("Iran و العراق ו ישראל", ["Iran", "العراق", "ישראל"], id="mixed scripts"),
    ],
)
def test_names_are_found_however_they_are_written(text, found):
    assert names(text) == found


@for_each(
    "text",
    [
        pytest.param("A woman from Romania", id="within a word"),
        pytest.param("Omani", id="the beginning of a word"),
        pytest.param("Iran2026 and 4Iran", id="beside a digit"),
        pytest.param("Saudia", id="another name that begins so"),
        pytest.param("Gulf\u0127", id="before a letter of Maltese"),
        pytest.param("West  Bank", id="a space more"),
        pytest.param("Иранистика", id="a longer Russian word"),
        pytest.param("ישראל3", id="a digit behind a Hebrew name"),
        pytest.param("ושבכישראל", id="too many Hebrew prefixes"),
        pytest.param("דישראל", id="a Hebrew letter that is no prefix"),
        pytest.param("شالعراق", id="an Arabic letter that is no prefix"),
        pytest.param("", id="nothing"),
        pytest.param("\x00\ud800\U0010ffff", id="no characters at all"),
    ],
)
def test_what_only_contains_a_name_is_not_one(text):
    assert names(text) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("Straße ﬁ İ Oman!", ["Oman"], id="behind letters that grow when folded"),
        pytest.param("😀👨\u200d👩 Iran’s", ["Iran"], id="behind emoji"),
        pytest.param("بالعراق.", ["العراق"], id="without an Arabic prefix"),
        pytest.param("в Сирии", ["Сирии"], id="with a Russian ending"),
        pytest.param("Oman Oman", ["Oman", "Oman"], id="each time"),
    ],
)
def test_a_find_stands_where_the_text_has_it(text, words):
    assert [text[found.start : found.end] for found in MATCHER.find(text)] == words


def test_finds_come_in_order_and_never_overlap():
    finds = MATCHER.find("Saudi Arabia, Saudi Gulf West Bank Gulf Iran العراق " * 20)

    assert len(finds) == 140
    assert all(one.end <= other.start for one, other in pairwise(finds))


def test_of_two_terms_with_one_spelling_the_first_is_found():
    matcher = NameMatcher([Term(text="Tyre", country="LB"), Term(text="TYRE", country="GB")])

    assert [found.term.country for found in matcher.find("Tyre")] == ["LB"]


def test_folding_keeps_every_character_of_unicode_in_its_place():
    everything = "".join(map(chr, range(sys.maxunicode + 1)))

    assert len(fold(everything)) == len(everything)


def test_folding_twice_changes_nothing_more():
    letters = "".join(
        character
        for character in map(chr, range(0x3000))
        if unicodedata.category(character)[0] == "L"
    )

    assert fold(fold(letters)) == fold(letters)


def test_a_long_text_full_of_names_is_searched_in_time():
    text = "Iran Romania woman العراق كالعراق " * 10_000

    assert len(MATCHER.find(text)) == 30_000
