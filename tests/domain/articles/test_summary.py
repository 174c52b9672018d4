"""A story's headline and few sentences, out of what its source wrote about it."""

from datetime import UTC, datetime

import pytest

from newsletter.domain.articles.article import Article
from newsletter.domain.articles.summary import MAX_CHARS, clean_headline, make_summary
from tests.cases import for_each
from tests.patience import growth

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
STANDFIRST = "The crossing over the river is open to lorries again after eleven years."
ARABIC = "قالت الوزارة إن الجسر مفتوح أمام الشاحنات من جديد بعد أحد عشر عاما من الإغلاق."


def article(
    title="A bridge opens", *, summary="", text="", source="The Harbour Post of Basra"
) -> Article:
    return Article(
        id=1,
        url="https://post.example/a",
        title=title,
        summary=summary,
        text=text,
        source=source,
        published_at=NOW,
        collected_at=NOW,
    )


@for_each(
    ("title", "bare"),
    [
        pytest.param("A bridge opens - The Harbour Post of Basra", "A bridge opens", id="hyphen"),
        pytest.param("A bridge opens | Harbour Post", "A bridge opens", id="a part of the name"),
        pytest.param("A bridge opens – HARBOUR POST", "A bridge opens", id="in capitals"),
        pytest.param("A bridge opens — The Harbour Post", "A bridge opens", id="long dash"),
        pytest.param("Basra - a bridge opens", "Basra - a bridge opens", id="news behind the dash"),
        pytest.param(
            "A bridge opens - Valley Wire", "A bridge opens - Valley Wire", id="another outlet"
        ),
        pytest.param("A well-worn post", "A well-worn post", id="a hyphen within a word"),
        pytest.param("Harbour Post", "Harbour Post", id="the name alone"),
        pytest.param("", "", id="no title"),
    ],
)
def test_a_headline_drops_its_own_outlets_name_and_nothing_else(title, bare):
    assert clean_headline(article(title)) == bare


def test_a_longer_form_of_the_outlets_name_is_dropped_too():
    told = article("A bridge opens | Harbour Post International", source="Harbour Post")

    assert clean_headline(told) == "A bridge opens"


def test_a_right_to_left_headline_drops_its_outlets_name():
    assert (
        clean_headline(article("افتتاح الجسر | جريدة المرفأ", source="جريدة المرفأ"))
        == "افتتاح الجسر"
    )


@for_each(
    ("fields", "told"),
    [
        pytest.param({"summary": STANDFIRST, "text": "x" * 99}, STANDFIRST, id="standfirst first"),
        pytest.param({"text": STANDFIRST}, STANDFIRST, id="the text where there is none"),
        pytest.param({"summary": "Video", "text": STANDFIRST}, STANDFIRST, id="a mere label"),
        pytest.param(
            {"summary": "It is open.", "text": "Yes."}, "It is open.", id="better than none"
        ),
        pytest.param({}, "", id="nothing"),
        pytest.param({"summary": " \n\u200b\n "}, "", id="nothing to be seen"),
        pytest.param({"summary": ARABIC}, ARABIC, id="right-to-left"),
        pytest.param({"summary": f"\u202e{STANDFIRST}"}, STANDFIRST, id="an override before it"),
        pytest.param({"summary": "A bridge opens."}, "", id="the title once more"),
        pytest.param(
            {"summary": "A BRIDGE OPENS", "text": STANDFIRST},
            STANDFIRST,
            id="the title in capitals",
        ),
        pytest.param(
            {"text": f"A bridge opens\n\n{STANDFIRST}"}, STANDFIRST, id="the title above the text"
        ),
        pytest.param(
            {"summary": f"A bridge opens {STANDFIRST}"}, STANDFIRST, id="in the same line"
        ),
    ],
)
def test_a_summary_is_the_sources_own_words(fields, told):
    assert make_summary(article(**fields)) == told


@for_each(
    "tail",
    [
        pytest.param("Continue reading...", id="continue reading"),
        pytest.param("Read more »", id="read more"),
        pytest.param("READ FULL STORY", id="read full story"),
        pytest.param("[&hellip;]", id="an ellipsis as an entity"),
        pytest.param("[…]", id="an ellipsis in brackets"),
        pytest.param("The post A bridge opens appeared first on Harbour Post.", id="of a blog"),
        pytest.param("Lire la suite sur notre site", id="in French"),
        pytest.param("Sign up for our morning briefing", id="a newsletter's advertisement"),
        pytest.param("Get our free news app", id="an app's advertisement"),
        pytest.param("Read more [...] Continue reading", id="several"),
        pytest.param("\nClick here to read more", id="on a line of its own"),
    ],
)
def test_what_sources_append_is_cut_off(tail):
    assert make_summary(article(summary=f"{STANDFIRST} {tail}")) == STANDFIRST


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        pytest.param(
            f"{STANDFIRST} {'word ' * 99}", STANDFIRST, id="after the last whole sentence"
        ),
        pytest.param(
            " ".join([STANDFIRST] * 9),
            " ".join([STANDFIRST] * 3),
            id="as many as there is room for",
        ),
        pytest.param(
            f"{ARABIC[:-1]}؟ {'كلمة ' * 99}", f"{ARABIC[:-1]}؟", id="Arabic question mark"
        ),
        pytest.param(f"{STANDFIRST[:-1]}.” {'word ' * 99}", f"{STANDFIRST[:-1]}.”", id="quoted"),
    ],
)
def test_a_long_summary_ends_with_a_sentence(text, cut):
    assert make_summary(article(summary=text)) == cut


@pytest.mark.parametrize(
    "sentence",
    [
        pytest.param(
            "The crossing over the river is open, says Dr. Noor", id="a title of a person"
        ),
        pytest.param("The crossing over the river is open, says the U.S. envoy", id="initials"),
        pytest.param("The crossing over the river carries 3.5 million tons", id="a decimal number"),
    ],
)
def test_a_full_stop_that_ends_no_sentence_does_not_end_the_summary(sentence):
    told = make_summary(article(summary=f"{sentence} {'and then another word ' * 20}"))

    assert told.startswith(sentence)
    assert told.endswith("…")


def test_a_first_sentence_too_short_to_stand_alone_is_not_all_that_is_told():
    told = make_summary(article(summary=f"It is open. {'and then another word ' * 20}"))

    assert told.startswith("It is open. and then")
    assert MAX_CHARS - 20 < len(told) <= MAX_CHARS


@pytest.mark.parametrize(
    ("begin", "text", "times"),
    [
        pytest.param("", "x", 100_000, id="one endless word"),
        pytest.param(STANDFIRST, "\n", 50_000, id="endless empty lines"),
        pytest.param("", "[…] ", 20_000, id="endless boilerplate"),
        pytest.param("", "The post ", 20_000, id="endless beginnings of boilerplate"),
        pytest.param("", f"{STANDFIRST}\n", 500, id="endless paragraphs"),
        pytest.param("", "غزة ", 20_000, id="endless right-to-left"),
    ],
)
def test_a_hostile_text_is_summarised_within_the_limit_in_time_that_grows_with_it(
    begin, text, times
):
    def summarise(size: int) -> str:
        return make_summary(article(summary=text * size + begin))

    assert len(summarise(times)) <= MAX_CHARS
    assert growth(summarise, times // 8, times=8) < 24
