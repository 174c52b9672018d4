"""An edition as a JSON document: its stories, and the decision on each article."""

from typing import Any

from newsletter.domain.digest.digest import Decision, Story
from newsletter.domain.editions.edition import Edition
from newsletter.domain.newsletter import Newsletter


def to_document(
    edition: Edition, newsletter: Newsletter, decisions: tuple[Decision, ...]
) -> dict[str, Any]:
    """Return the edition as other programs read it: what is in, what is out, and why."""
    return {
        "edition": {
            "id": edition.id,
            "newsletter": newsletter.slug,
            "date": edition.on.isoformat(),
            "number": edition.number,
            "status": edition.status.value,
            "hold": edition.hold.value if edition.hold else None,
            "reason": edition.reason,
            "subject": edition.subject,
            "preheader": edition.preheader,
            "opens_at": edition.opens_at.isoformat(),
            "closes_at": edition.closes_at.isoformat(),
            "sends_at": edition.sends_at.isoformat(),
            "composed_at": edition.composed_at.isoformat(),
        },
        "stories": [
            _story_document(position, story, decisions)
            for position, story in enumerate(edition.stories)
        ],
        "left_out": [_decision_document(decision) for decision in decisions if not decision.is_in],
    }


def _story_document(position: int, story: Story, decisions: tuple[Decision, ...]) -> dict[str, Any]:
    return {
        "position": position,
        "placement": story.placement.value,
        "section": story.section,
        "title": story.title,
        "summary": story.summary,
        "label": story.label.value,
        "since": story.follows_edition_of.isoformat() if story.follows_edition_of else None,
        "score": story.score,
        "reason": story.reason,
        "articles": [
            _decision_document(decision) | {"is_lead": decision.article.id == story.lead.id}
            for decision in decisions
            if decision.story == position
        ],
    }


def _decision_document(decision: Decision) -> dict[str, Any]:
    return {
        "id": decision.article.id,
        "url": decision.article.url,
        "title": decision.article.title,
        "source": decision.article.source,
        "section": decision.article.section,
        "published_at": decision.article.published_at.isoformat(),
        "score": decision.score,
        "reason": decision.reason,
    } | _sum_document(decision)


def _sum_document(decision: Decision) -> dict[str, Any]:
    if not decision.score_components:
        return {}
    return {
        "sum": [
            {"for": part.name, "points": part.points, "how": part.explanation}
            for part in decision.score_components
        ]
    }
