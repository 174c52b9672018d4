"""What makes a story matter tonight, and how much: every weight of the ranking in one place."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Points, without unit. A topic file may change any of them under [weights]."""

    source: float = 1.0  # Times a feed's own standing, which is 1.0 for most.
    reported_by: float = 1.4  # For each doubling of the sources: what many report matters.
    freshness: float = 0.8  # For a story of this minute; none for one of a day ago.
    prominence: float = 0.8  # At the top of its feed, where it was put; half of it five below.
    depth: float = 0.3  # For a long read; none for a headline.
    relevance: float = (
        0.15  # For each point of relevance, up to eight: the subject, not its fringe.
    )
    away: float = -2.0  # The headline plays elsewhere too, the lead only there: an echo.
    # What kind of text it is. An evening is led by what happened.
    analysis: float = -0.6
    feature: float = -0.6  # How people live with it.
    live: float = -0.8  # A live page is many stories, told better one by one.
    opinion: float = -1.2  # What somebody thinks of it.
    sponsored: float = -4.0
    round_up: float = -2.0  # The day's pictures, a briefing: each has its stories told by others.
