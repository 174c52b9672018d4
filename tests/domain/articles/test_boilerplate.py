"""What stands at the end of every text of a feed, and what is news though it looks so."""

import pytest

from newsletter.domain.articles.boilerplate import strip_boilerplate
from tests.cases import for_each
from tests.patience import growth

NEWS = "The crossing over the river is open again."


@for_each(
    "tail",
    [
        " Continue reading...",
        " Read more »",
        " The post A bridge opens appeared first on The Harbour Post.",
        " L’article Un pont rouvre est apparu en premier sur Le Port.",
        " [&hellip;]",
        " […]",
        " Lire la suite sur le site",
        " Sign up for our letter.",
        " Subscribe now and save.",
        " […] Read more",
    ],
)
def test_what_every_article_ends_with_goes(tail):
    assert strip_boilerplate(NEWS + tail) == NEWS


@pytest.mark.parametrize(
    "text",
    [
        NEWS,
        "",
        "Children are reading more than ever, a survey in Basra found.",
        "Who wants to sign up for water has to be quick.",
        "She was the first on the bridge when it opened.",
    ],
)
def test_news_stays_as_it_is(text):
    assert strip_boilerplate(text) == text


def test_a_long_line_takes_time_that_grows_with_it():
    assert growth(lambda size: strip_boilerplate("read more " * size), 20_000, times=8) < 24
