"""Taking articles out of an edition that is composed: its stories, their order, its decisions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from newsletter.domain.articles.labels import Label
from newsletter.domain.digest.digest import Decision, Digest, Placement, Story
from newsletter.domain.editions.edition import EditionState, EditionStatus, HoldReason
from newsletter.domain.newsletter import Newsletter, TooFewStoriesPolicy

WITHOUT_ITS_LEAD = "The article that its story was told by cannot be mailed."


def remove_from_digest(digest: Digest, unfit: Mapping[int, str]) -> Digest:
    """Return the digest without the unfit articles, each of which is decided by its reason.

    unfit is the reason by article id. A story goes with the article that stands for it.
    """
    stories = remove_articles(digest.stories, unfit)
    places = {story.lead.id: place for place, story in enumerate(stories)}
    moved = {old: places.get(story.lead.id) for old, story in enumerate(digest.stories)}
    decisions = [_decision(decision, moved, unfit) for decision in digest.decisions]
    return replace(digest, stories=stories, decisions=tuple(decisions))


def remove_articles(stories: Sequence[Story], unfit: Mapping[int, str]) -> tuple[Story, ...]:
    """Return the stories without the unfit articles; where the lead is gone, another leads."""
    rest = [
        replace(story, others=tuple(article for article in story.others if article.id not in unfit))
        for story in stories
        if story.lead.id not in unfit
    ]
    if not rest or any(story.placement is Placement.LEAD for story in rest):
        return tuple(rest)
    lead = next((story for story in rest if story.label is Label.NEWS), rest[0])
    rest.remove(lead)
    return (replace(lead, placement=Placement.LEAD), *rest)


def decide_after_removal(newsletter: Newsletter, *, before: int, after: int) -> EditionState | None:
    """Return what becomes of an edition that had before stories and has after; None: it goes on.

    With no story left it is skipped. The newsletter's rule for thin days holds when there were
    enough stories before; one that was thin already was let go by a person, who knew it.
    """
    removed = f"{before - after} of its {before} stories cannot be mailed"
    if after == 0:
        return EditionState(status=EditionStatus.SKIPPED, reason=f"{removed}, so none is left.")
    if after >= newsletter.min_stories or before < newsletter.min_stories:
        return None
    thin = f"A thin day: {after} of at least {newsletter.min_stories} stories, since {removed}."
    if newsletter.too_few_stories_policy is TooFewStoriesPolicy.SKIP:
        return EditionState(status=EditionStatus.SKIPPED, reason=thin)
    return EditionState(status=EditionStatus.HELD, hold=HoldReason.TOO_FEW_STORIES, reason=thin)


def _decision(
    decision: Decision, moved: Mapping[int, int | None], unfit: Mapping[int, str]
) -> Decision:
    place = None if decision.story is None else moved[decision.story]
    if not decision.is_in:
        return replace(decision, story=place)
    if reason := unfit.get(decision.article.id):
        return replace(decision, is_in=False, story=None, reason=reason)
    if place is None:
        return replace(decision, is_in=False, story=None, reason=WITHOUT_ITS_LEAD)
    return replace(decision, story=place)
