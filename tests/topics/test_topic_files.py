"""What makes a topic file, and how a wrong one is refused: with the line and the reason."""

import pytest

from newsletter.domain.topic import REGION, RankingWeights, TermKind
from newsletter.errors import InputError
from newsletter.topics.load import load_topic, parse_topic
from tests.cases import for_each

GOOD = """\
title = "Coast"
sections = ["coast"]

[countries.OM]
demonyms = ["Omani"]
places = ["Sur"]

[region]
strong = ["Arabian Sea"]

[other_subjects]
sport = ["regatta"]

[ambiguous]
"Sur" = { with = ["Oman"], needs_company = true }
"""


def test_a_topic_knows_its_countries_by_name_people_and_place():
    topic = parse_topic(GOOD, name="coast")

    words = {term.text for term in topic.terms if term.country == "OM"}
    assert {"Oman", "عُمان", "Оман", "Omani", "Omanis", "Sur", "Muscat"} <= words
    assert topic.heading("OM", "fr") == "Oman"


def test_a_town_that_the_editor_does_not_name_needs_company():
    topic = parse_topic(GOOD, name="coast")

    assert topic.ambiguous["Sohar"].needs_context
    assert "Muscat" not in {
        word for word, told in topic.ambiguous.items() if not told.needs_context
    }


def test_a_doubtful_name_needs_company_and_a_namesake_is_none_of_the_country():
    text = GOOD.replace('places = ["Sur"]', 'places = ["Sur"]\ndoubtful = ["Badr"]').replace(
        "[countries.OM]", 'namesakes = ["Sur Mer"]\nround_ups = ["In short"]\n\n[countries.OM]'
    )

    topic = parse_topic(text, name="coast")

    assert topic.ambiguous["Badr"].needs_context
    of_word = {term.text: (term.country, term.kind, term.subject) for term in topic.terms}
    assert of_word["Badr"] == ("OM", TermKind.STRONG, "")
    assert of_word["Sur Mer"] == (REGION, TermKind.NAMESAKE, "")
    assert of_word["In short"] == (REGION, TermKind.ROUND_UP, "a round-up")


@for_each(
    ("old", "new", "said"),
    [
        pytest.param(
            "countries.OM", "countries.XX", "line 4 of .*'XX' is not the ISO", id="country"
        ),
        pytest.param("countries.OM", "countries.om", "line 4 of .*'om' is not the ISO", id="small"),
        pytest.param(
            'title = "Coast"', 'name = "Coast"', "line 1 of .*'name' is not a key", id="key"
        ),
        pytest.param('["coast"]', "[]", "line 2 of .*'sections' is empty", id="no section"),
        pytest.param('["Omani"]', "[]", "line 5 of .*'demonyms' is empty", id="empty list"),
        pytest.param('["Sur"]', '[" "]', "line 6 of .*'places' has an empty word", id="empty word"),
        pytest.param('["Sur"]', '"Sur"', "line 6 of .*'places' is not a list", id="not a list"),
        pytest.param('["Sur"]', "[7]", "line 6 of .*'places' is not a list of words", id="numbers"),
        pytest.param(
            "places", "rivers", "line 6 of .*'rivers' is not a key of .*places", id="kind"
        ),
        pytest.param(
            "places", "place", "line 6 of .*perhaps 'places' is meant", id="a letter short"
        ),
        pytest.param(
            'title = "Coast"', "title = 7", "line 1 of .*'title' is not a text", id="title"
        ),
        pytest.param('["Arabian Sea"]', "[]", "line 9 of .*'strong' is empty", id="nothing strong"),
        pytest.param(
            "strong", "sure", "line 9 of .*'sure' is not a key of .*strong", id="strength"
        ),
        pytest.param('["regatta"]', "[]", "line 12 of .*'sport' is empty", id="no sport"),
        pytest.param(
            "needs_company",
            "alone",
            "line 15 of .*'alone' is not a key of .*needs_company",
            id="settle",
        ),
        pytest.param("= true", '= "yes"', "line 15 of .*neither true nor false", id="not a truth"),
        pytest.param('"Sur" =', '"Surr" =', "line 15 of .*is called 'Surr'", id="nobody's name"),
        pytest.param(
            'sections = ["coast"]',
            'sections = ["coast"]\nnamesakes = []',
            "line 3 of .*'namesakes' is empty",
            id="no namesake",
        ),
        pytest.param(
            'sections = ["coast"]',
            'sections = ["coast"]\nround_ups = [7]',
            "line 3 of .*'round_ups' is not a list of words",
            id="numbers for round-ups",
        ),
        pytest.param("[region]", "[[region]]", "'region' is not a table", id="two regions"),
        pytest.param("[region]", "[region", "cannot be read: .*line 8", id="no TOML"),
        pytest.param(
            'sections = ["coast"]',
            'sections = ["coast"]\nmin_city_population = "many"',
            "line 3 of .*'min_city_population' is not a whole number",
            id="not a number",
        ),
    ],
)
def test_a_wrong_topic_file_is_refused_with_the_line_and_the_reason(old, new, said):
    with pytest.raises(InputError, match=said):
        parse_topic(GOOD.replace(old, new, 1), name="coast")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param(
            "speed = 1.0", "line 18 of .*'speed' is not a key of .*freshness", id="unknown"
        ),
        pytest.param('freshness = "much"', "line 18 of .*'freshness' is not a number", id="a word"),
        pytest.param("freshness = inf", "line 18 of .*'freshness' is not a number", id="endless"),
    ],
)
def test_a_wrong_weight_is_refused_with_its_line(line, said):
    with pytest.raises(InputError, match=said):
        parse_topic(f"{GOOD}\n[weights]\n{line}\n", name="coast")


def test_a_topic_file_may_change_a_weight_and_leaves_the_others():
    topic = parse_topic(f"{GOOD}\n[weights]\nfreshness = 2\n", name="coast")

    assert topic.weights == RankingWeights(freshness=2)


def test_a_topic_file_of_ones_own_is_read_by_its_path(tmp_path):
    file = tmp_path / "coast.toml"
    file.write_text(GOOD, encoding="utf-8")

    assert load_topic(str(file)).title == "Coast"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        pytest.param("no-such-topic", "There is no topic called", id="none of ours"),
        pytest.param("../../etc/passwd", "There is no topic called", id="a path out of the folder"),
        pytest.param("world", "There is no topic called", id="what is no topic"),
        pytest.param("/no/such/file.toml", "cannot be read", id="no file"),
    ],
)
def test_a_topic_that_is_not_there_is_named(name, said):
    with pytest.raises(InputError, match=said):
        load_topic(name)
