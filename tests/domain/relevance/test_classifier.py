"""What is about the topic, what only seems to be, where it plays, and what the editor is told."""

import pytest

from newsletter.domain.relevance.classifier import RelevanceVerdict, TopicClassifier
from newsletter.domain.topic import REGION
from newsletter.topics.load import bundled_topic
from tests.cases import for_each
from tests.patience import growth

JUDGE = TopicClassifier(bundled_topic("middle-east"))
LEAD = "word " * 80  # As long as a lead is.
LATE = "word " * 400  # More than is read of a text.


@for_each(
    ("title", "country"),
    [
        pytest.param("Iran reopens a bridge", "IR", id="a country"),
        pytest.param("IRAN REOPENS A BRIDGE", "IR", id="in capitals"),
        pytest.param("Mayor of Mashhad opens a bridge", "IR", id="a city"),
        pytest.param("Houthis release a tanker", "YE", id="a people"),
        pytest.param("A pro-Palestinian march in Oslo", "PS", id="in a compound"),
        pytest.param("Arab League meets on water", REGION, id="the region as a whole"),
        pytest.param("افتتاح جسر في العراق", "IQ", id="Arabic"),
        pytest.param("محادثات بالعراق", "IQ", id="Arabic with a prefix"),
        pytest.param("גשר חדש נפתח בישראל", "IL", id="Hebrew with a prefix"),
        pytest.param("پل تازه در ایران", "IR", id="Persian"),
        pytest.param("В Сирии открыли мост", "SY", id="Russian, inflected"),
        pytest.param("İsrail’de köprü açıldı", "IL", id="Turkish"),
        pytest.param("Un pont rouvre au Proche-Orient", REGION, id="French"),
    ],
)
def test_a_name_in_the_title_makes_it_about_the_topic(title, country):
    verdict = JUDGE.classify(title)

    assert (verdict.is_on_topic, verdict.country) == (True, country)


@for_each(
    "title",
    [
        pytest.param("Jordan Whitcombe wins the marathon", id="a first name"),
        pytest.param("Dalia Jordan opens a bakery", id="a surname"),
        pytest.param("Jordan scores for the Bulls", id="a player"),
        pytest.param("The turkey that crossed a motorway", id="a bird"),
        pytest.param("Turkey sandwich of the year", id="a dish"),
        pytest.param("Mayor of Lebanon, Pennsylvania, resigns", id="a town elsewhere"),
        pytest.param("Flood in Cairo, Illinois", id="another town elsewhere"),
        pytest.param("A gallant goalkeeper retires", id="an adjective"),
        pytest.param("Chad votes for a parliament", id="a country elsewhere"),
        pytest.param("A woman from Romania wins", id="a name within a word"),
        pytest.param("The batman of the regiment", id="a city's name in small letters"),
        pytest.param("Ceasefire, truce, hostages and airstrikes", id="weak words alone"),
        pytest.param("", id="nothing"),
        pytest.param("\x00\ud800 ((( \\b.* %s {0}", id="signs of patterns"),
    ],
)
def test_what_only_bears_such_a_name_is_not_about_the_topic(title):
    assert not JUDGE.classify(title).is_on_topic


@pytest.mark.parametrize(
    ("title", "summary"),
    [
        pytest.param("Jordan closes its border", "", id="a verb behind the name"),
        pytest.param("King of Jordan in Oslo", "", id="a title before the name"),
        pytest.param("Jordan River runs dry", "", id="a river"),
        pytest.param("Turkey votes", "", id="a capital at the beginning"),
        pytest.param(
            "Assad is in exile", "He left Damascus by plane.", id="company in the summary"
        ),
        pytest.param("Herzog warns of drought", "The president spoke.", id="needs company, has it"),
    ],
)
def test_what_settles_an_ambiguous_name_makes_it_count(title, summary):
    assert JUDGE.classify(title, summary).is_on_topic


def test_a_name_that_needs_company_is_nothing_without():
    assert not JUDGE.classify("Herzog warns of drought").is_on_topic


