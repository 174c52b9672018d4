"""What the steps of the digest hand to each other: reports, events, candidates and rejections."""

from collections.abc import Mapping
from dataclasses import dataclass

from newsletter.domain.articles.article import Article, PublishedArticle
from newsletter.domain.articles.labels import Label, content_label, is_round_up
from newsletter.domain.digest.digest import ScoreComponent
from newsletter.domain.relevance.classifier import RelevanceVerdict

EVENT_LABELS = frozenset({Label.NEWS, Label.ANALYSIS, Label.FEATURE})  # They may share an event.


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Why an article stays out, as a sentence for the editor; score is what it had by then."""

    score: float
    reason: str


Rejections = Mapping[int, Rejection]  # by the article's id


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """An article about the topic, with what several steps ask of it.

    summary is what the edition prints below the headline if the report leads its story.
    """

    article: Article
    verdict: RelevanceVerdict
    label: Label
    is_round_up: bool
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The new reports of one event. follow_up_to is an earlier edition's last report of it."""

    reports: tuple[Report, ...]
    follow_up_to: PublishedArticle | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A story that may come into the edition.

    reports are those of its event, the one that leads it first; related are those of other events
    of the same storyline. label is that of the report it was ranked with, also when another leads.
    """

    reports: tuple[Report, ...]
    label: Label
    score: float
    score_components: tuple[ScoreComponent, ...] = ()
    follow_up_to: PublishedArticle | None = None
    related: tuple[Report, ...] = ()

    @property
    def lead(self) -> Report:
        return self.reports[0]

    @property
    def articles(self) -> tuple[Article, ...]:
        """All its articles, those of its event first."""
        return tuple(report.article for report in (*self.reports, *self.related))


def by_score(candidate: Candidate) -> tuple[float, str]:
    """Sort the highest score first, and equal ones by address."""
    return -candidate.score, candidate.lead.article.url


def is_event_report(article: Article) -> bool:
    """Return whether it reports one event: live pages, opinions and round-ups do not."""
    return content_label(article) in EVENT_LABELS and not is_round_up(article)
