"""Names of the shipped topic in Arabic, Hebrew and Russian; readers who write in such scripts."""

from datetime import UTC, datetime

import pytest

from newsletter.domain.articles.article import Article
from newsletter.domain.articles.language import language_mismatch
from newsletter.domain.relevance.classifier import TopicClassifier
from newsletter.domain.relevance.name_matcher import NameMatcher
from newsletter.domain.subscribers.email_address import parse_address
from newsletter.topics.load import bundled_topic
from tests.cases import for_each

TOPIC = bundled_topic("middle-east")
JUDGE, MATCHER = TopicClassifier(TOPIC), NameMatcher(TOPIC.terms)
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


def article(title: str, language: str) -> Article:
    return Article(
        id=1,
        url="https://post.example/a",
        title=title,
        language=language,
        source="Harbour Post",
        published_at=NOW,
        collected_at=NOW,
    )


def found(text: str) -> list[tuple[str, str]]:
    """What stands in the text where a name was found, and the country it names."""
    return [(text[one.start : one.end], one.term.country) for one in MATCHER.find(text)]


@for_each(
    "text",
    [
        pytest.param("مصرع صيادين في عاصفة", id="a death, that begins like Egypt"),
        pytest.param("المصرف يخفض الفائدة", id="a bank, that begins like Egypt"),
        pytest.param("مصروف الجيب", id="pocket money, that begins like Egypt"),
        pytest.param("قطرات من المطر", id="drops, that begin like Qatar"),
        pytest.param("القطرات الأولى", id="the drops, likewise"),
        pytest.param("سورينام تفوز", id="Suriname, that begins like a Syrian"),
        pytest.param("Мастер делает катаны", id="swords, that begin like Qatar"),
        pytest.param("Катастрофа на шахте", id="a catastrophe, that begins like Qatar"),
        pytest.param("Газета вышла", id="a newspaper, that begins like Gaza"),
        pytest.param("Газель бежит", id="a gazelle, that begins like Gaza"),
    ],
)
def test_a_word_that_only_begins_like_a_name_is_another_word(text):
    assert found(text) == []
    assert not JUDGE.classify(text).is_on_topic


@for_each(
    ("text", "name", "country"),
    [
        pytest.param("جسر في غزّة", "غزّة", "PS", id="Gaza with its doubled letter"),
        pytest.param("جسر في غَزَّة", "غَزَّة", "PS", id="Gaza with all its vowels"),
        pytest.param("جسر في إِيران", "إِيران", "IR", id="Iran"),
        pytest.param("جسر في مِصْر", "مِصْر", "EG", id="Egypt"),
        pytest.param("جسر في العِراق!", "العِراق", "IQ", id="Iraq"),
        pytest.param("وبالعِراقِ جسر", "العِراق", "IQ", id="Iraq behind a prefix, a vowel at its end"),
        pytest.param("جسر في مصـــر", "مصـــر", "EG", id="Egypt drawn out"),
        pytest.param("גשר ביִשְׂרָאֵל", "יִשְׂרָאֵל", "IL", id="Israel, pointed"),
    ],
)
def test_a_name_with_vowel_signs_is_found_as_the_text_has_it(text, name, country):
    assert found(text) == [(name, country)]
    assert JUDGE.classify(text).is_on_topic


@for_each(
    ("word", "country"),
    [
        pytest.param("مصري", "EG", id="Egyptian"),
        pytest.param("والمصريين", "EG", id="and the Egyptians"),
        pytest.param("قطرية", "QA", id="Qatari"),
        pytest.param("إيرانيون", "IR", id="Iranians"),
        pytest.param("الكويتيات", "KW", id="the Kuwaiti women"),
        pytest.param("ישראלית", "IL", id="Israeli, in Hebrew"),
        pytest.param("הישראלים", "IL", id="the Israelis"),
        pytest.param("Сирию", "SY", id="Syria, whom"),
        pytest.param("Сирией", "SY", id="Syria, with whom"),
        pytest.param("Ирака", "IQ", id="Iraq, whose"),
        pytest.param("Турцией", "TR", id="Turkey, with whom"),
        pytest.param("Израиля", "IL", id="Israel, whose"),
        pytest.param("Катаром", "QA", id="Qatar, with whom"),
        pytest.param("Газа", "PS", id="Gaza"),
        pytest.param("Газы", "PS", id="Gaza, whose"),
        pytest.param("Газе", "PS", id="Gaza, where"),
        pytest.param("Газу", "PS", id="Gaza, whither"),
        pytest.param("Газой", "PS", id="Gaza, with which"),
        pytest.param("ГАЗЕ", "PS", id="Gaza, shouted"),
        pytest.param("иранского", "IR", id="of the Iranian"),
        pytest.param("Сирийская", "SY", id="the Syrian"),
    ],
)
def test_a_name_with_the_endings_of_its_language_is_found(word, country):
    verdict = JUDGE.classify(f"2026: {word}!")

    assert [one for _, one in found(word)] == [country]
    assert (verdict.is_on_topic, verdict.country) == (True, country)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Растет цена газа", id="the price of gas"),
        pytest.param("Цена газа и нефти", id="gas and oil"),
        pytest.param("Без газы и огня", id="another ending"),
    ],
)
def test_gas_is_not_gaza_in_russian(text):
    assert not JUDGE.classify(text).is_on_topic


@pytest.mark.parametrize(
    ("title", "languages"),
    [
        pytest.param("В Басре открыли мост", "ru uk be bg sr mk kk ky tg mn", id="Cyrillic"),
        pytest.param("پل تازه در بصره", "ar fa ur ps ckb sd ug", id="Arabic"),
        pytest.param("גשר חדש נפתח", "he yi", id="Hebrew"),
        pytest.param("Køprü ěştë", "en fr tr pl az", id="Latin"),
    ],
)
def test_a_language_is_read_in_its_own_script(title, languages):
    for language in languages.split():
        assert language_mismatch(article(title, language), language) == ""
        assert language_mismatch(article(title, ""), f"{language}-XX") == ""


@pytest.mark.parametrize("language", ["uk", "bg", "sr"])
def test_a_newsletter_in_cyrillic_takes_no_article_in_latin_letters(language):
    reason = language_mismatch(article("A bridge opens in Basra", ""), language)

    assert reason == f"It is written in Latin letters; this newsletter is in {language}."


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("mira@straße.example", "mira@strasse.example", id="a sharp s"),
        pytest.param("mira@ποντος.example", "mira@ποντοσ.example", id="a final sigma"),
    ],
)
def test_domains_that_only_fold_alike_are_two(one, other):
    assert parse_address(one).key != parse_address(other).key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("Mira@STRASSE.example", "mira@strasse.example", id="capitals"),
        pytest.param("mira@MÜNCHEN.example", "mira@münchen.example", id="capitals beyond ASCII"),
        pytest.param("STRASSE@post.example", "straße@post.example", id="before the at-sign"),
    ],
)
def test_addresses_that_differ_in_case_are_one(one, other):
    assert parse_address(one).key == parse_address(other).key
