"""Directions and dates are those of the language, with a catalogue or without."""

from datetime import date

import pytest

from newsletter.locales.cldr import day_and_month, long_date, text_direction, weekday_name


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        pytest.param("ar", "rtl", id="Arabic"),
        pytest.param("ar-EG", "rtl", id="Arabic of Egypt"),
        pytest.param("he-IL", "rtl", id="Hebrew of Israel"),
        pytest.param("fa", "rtl", id="Persian"),
        pytest.param("ru", "ltr", id="Russian"),
        pytest.param("ur", "rtl", id="a language without a catalogue"),
        pytest.param("uz-Arab", "rtl", id="a script in the tag"),
        pytest.param("tr-TR", "ltr", id="Turkish"),
        pytest.param("he-x-private-use", "rtl", id="a tag whose rest nobody knows"),
        pytest.param("no such tag", "ltr", id="no tag at all"),
        pytest.param("", "ltr", id="nothing"),
    ],
)
def test_the_direction_follows_language_and_script(language, expected):
    assert text_direction(language) == expected


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
    written = long_date(date(2026, 3, 3), language)

    # Commas come and go with the editions of CLDR.
    assert written.replace(",", "").replace("\u200f", "") == expected


def test_an_arabic_date_names_its_weekday_and_month():
    written = long_date(date(2026, 3, 3), "ar")

    assert "الثلاثاء" in written
    assert "مارس" in written


def test_days_in_a_sentence_are_in_the_language_of_the_sentence():
    sunday = date(2026, 3, 1)

    assert weekday_name(sunday, "fr-CA") == "dimanche"
    assert day_and_month(sunday, "en-GB") == "1 March"
    assert weekday_name(sunday, "sw") == "Sunday"  # It has no catalogue, so it reads English.
    assert day_and_month(sunday, "sw") == "March 1"