@for_each(
    ("title", "summary", "text", "is_about"),
    [
        pytest.param(
            "Ships wait", "It came from Iran.", "", True, id="the lead says where it plays"
        ),
        pytest.param(
            "Ships wait in Oslo", "It came from Iran.", "", False, id="it plays elsewhere"
        ),
        pytest.param("Ships wait", "From Oslo to Iran.", "", False, id="elsewhere comes first"),
        pytest.param("Ships wait", "From Iran to Iraq.", "", True, id="two names in the lead"),
        pytest.param(
            "Ships wait", "", "It came from Iran.", True, id="a text begins with its lead"
        ),
        pytest.param("Ships wait", f"{LEAD} It came from Iran.", "", False, id="one name below it"),
        pytest.param("Ships wait", LEAD, "Iran, Iraq, Iran, Syria, Yemen.", True, id="all through"),
        pytest.param(
            "Ships wait", LEAD, "Iran, Rome, Oslo, Syria, Paris.", False, id="among others"
        ),
        pytest.param("Ships wait", "From Oslo.", f"{LATE} Iran, Iraq, Iran.", False, id="too late"),
    ],
)
def test_what_stands_further_down_counts_less(title, summary, text, is_about):
    assert JUDGE.classify(title, summary, text).is_on_topic is is_about


@for_each(
    ("section", "title", "is_about", "country"),
    [
        pytest.param("Middle East", "Rain at last", True, REGION, id="ours"),
        pytest.param("World; MIDDLE EAST", "Rain at last", True, REGION, id="ours among others"),
        pytest.param("World > Iran", "Rain at last", True, "IR", id="a country of ours"),
        pytest.param("الشرق الأوسط", "مطر أخيرا", True, REGION, id="ours in Arabic"),
        pytest.param("Middle East", "Chad votes", True, REGION, id="ours, whatever else is named"),
        pytest.param("Sport", "Iran wins again", False, "IR", id="a section that is not ours"),
        pytest.param(
            "Sport", "Iran and Iraq draw", True, "IR", id="not ours, but much of ours in it"
        ),
        pytest.param("World", "Rain at last", False, REGION, id="a section that says nothing"),
        pytest.param(" ;|> ", "Rain at last", False, REGION, id="a section of signs"),
        pytest.param("Middle Eastern food", "Rain at last", False, REGION, id="only begins alike"),
    ],
)
def test_the_sources_own_section_weighs_heavily_not_blindly(section, title, is_about, country):
    verdict = JUDGE.classify(title, section=section)

    assert (verdict.is_on_topic, verdict.country) == (is_about, country)


@pytest.mark.parametrize(
    ("title", "summary", "country"),
    [
        pytest.param("Iraq and Iran sign", "", "IQ", id="the first of two"),
        pytest.param("Iran and Iraq sign", "", "IR", id="the first of two, turned round"),
        pytest.param("Oman hosts talks", "Iran and Iraq. Iraq.", "OM", id="the title first"),
        pytest.param("Ships wait", "Iran, Iraq and Baghdad", "IQ", id="the one that is named most"),
        pytest.param("Middle East: Oman hosts", "", "OM", id="a country before the region"),
        pytest.param("France and Egypt sign", "", "EG", id="never one of elsewhere"),
    ],
)
def test_it_plays_where_it_says_most(title, summary, country):
    assert JUDGE.classify(title, summary).country == country


def test_another_country_in_the_title_makes_ours_a_side_of_the_story():
    summary = "It came from Iran and Iraq."

    assert JUDGE.classify("Ships are late", summary).is_on_topic
    assert not JUDGE.classify("Ships are late in France", summary).is_on_topic


@pytest.mark.parametrize(
    ("title", "summary", "is_away"),
    [
        pytest.param(
            "Peru's leader joins Iraq's Saddam", "He was taken in Lima.", True, id="an echo"
        ),
        pytest.param("Peru and Iraq sign", "Baghdad hosts the envoys.", False, id="both"),
        pytest.param("Iraq signs", "The envoys came from Peru.", False, id="ours alone"),
        pytest.param("Peru signs", "The envoys came from Iraq.", False, id="the other alone"),
    ],
)
def test_an_echo_of_the_region_is_told_from_the_region(title, summary, is_away):
    assert JUDGE.classify(title, summary).is_set_elsewhere is is_away


