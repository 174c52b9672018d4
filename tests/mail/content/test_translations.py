"""The mail's own words: every language says everything, and dates and directions are its own."""

import string
from datetime import date

import pytest

from newsletter.mail.content.translations import direction, long_date, updated_since, words
from tests.mail.examples import LANGUAGES

RIGHT_TO_LEFT = {"ar", "he", "fa"}
ENGLISH = vars(words("en"))
DAYS = {"day", "date"}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_word(language):
    said = vars(words(language))

    assert said.keys() == ENGLISH.keys()
    assert all(said.values())


# Hebrew and other languages may say "one story" without the digit. Russian has to bend a weekday
# behind a preposition, which CLDR does not, and says the date.
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_asks_for_a_value_that_english_does_not_have(language):
    said = vars(words(language))

    known = {name: fields(text) for name, text in ENGLISH.items()} | {"updated_weekday": DAYS}
    assert {name for name, text in said.items() if not fields(text) <= known[name]} == set()
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


@pytest.mark.parametrize(
    ("language", "since", "said"),
    [
        pytest.param("en", date(2026, 3, 2), "Updated since yesterday", id="yesterday"),
        pytest.param("en", date(2026, 3, 1), "Updated since Sunday", id="a weekday"),
        pytest.param("en", date(2026, 2, 25), "Updated since Wednesday", id="six days ago"),
        pytest.param("en", date(2026, 2, 24), "Updated since February 24", id="a week ago"),
        pytest.param("en-GB", date(2026, 2, 24), "Updated since 24 February", id="as in Britain"),
        pytest.param("fr", date(2026, 3, 1), "Mis à jour depuis dimanche", id="French, a weekday"),
        pytest.param("fr", date(2026, 2, 3), "Mis à jour depuis le 3 février", id="French, a date"),
        pytest.param("de", date(2026, 2, 3), "Neues seit dem 3. Februar", id="German, a date"),
        pytest.param("ru", date(2026, 3, 1), "Обновлено после выпуска от 1 марта", id="Russian"),
        pytest.param("tr", date(2026, 3, 1), "Pazar gününden bu yana güncellendi", id="Turkish"),
        pytest.param("ar", date(2026, 3, 1), "مستجدات منذ يوم الأحد", id="Arabic"),
        pytest.param("he", date(2026, 3, 1), "התעדכן מאז יום ראשון", id="Hebrew"),
        pytest.param("sw", date(2026, 3, 1), "Updated since Sunday", id="a language without words"),
    ],
)
def test_a_story_that_goes_on_says_since_when(language, since, said):
    assert updated_since(since, on=date(2026, 3, 3), language=language) == said


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_tells_yesterday_a_weekday_and_a_date_apart(language):
    on, days = date(2026, 3, 9), (1, 3, 30)

    told = [
        updated_since(date.fromordinal(on.toordinal() - one), on=on, language=language)
        for one in days
    ]

    assert len(set(told)) == 3
    assert not any("{" in one for one in told)
