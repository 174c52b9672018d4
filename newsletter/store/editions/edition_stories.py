"""The stories of an edition and the decision on each article, written when it is composed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from newsletter.domain.digest.digest import Digest, Story
from newsletter.store.models import DecisionRow, StoryRow


def replace_stories(session: Session, edition_id: int, digest: Digest) -> None:
    """Let the edition have these stories and decisions, and no others."""
    session.execute(delete(DecisionRow).where(DecisionRow.edition_id == edition_id))
    session.execute(delete(StoryRow).where(StoryRow.edition_id == edition_id))
    ids = [
        session.scalars(insert(StoryRow).values(**row).returning(StoryRow.id)).one()
        for row in _story_rows(edition_id, digest.stories)
    ]
    leads = {story.lead.id for story in digest.stories}
    rows = [
        {
            "edition_id": edition_id,
            "article_id": decision.article.id,
            "story_id": None if decision.story is None else ids[decision.story],
            "is_in": decision.is_in,
            "is_lead": decision.article.id in leads,
            "score": decision.score,
            "reason": decision.reason,
        }
        for decision in digest.decisions
    ]
    if rows:
        session.execute(insert(DecisionRow), rows)


def _story_rows(edition_id: int, stories: Sequence[Story]) -> list[dict[str, Any]]:
    return [
        {
            "edition_id": edition_id,
            "position": position,
            "title": story.title,
            "summary": story.summary,
            "section": story.section,
            "placement": story.placement,
            "label": story.label,
            "score": story.score,
            "reason": story.reason,
            "follows_edition_of": story.follows_edition_of,
        }
        for position, story in enumerate(stories)
    ]