def test_more_of_the_topic_scores_higher():
    passing, named, both = (
        JUDGE.classify("Rain", "From Iran."),
        JUDGE.classify("Rain in Iran"),
        JUDGE.classify("Rain in Iran", "Floods in Iraq."),
    )

    assert passing.score < named.score < both.score


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        pytest.param({"title": "Rain in Iran"}, "“Iran” in the title.", id="title"),
        pytest.param(
            {"title": "IRAN, Iraq", "summary": f"Iran {LEAD}", "text": "Oman"},
            "“IRAN”, “Iraq” in the title; “Iran” in the lead; “Oman” in the text.",
            id="as each place spells it",
        ),
        pytest.param(
            {"title": "Rain", "section": "Middle East"},
            "Its source files it under Middle East.",
            id="section",
        ),
        pytest.param(
            {"title": "Rain in Oslo", "summary": "From Iran."},
            "Only “Iran” in the lead: a passing mention.",
            id="a passing mention",
        ),
        pytest.param({"title": "Rain in Chad"}, "Nothing in it names the topic.", id="elsewhere"),
        pytest.param(
            {"title": "Iran Iraq Syria Oman"}, "“Iran”, “Iraq”, “Syria” in the title.", id="three"
        ),
        pytest.param({"title": "مطر في العراق"}, "“العراق” in the title.", id="right-to-left"),
    ],
)
def test_the_editor_is_told_what_was_found_where(fields, reason):
    assert JUDGE.classify(**fields).reason == reason


@pytest.mark.parametrize(
    ("title", "summary", "is_about"),
    [
        pytest.param("Iran beat Qatar in a semi-final", "", False, id="a match"),
        pytest.param("Rider crashes", "At the Bahrain Grand Prix, in rain.", False, id="a race"),
        pytest.param("Striker is executed in Iran", "", True, id="hard news"),
        pytest.param(
            "Iran and Iraq vote", "It is the day of a football match.", True, id="an aside"
        ),
    ],
)
def test_a_match_in_the_region_is_told_when_it_is_more_than_that(title, summary, is_about):
    assert JUDGE.classify(title, summary).is_on_topic is is_about


def test_the_editor_is_told_what_else_it_is():
    reason = JUDGE.classify("Iran beat Qatar in a semi-final").reason

    assert reason == "Only “Iran”, “Qatar” in the title: “semi-final” makes it sport."


@pytest.mark.parametrize(
    ("url", "is_about"),
    [
        pytest.param("https://post.example/2026/world/middleeast/rain", True, id="ours"),
        pytest.param("https://post.example/news/world-middle-east/1", True, id="with hyphens"),
        pytest.param("https://post.example/world/middle-east", False, id="the article's own name"),
        pytest.param("https://post.example/world/rain", False, id="none that is ours"),
        pytest.param("https://post.example/%ff%fe/rain", False, id="not UTF-8"),
    ],
)
def test_an_address_names_a_section_too(url, is_about):
    assert JUDGE.classify("Rain at last", url=url).is_on_topic is is_about


@pytest.mark.parametrize(
    "title",
    [
        pytest.param("Ir\u200ban reopens a bridge", id="a zero-width space within"),
        pytest.param("Ir\u00adan reopens a bridge", id="a soft hyphen within"),
        pytest.param("\u0406ran reopens a bridge", id="a Cyrillic letter for a Latin one"),
        pytest.param("S\u0443ria reopens a bridge", id="another"),
        pytest.param("\uff29\uff52\uff41\uff4e reopens a bridge", id="wide letters"),
        pytest.param("A bridge: إيران and Iran и Иран", id="three scripts"),
    ],
)
def test_a_name_in_disguise_is_found(title):
    verdict = JUDGE.classify(title)

    assert (verdict.is_on_topic, verdict.country) == (True, "SY" if title[0] == "S" else "IR")


@pytest.mark.parametrize(
    ("title", "summary", "is_about"),
    [
        pytest.param("The Duma votes", "", False, id="a parliament, not a town"),
        pytest.param("Constantine opens a bakery", "", False, id="a man, not a town"),
        pytest.param("Rain floods Sohag", "The rest of Egypt stayed dry.", True, id="in company"),
    ],
)
def test_a_town_that_nobody_knows_abroad_needs_company(title, summary, is_about):
    assert JUDGE.classify(title, summary).is_on_topic is is_about


def test_what_every_article_of_an_outlet_ends_with_says_nothing():
    tail = "A baker retires. The post A baker retires appeared first on The Israel Gazette."

    assert JUDGE.classify("A baker retires", tail).score == 0


def test_a_hostile_text_is_judged_in_time_that_grows_with_it():
    def judge(size: int) -> RelevanceVerdict:
        return JUDGE.classify("Rain", "Jordan A " * size, "<script>Iran</script>" * size)

    assert judge(50_000).score < 10
    assert growth(judge, 4_000, times=8) < 24
