"""A digest: the chosen stories of a window of time, and a reason for every article in it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from newsletter.domain.articles.article import Article
from newsletter.domain.articles.labels import Label


@dataclass(frozen=True, slots=True)
class ScoreComponent:
    """One line of a story's score: what for, how many points, and how they come about."""

    name: str
    points: float
    explanation: str


class Placement(StrEnum):
    LEAD = "lead"  # opens the edition, with its image
    SECTION = "section"  # with a summary, under its country
    BRIEF = "brief"  # a headline under "Also today"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The articles about one event; lead stands for it, others are its "More on this".

    section is the heading it stands under (a country's name, or the region's). reason is a sentence
    for the editor. follows_edition_of is the date of the last edition that had its storyline, None
    for a story that is new today.
    """

    title: str
    summary: str
    section: str
    placement: Placement
    lead: Article
    others: tuple[Article, ...] = ()
    label: Label = Label.NEWS
    score: float
    reason: str
    follows_edition_of: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Why one article of the window is in or out. story is its place in Digest.stories, from 0.

    score_components make up the score of the story that it leads; empty for any other, and once
    stored.
    """

    article: Article
    is_in: bool
    score: float
    reason: str
    story: int | None = None
    score_components: tuple[ScoreComponent, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """The chosen stories for opens_at <= published < closes_at, and a decision on every article."""

    opens_at: datetime
    closes_at: datetime
    stories: tuple[Story, ...]
    decisions: tuple[Decision, ...]
