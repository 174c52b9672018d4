"""What a mail says in its language, by code and in whole."""

from datetime import date

import pytest
from lxml import html as parser

from newsletter.domain.articles.labels import Label
from newsletter.domain.digest.digest import Placement
from newsletter.mail.content.heading import preheader_of
from newsletter.mail.content.translations import (
    announce_headlines,
    label_name,
    list_names,
    update_notice,
)
from tests.mail.examples import LANGUAGES, article, digest, newsletter, stories, story


@pytest.mark.parametrize(
    ("language", "since", "expected"),
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
        pytest.param("sw", date(2026, 3, 1), "Updated since Sunday", id="a language without any"),
    ],
)
def test_a_story_that_goes_on_says_since_when(language, since, expected):
    assert update_notice(since, on=date(2026, 3, 3), language=language) == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_tells_yesterday_a_weekday_and_a_date_apart(language):
    on = date(2026, 3, 9)

    notices = {
        update_notice(date.fromordinal(on.toordinal() - days), on=on, language=language)
        for days in (1, 3, 30)
    }

    assert len(notices) == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_label_but_plain_news_has_a_name_of_its_own(language):
    names = {label: label_name(label, language) for label in Label}

    assert names.pop(Label.NEWS) == ""
    assert all(names.values())
    assert len(set(names.values())) == len(names)


@pytest.mark.parametrize(
    ("language", "headlines", "names"),
    [
        pytest.param("en", "Also: A; B; C", "A, B, C", id="English"),
        pytest.param("fr", "À lire aussi\u00a0: A\u00a0; B\u00a0; C", "A, B, C", id="French"),
        pytest.param("ar", "أيضًا: A؛ B؛ C", "A، B، C", id="Arabic"),
        pytest.param("fa", "همچنین: A؛ B؛ C", "A، B، C", id="Persian"),
        pytest.param("he", "ועוד: A; B; C", "A, B, C", id="Hebrew"),
    ],
)
def test_marks_are_the_languages_own(language, headlines, names):
    assert announce_headlines(["A", "B", "C"], language) == headlines
    assert list_names(["A", "B", "C"], language) == names


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_source_writes_is_no_placeholder(language):
    assert "100 %(first)s" in announce_headlines(["100 %(first)s", "%s"], language)
    assert list_names([], language) == ""
    assert list_names(["Lea % Co"], language) == "Lea % Co"


@pytest.mark.parametrize(
    ("count", "minutes", "dateline"),
    [
        pytest.param(1, 1, "خبر واحد · قراءة دقيقة واحدة", id="one"),
        pytest.param(2, 2, "خبران · القراءة دقيقتان", id="two"),
        pytest.param(3, 3, "3 أخبار · قراءة 3 دقائق", id="a few"),
        pytest.param(11, 11, "11 خبرًا · قراءة 11 دقيقة", id="eleven"),
    ],
)
def test_an_arabic_mail_counts_and_parts_in_arabic(count, minutes, dateline):
    words = "كلمة " * (220 * minutes // count - 10)  # A headline has ten.
    email = digest(
        newsletter(language="ar", publisher="دار النشر", postal_address="بيروت"),
        preheader=preheader_of(stories(), "ar"),
        stories=(story(summary=words, lead=article(authors=("ليا", "نور"))),) * count,
    )

    for text in (parser.fromstring(email.html).text_content(), email.text):
        assert dateline in " ".join(text.split())
        assert "بقلم ليا، نور" in text
    assert "دار النشر، بيروت" in parser.fromstring(email.html).text_content()
    assert email.preheader == "أيضًا: Ferries return to Tyre؛ Rain in the Bekaa؛ Amman plants trees"


def test_a_french_label_stands_off_its_colon():
    email = digest(newsletter(language="fr"))

    assert "Se désabonner\u00a0:\n" in email.text
    assert "Sur le même sujet\u00a0:" in parser.fromstring(email.html).text_content()
    briefs = [each for each in stories() if each.placement is Placement.BRIEF and each.label]
    assert all(f"– Analyse\u00a0: {each.title}" in email.text for each in briefs)
