"""The dateline of an agency, and what it says about where a text plays."""

import pytest

from newsletter.domain.articles.dateline import dateline_end
from newsletter.domain.relevance.classifier import TopicClassifier
from newsletter.topics.load import bundled_topic

JUDGE = TopicClassifier(bundled_topic("middle-east"))


@pytest.mark.parametrize(
    "dateline",
    [
        pytest.param("OSLO, March 10 - ", id="a place in capitals and a day"),
        pytest.param("  ST. GALLEN, July 9 - ", id="of two words, set in"),
        pytest.param("OSLO, Norway (AP) — ", id="a country and an agency"),
        pytest.param("OSLO—", id="nothing but a dash"),
        pytest.param("Oslo (CNN) -- ", id="in small letters, with an agency"),
        pytest.param("Oslo, Feb 21 (Reuter) - ", id="in small letters, with a day"),
        pytest.param("By Mira Quill OSLO, Norway — ", id="behind the reporter's name"),
    ],
)
def test_a_dateline_ends_where_the_first_sentence_begins(dateline):
    assert dateline_end(f"{dateline}The harbour froze - again.") == len(dateline)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Oslo – The harbour froze.", id="a title of two parts"),
        pytest.param("The harbour of OSLO, March 10 - It froze.", id="in the middle"),
        pytest.param("OSLO-based banks froze.", id="a hyphen"),
        pytest.param("The harbour froze", id="none"),
        pytest.param("", id="nothing"),
    ],
)
def test_other_dashes_end_no_dateline(text):
    assert dateline_end(text) == 0


@pytest.mark.parametrize(
    ("title", "text", "is_about"),
    [
        pytest.param("Ships wait", "MANAMA, May 3 - Two ships wait.", True, id="written there"),
        pytest.param(
            "French ships wait", "MANAMA, May 3 - Iran said so.", True, id="there, about another"
        ),
        pytest.param(
            "Ships wait",
            "OSLO, May 3 - Iran said two ships wait.",
            True,
            id="elsewhere, about ours",
        ),
        pytest.param(
            "Ships wait", "OSLO, May 3 - Two ships wait for Iran.", True, id="ours soon after"
        ),
        pytest.param(
            "Ships wait",
            "OSLO, May 3 - Two ships and a third that came in last night wait, as did one of Iran.",
            False,
            id="ours in passing",
        ),
        pytest.param(
            "Ships wait", "OSLO, May 3 - Danish ships wait for Iran.", False, id="another first"
        ),
    ],
)
def test_a_dateline_says_where_a_reporter_sat_not_what_it_is_about(title, text, is_about):
    assert JUDGE.classify(title, text).is_on_topic is is_about
