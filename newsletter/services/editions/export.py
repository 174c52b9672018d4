"""An edition as a JSON document: its stories, and the decision on each article."""

from typing import Any

from newsletter.domain.digest.digest import Decision, Story
from newsletter.domain.editions.edition import Edition
from newsletter.domain.newsletter import Newsletter


def to_document(
    edition: Edition, newsletter: Newsletter, decided: tuple[Decision, ...]
) -> dict[str, Any]:
    """The edition as other programs read it: what is in, what is out, and why."""
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
            _story_document(position, story, decided)
            for position, story in enumerate(edition.stories)
        ],
        "left_out": [_decision_document(one) for one in decided if not one.is_in],
    }


def _story_document(position: int, story: Story, decided: tuple[Decision, ...]) -> dict[str, Any]:
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
            _decision_document(one) | {"is_lead": one.article.id == story.lead.id}
            for one in decided
            if one.story == position
        ],
    }


def _decision_document(one: Decision) -> dict[str, Any]:
    return {
        "id": one.article.id,
        "url": one.article.url,
        "title": one.article.title,
        "source": one.article.source,
        "section": one.article.section,
        "published_at": one.article.published_at.isoformat(),
        "score": one.score,
        "reason": one.reason,
    } | _sum_document(one)


def _sum_document(one: Decision) -> dict[str, Any]:
    if not one.score_components:
        return {}
    return {
        "sum": [
            {"for": it.name, "points": it.points, "how": it.explanation}
            for it in one.score_components
        ]
    }
