"""Names that others bear: what stands around them says whose they are."""

import pytest

from newsletter.domain.relevance.classifier import TopicClassifier
from newsletter.topics.load import bundled_topic

JUDGE = TopicClassifier(bundled_topic("middle-east"))


@pytest.mark.parametrize(
    "title",
    [
        pytest.param("Israel Museum opens a wing", id="an institution"),
        pytest.param("Two arrested by Israel Police", id="an office"),
        pytest.param("Rain floods Israel Monday", id="a day behind it"),
        pytest.param("Visiting Israel, a senator falls ill", id="a verb before it"),
        pytest.param("Northern Israel on edge", id="a direction before it"),
        pytest.param("Should Israel wait?", id="a question"),
    ],
)
def test_a_capital_beside_a_country_is_not_always_a_name(title):
    assert JUDGE.classify(title).is_on_topic


def test_a_title_of_capitals_is_settled_by_the_text_below():
    title = "Jordan Whitcombe Breaks School Record"

    assert not JUDGE.classify(title, "Jordan Whitcombe, a junior, ran it in a minute.").is_on_topic
    assert JUDGE.classify(
        "Jordan Breaks School Record", "The schools of Jordan are full."
    ).is_on_topic


@pytest.mark.parametrize(
    "title",
    [
        pytest.param("Palestine, Texas, elects a mayor", id="a state"),
        pytest.param("CAIRO, ILL., ELECTS A MAYOR", id="its abbreviation, in capitals"),
        pytest.param("Fire in Damascus, Md., put out", id="its abbreviation"),
        pytest.param("Hebron, New Hampshire, elects a mayor", id="a state of two words"),
    ],
)
def test_a_town_of_the_united_states_is_none_of_ours(title):
    assert not JUDGE.classify(title).is_on_topic


def test_a_list_of_countries_is_not_taken_for_towns_in_states():
    assert JUDGE.classify("Envoys visit Turkey, Georgia and Armenia").is_on_topic
    assert JUDGE.classify("In Iran, Washington sees a rival").is_on_topic


@pytest.mark.parametrize(
    "title",
    [
        pytest.param("Storm in the Gulf of Mexico", id="another gulf"),
        pytest.param("GULF STATES UTILITIES RAISES RATES", id="a company"),
        pytest.param("Wild Turkey opens a distillery", id="a drink"),
        pytest.param("East Palestine gets clean water", id="a town"),
        pytest.param("Palestine Action on trial", id="a group elsewhere"),
    ],
)
def test_a_longer_name_swallows_ours(title):
    assert JUDGE.classify(title).score == 0


@pytest.mark.parametrize(
    ("title", "summary", "is_about"),
    [
        pytest.param("Zamir warns of drought", "", False, id="alone"),
        pytest.param("Zamir warns of drought", "Israel has had no rain.", True, id="in company"),
        pytest.param(
            "Zamir warns of drought", "So did Rivlin.", False, id="in company as doubtful as itself"
        ),
    ],
)
def test_a_doubtful_name_counts_beside_a_sure_one(title, summary, is_about):
    assert JUDGE.classify(title, summary).is_on_topic is is_about


@pytest.mark.parametrize(
    "title",
    [
        pytest.param("The Papers: 'Iran on the brink' and 'Snow'", id="the front pages"),
        pytest.param("Tuesday briefing: 20 killed in Iran", id="hard news in it"),
        pytest.param("Weekly quiz: where in Iran is this?", id="a quiz"),
    ],
)
def test_a_round_up_is_not_about_what_it_names(title):
    verdict = JUDGE.classify(title)

    assert not verdict.is_on_topic
    assert verdict.reason.endswith("makes it a round-up.")


def test_a_lead_that_stays_elsewhere_makes_ours_in_the_title_a_comparison():
    lead = "The minister left Caracas for Bogotá."

    assert not JUDGE.classify("Peru, the new Iraq", lead).is_on_topic
    assert JUDGE.classify("Peru, the new Iraq", f"{lead} He will go on to Baghdad.").is_on_topic


def test_a_name_that_goes_over_the_end_of_a_line_is_found():
    assert JUDGE.classify(
        "Ships wait", "Rain fell in the West\nBank and the Middle\nEast."
    ).is_on_topic
