"""The mail's own words: every language says everything, and dates and directions are its own."""

import string
from datetime import date

import pytest

from newsletter.mail.words import direction, long_date, words
from tests.mail.examples import LANGUAGES

RIGHT_TO_LEFT = {"ar", "he", "fa"}
ENGLISH = vars(words("en"))


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_word(language):
    said = vars(words(language))

    assert said.keys() == ENGLISH.keys()
    assert all(said.values())


# Hebrew and other languages may say "one story" without the digit.
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_asks_for_a_value_that_english_does_not_have(language):
    said = vars(words(language))

    assert {name for name, text in said.items() if not fields(text) <= fields(ENGLISH[name])} == (
        set()
    )
    assert {"count"} == fields(said["stories"])
    assert {"address", "name"} == fields(said["why"]) == fields(said["confirm_ask"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_languages_share_their_sentences(language):
    others = set(LANGUAGES) - {language}

    assert all(words(other).why != words(language).why for other in others)


@pytest.mark.parametrize(
    ("language", "unsubscribe"),
    [
        pytest.param("fr", "Se désabonner", id="a language alone"),
        pytest.param("fr-CA", "Se désabonner", id="with its country"),
        pytest.param("fr_CA", "Se désabonner", id="with an underscore"),
        pytest.param("FR", "Se désabonner", id="in capitals"),
        pytest.param("sw", "Unsubscribe", id="a language without words"),
        pytest.param("", "Unsubscribe", id="nothing"),
    ],
)
def test_the_words_are_found_by_the_base_of_the_tag(language, unsubscribe):
    assert words(language).unsubscribe == unsubscribe


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_direction_of_each_language_is_that_of_its_script(language):
    assert direction(language) == ("rtl" if language in RIGHT_TO_LEFT else "ltr")


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        pytest.param("ar-EG", "rtl", id="Arabic of Egypt"),
        pytest.param("he-IL", "rtl", id="Hebrew of Israel"),
        pytest.param("ur", "rtl", id="a language without words"),
        pytest.param("uz-Arab", "rtl", id="a script in the tag"),
        pytest.param("tr-TR", "ltr", id="Turkish"),
        pytest.param("he-x-private-use", "rtl", id="a tag whose rest nobody knows"),
        pytest.param("no such tag", "ltr", id="no tag at all"),
        pytest.param("", "ltr", id="nothing"),
    ],
)
def test_the_direction_follows_language_and_script(language, expected):
    assert direction(language) == expected


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        pytest.param("en", "Tuesday March 3 2026", id="English"),
        pytest.param("en-GB", "Tuesday 3 March 2026", id="English of Britain"),
        pytest.param("fr", "mardi 3 mars 2026", id="French"),
        pytest.param("de", "Dienstag 3. März 2026", id="German"),
        pytest.param("tr", "3 Mart 2026 Salı", id="Turkish"),
        pytest.param("he", "יום שלישי 3 במרץ 2026", id="Hebrew"),
        pytest.param("no such tag", "Tuesday March 3 2026", id="no tag at all"),
    ],
)
def test_a_date_is_written_as_its_language_does(language, expected):
    said = long_date(date(2026, 3, 3), language)

    # Commas come and go with the editions of CLDR.
    assert said.replace(",", "").replace("\u200f", "") == expected


def test_an_arabic_date_names_its_weekday_and_month():
    said = long_date(date(2026, 3, 3), "ar")

    assert "الثلاثاء" in said
    assert "مارس" in said
