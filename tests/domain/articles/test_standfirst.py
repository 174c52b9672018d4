"""What a story's few sentences are taken from, and where they end."""

from datetime import UTC, datetime
from typing import Any

import pytest

from newsletter.domain.articles.article import Article
from newsletter.domain.articles.summary import MAX_CHARS, make_summary

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
FIRST = "The crossing over the river is open to lorries again after eleven years."
SECOND = "The governor of Basra cut a ribbon at noon."
BARE = "Minister opens the crossing as drivers wait at both banks of the river"


def told(summary_: str, text: str = "", title: str = "A bridge opens") -> str:
    usual: dict[str, Any] = {"id": 1, "url": "https://post.example/a", "source": "Harbour Post"}
    return make_summary(
        Article(
            title=title,
            summary=summary_,
            text=text,
            published_at=NOW,
            collected_at=NOW,
            **usual,
        )
    )


def test_a_standfirst_without_a_full_stop_stands_alone():
    assert told(f"{BARE}\n{FIRST}") == BARE


def test_sentences_go_on_with_the_next_paragraph_where_they_fit_whole():
    assert told(f"{FIRST}\n{SECOND}") == f"{FIRST} {SECOND}"
    assert told(f"{FIRST}\n{'word ' * 80}.") == FIRST


def test_what_the_source_cut_off_loses_its_torn_sentence():
    assert told(f"{FIRST} The governor of Bas…") == FIRST
    assert told(f"{FIRST} The governor [...]") == FIRST


def test_a_text_is_better_than_a_torn_standfirst():
    torn = "The crossing over the river is open to lorries again after…"

    assert told(torn, text=f"{FIRST}\n{SECOND}") == f"{FIRST} {SECOND}"
    assert told(torn).startswith("The crossing over the river")


@pytest.mark.parametrize(
    "line",
    [
        "Image caption Lorries wait",
        "Media playback is unsupported on your device",
        "Listen to this article",
        "Photo: Ann Rahim",
        "Story highlights",
        "Updated 2 hours ago",
    ],
)
def test_what_a_page_has_for_every_article_is_passed_over(line):
    assert told("", text=f"{line}\n{FIRST}") == FIRST


@pytest.mark.parametrize(
    "dateline", ["BASRA, Iraq (AP) — ", "JERUSALEM (Reuters) - ", "CAIRO, March 2 (AFP) – "]
)
def test_an_agency_s_dateline_goes(dateline):
    assert told("", text=f"{dateline}{FIRST}") == FIRST


@pytest.mark.parametrize(
    "sentence",
    [
        pytest.param(
            "Gen. Rahim and Dr. Haddad met U.S. envoys at 4 p.m. on the bridge.", id="English"
        ),
        pytest.param("Le pont rouvre, selon M. Haddad et Mme. Rahim, après onze ans.", id="French"),
        pytest.param("Die Brücke ist z.B. für Lkw und Busse nach elf Jahren offen.", id="German"),
    ],
)
def test_a_full_stop_behind_an_abbreviation_ends_no_sentence(sentence):
    assert told(f"{sentence} {'word ' * 60}") == sentence


@pytest.mark.parametrize(
    ("first", "rest"),
    [
        pytest.param(
            "هل فتح الجسر فوق النهر للشاحنات مرة أخرى بعد أحد عشر عاما؟", "كلمة ", id="Arabic"
        ),
        pytest.param(
            "האם נפתח הגשר מעל הנהר למשאיות שוב אחרי אחת עשרה שנים?", "מילה ", id="Hebrew"
        ),
        pytest.param(
            "Мост через реку снова открыт для грузовиков спустя одиннадцать лет.",
            "слово ",
            id="Russian",
        ),
    ],
)
def test_a_sentence_ends_in_every_script(first, rest):
    assert told(f"{first} {rest * 60}") == first


def test_a_summary_is_never_longer_than_its_limit_nor_cut_within_a_word():
    long = told("word" * 5 + " " + "another " * 60)

    assert len(long) <= MAX_CHARS
    assert long.removesuffix("…").split()[-1] == "another"


def test_the_other_headlines_of_a_live_page_are_no_standfirst():
    listed = "Rain closes the road to Basra * Minister flies to Cairo * Ferry sinks"

    assert told(listed) == ""
    assert told(listed, FIRST) == FIRST
    assert told("The minister says that 12 * 3 lorries wait at the crossing.") != ""
