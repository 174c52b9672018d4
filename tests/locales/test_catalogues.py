"""A sentence is found in the language of a tag, in the form that a number asks for."""

import pytest

from newsletter.locales.catalogues import get_translations, translated_languages


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        pytest.param("fr", "Se désabonner", id="a language alone"),
        pytest.param("fr-CA", "Se désabonner", id="with its country"),
        pytest.param("fr_CA", "Se désabonner", id="with an underscore"),
        pytest.param("FR", "Se désabonner", id="in capitals"),
        pytest.param("en", "Unsubscribe", id="English"),
        pytest.param("sw", "Unsubscribe", id="a language without a catalogue"),
        pytest.param("../fr", "Unsubscribe", id="a path"),
        pytest.param("", "Unsubscribe", id="nothing"),
    ],
)
def test_a_catalogue_is_found_by_the_base_of_the_tag(language, expected):
    assert get_translations(language).gettext("Unsubscribe") == expected


def test_no_two_languages_share_a_sentence_that_all_write_differently():
    why = "You get this because %(address)s subscribed to %(name)s."

    sentences = {get_translations(language).gettext(why) for language in translated_languages()}

    assert len(sentences) == len(translated_languages())


def test_a_catalogue_is_read_once():
    assert get_translations("ar-EG") is get_translations("ar")


STORIES = {
    "en": {0: "0 stories", 1: "1 story", 2: "2 stories"},
    "fr": {0: "0 article", 1: "1 article", 2: "2 articles", 1_000_000: "1000000 articles"},
    "de": {0: "0 Meldungen", 1: "1 Meldung", 2: "2 Meldungen"},
    "es": {0: "0 noticias", 1: "1 noticia", 2: "2 noticias"},
    "tr": {1: "1 haber", 2: "2 haber"},
    "ru": {
        1: "1 новость",
        2: "2 новости",
        4: "4 новости",
        5: "5 новостей",
        11: "11 новостей",
        14: "14 новостей",
        20: "20 новостей",
        21: "21 новость",
        112: "112 новостей",
    },
    "ar": {
        0: "لا أخبار",
        1: "خبر واحد",
        2: "خبران",
        3: "3 أخبار",
        10: "10 أخبار",
        11: "11 خبرًا",
        99: "99 خبرًا",
        100: "100 خبر",
        102: "102 خبر",
        103: "103 أخبار",
    },
    "he": {1: "ידיעה אחת", 2: "2 ידיעות", 3: "3 ידיעות"},
    "fa": {1: "1 خبر", 2: "2 خبر"},
}


@pytest.mark.parametrize("language", sorted(translated_languages()))
def test_stories_are_counted_as_the_language_counts(language):
    translations = get_translations(language)

    assert language in STORIES, "Write into STORIES how the language counts."
    written = {
        number: translations.ngettext("%(num)s story", "%(num)s stories", number) % {"num": number}
        for number in STORIES[language]
    }

    assert written == STORIES[language]


@pytest.mark.parametrize(
    ("language", "minutes", "expected"),
    [
        pytest.param("ar", 1, "قراءة دقيقة واحدة", id="Arabic, one"),
        pytest.param("ar", 2, "القراءة دقيقتان", id="Arabic, two"),
        pytest.param("ar", 3, "قراءة 3 دقائق", id="Arabic, few"),
        pytest.param("ar", 11, "قراءة 11 دقيقة", id="Arabic, many"),
        pytest.param("ar", 100, "قراءة 100 دقيقة", id="Arabic, a hundred"),
        pytest.param("he", 1, "דקת קריאה אחת", id="Hebrew, one"),
        pytest.param("he", 2, "2 דקות קריאה", id="Hebrew, two"),
        pytest.param("ru", 5, "5 мин чтения", id="Russian"),
        pytest.param("en", 1, "1 min read", id="English"),
    ],
)
def test_minutes_are_counted_as_the_language_counts(language, minutes, expected):
    sentence = get_translations(language).ngettext("%(num)s min read", "%(num)s min read", minutes)

    assert sentence % {"num": minutes} == expected
