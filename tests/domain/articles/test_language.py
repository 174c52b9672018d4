"""Which articles a reader of the newsletter's language can read, and what the others are told."""

from datetime import UTC, datetime

import pytest

from newsletter.domain.articles.article import Article
from newsletter.domain.articles.language import language_mismatch
from tests.cases import for_each

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
ENGLISH = "A bridge opens in Basra"
ARABIC = "افتتاح جسر في البصرة"
HEBREW = "גשר חדש נפתח"
RUSSIAN = "В Басре открыли мост"


def article(title: str, language: str = "") -> Article:
    return Article(
        id=1,
        url="https://post.example/a",
        title=title,
        language=language,
        source="Harbour Post",
        published_at=NOW,
        collected_at=NOW,
    )


@for_each(
    ("title", "said", "wanted"),
    [
        pytest.param(ENGLISH, "en", "en", id="the same"),
        pytest.param(ENGLISH, "en-GB", "en-US", id="another country's"),
        pytest.param(ENGLISH, "EN_us", "en", id="written another way"),
        pytest.param(ENGLISH, " en ", "en", id="spaces around"),
        pytest.param(ENGLISH, "", "en", id="not said, and the letters fit"),
        pytest.param("Un pont s’ouvre", "", "en", id="not said, and nobody can tell"),
        pytest.param(ARABIC, "", "ar", id="Arabic"),
        pytest.param("پل تازه در بصره", "fa", "fa", id="Persian"),
        pytest.param(HEBREW, "he-IL", "he", id="Hebrew"),
        pytest.param(RUSSIAN, "", "ru", id="Russian"),
        pytest.param("Köprü açıldı: İğneada", "tr", "tr", id="Turkish letters are Latin"),
        pytest.param("2026: 7 – 0", "", "ar", id="no letters at all"),
        pytest.param("", "", "en", id="no title"),
        pytest.param(f"{ARABIC} OPEC", "", "ar", id="some Latin letters among Arabic ones"),
        pytest.param("Why they chant “سلام” in Basra", "", "en", id="a quoted Arabic word"),
    ],
)
def test_what_the_reader_can_read_has_no_objection(title, said, wanted):
    assert language_mismatch(article(title, said), wanted) == ""


@for_each(
    ("title", "said", "wanted", "why"),
    [
        pytest.param(ENGLISH, "fr", "en", "another language (fr)", id="its source says so"),
        pytest.param(
            ENGLISH, "fr-CA", "en-US", "language (fr); this newsletter is in en", id="tag"
        ),
        pytest.param(
            ARABIC, "fa", "ar", "another language (fa)", id="same letters, other language"
        ),
        pytest.param(ARABIC, "", "en", "Arabic letters", id="Arabic in an English one"),
        pytest.param(HEBREW, "", "en", "Hebrew letters", id="Hebrew in an English one"),
        pytest.param(RUSSIAN, "", "tr", "Cyrillic letters", id="Russian in a Turkish one"),
        pytest.param(ENGLISH, "", "ar-EG", "Latin letters", id="English in an Arabic one"),
        pytest.param(HEBREW, "", "ar", "Hebrew letters", id="right-to-left, but other letters"),
        pytest.param(ARABIC, "en", "en", "Arabic letters", id="the letters belie the source"),
    ],
)
def test_what_the_reader_cannot_read_says_why(title, said, wanted, why):
    reason = language_mismatch(article(title, said), wanted)

    assert why in reason
    assert reason.startswith("It is ")
    assert reason.endswith(".")
