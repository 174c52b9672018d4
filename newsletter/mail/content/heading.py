"""An edition's subject and preheader, made of its stories."""

from dataclasses import replace

from newsletter.domain.digest.digest import Story
from newsletter.domain.editions.edition import Edition
from newsletter.domain.newsletter import Newsletter
from newsletter.domain.text.clean import truncate
from newsletter.mail.content.translations import announce_headlines

SUBJECT_CHARS = 90  # What a wide screen shows of a subject; a phone cuts it by itself.
PREHEADER_CHARS = 140  # What a phone shows below the subject.


def subject_of(stories: tuple[Story, ...], newsletter: Newsletter) -> str:
    """Return the first story's title, else the newsletter's name."""
    return truncate(stories[0].title if stories else newsletter.name, SUBJECT_CHARS)


def preheader_of(stories: tuple[Story, ...], language: str) -> str:
    """Return the next stories' titles after "Also:", as many as a preview line shows."""
    titles = [story.title for story in stories[1:4]]
    if not titles:
        return truncate(stories[0].summary, PREHEADER_CHARS) if stories else ""
    return truncate(announce_headlines(titles, language), PREHEADER_CHARS)


def with_stories(edition: Edition, stories: tuple[Story, ...], newsletter: Newsletter) -> Edition:
    """Return the edition with these stories, its subject and preheader made of them."""
    return replace(
        edition,
        stories=stories,
        subject=subject_of(stories, newsletter),
        preheader=preheader_of(stories, newsletter.language),
    )
