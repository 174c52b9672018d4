"""The forms of a people's name in its language."""

import pytest

from newsletter.topics.inflection import inflect_demonym
from tests.cases import for_each


@for_each(
    ("demonym", "others"),
    [
        pytest.param("Iranian", "Iranians", id="English"),
        pytest.param("Israeli", "Israelis", id="English on -li"),
        pytest.param("Emirati", "Emiratis", id="English on -ti"),
        pytest.param("Lebanese", "", id="English without a plural"),
        pytest.param("iranien", "iraniens iranienne iraniennes", id="French"),
        pytest.param("libanais", "libanaise libanaises", id="French, another"),
        pytest.param(
            "israélien", "israéliens israélienne israéliennes", id="French with an accent"
        ),
        pytest.param("Iraklı", "Iraklılar", id="Turkish"),
        pytest.param("عراقي", "", id="Arabic, whose endings are found anyway"),
        pytest.param("иранский", "", id="Russian, likewise"),
    ],
)
def test_a_people_is_named_in_the_plural_and_by_its_women(demonym, others):
    made = set(inflect_demonym(demonym))

    assert {demonym, *others.split()} <= made
    assert others or made == {demonym}
