"""Which days of the week a text names, in seven languages."""

import pytest

from newsletter.domain.text.weekdays import find_weekdays
from tests.cases import for_each


@for_each(
    ("text", "days"),
    [
        pytest.param("The vote on MONDAY follows Sunday’s talks.", {1, 7}, id="English"),
        pytest.param("Mondays are dull at Mondaymarket", set(), id="no whole words"),
        pytest.param("Le vote de mercredi, vendredi au plus tard", {3, 5}, id="French"),
        pytest.param("Голосование в среду и пятницу", {3, 5}, id="Russian"),
        pytest.param("التصويت يوم الأربعاء والخميس", {3, 4}, id="Arabic"),
        pytest.param("رأی‌گیری روز سه‌شنبه و شنبه", {2, 6}, id="Persian"),
        pytest.param("ההצבעה ביום שני ובשבת", {1}, id="Hebrew"),
        pytest.param("Oylama salı ve perşembe günü", {2, 4}, id="Turkish"),
        pytest.param("", set(), id="nothing"),
    ],
)
def test_the_days_are_found_as_whole_words_however_they_are_written(text, days):
    assert find_weekdays(text) == days
