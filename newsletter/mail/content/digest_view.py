"""An edition as the templates see it: sections, labels, image, reading time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from urllib.parse import urlsplit

from newsletter.domain.articles.article import Article, Image
from newsletter.domain.digest.digest import Placement, Story
from newsletter.domain.editions.edition import Edition
from newsletter.mail.content.translations import label_name, list_names, update_notice

CONTENT_PX = 536  # 600 less the margins of 32 on either side.
SMALLEST_IMAGE_PX = 480  # A narrower photo would be stretched.
WORDS_A_MINUTE = 220
MORE_LINKS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageView:
    """A lead photo in the size in which it is shown, in pixels; height None when unknown."""

    url: str
    alt: str
    width: int
    height: int | None
    caption: str
    credit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryView:
    """A story as it stands in the mail; url is "" when the article's is no web address.

    updated says since when it goes on, "" for a story that is new.
    """

    title: str
    summary: str
    url: str
    kicker: str
    label: str
    updated: str
    source: str
    byline: str
    image: ImageView | None
    related: tuple[tuple[str, str, str], ...]  # title, address, source of other reports


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestView:
    """The edition in its parts, in order; sections are headings with their items."""

    lead: StoryView | None
    sections: tuple[tuple[str, tuple[StoryView, ...]], ...]
    briefs: tuple[StoryView, ...]
    count: int
    minutes: int


def digest_view(edition: Edition, language: str) -> DigestView:
    """The edition laid out, with labels in the language."""
    placed = [(story.placement, _item(story, edition.on, language)) for story in edition.stories]
    leads = [item for placement, item in placed if placement is Placement.LEAD]
    told = [item for placement, item in placed if placement is Placement.SECTION]
    sections = groupby(told, key=lambda item: item.kicker)
    return DigestView(
        lead=leads[0] if leads else None,
        sections=tuple((heading, tuple(items)) for heading, items in sections),
        briefs=tuple(item for placement, item in placed if placement is Placement.BRIEF),
        count=len(placed),
        minutes=_minutes(edition.stories),
    )


def web_address(url: str) -> str:
    """The address when a reader may be sent there, else ""."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    is_web = parts.scheme in {"http", "https"} and bool(parts.hostname)
    return url if is_web and not set(url) & set("\"'<>`\\ \r\n\t") else ""


def _item(story: Story, on: date, language: str) -> StoryView:
    first = story.lead
    return StoryView(
        title=story.title,
        summary=story.summary,
        url=web_address(first.url),
        kicker=story.section,
        label=label_name(story.label, language),
        updated=update_notice(story.follows_edition_of, on=on, language=language)
        if story.follows_edition_of
        else "",
        source=first.source,
        byline=_byline(first, language),
        image=_picture(first.image, story.title),
        related=tuple(
            (other.title, web_address(other.url), other.source)
            for other in story.others
            if web_address(other.url)
        )[:MORE_LINKS],
    )


def _byline(article: Article, language: str) -> str:
    names = [name for name in article.authors if name.casefold() not in article.source.casefold()]
    return list_names(names[:3], language)


def _picture(image: Image | None, title: str) -> ImageView | None:
    """The image as it will be shown, or None: no photo is better than a stretched one."""
    if image is None or not web_address(image.url) or (image.width or 0) < SMALLEST_IMAGE_PX:
        return None
    assert image.width is not None
    width = min(image.width, CONTENT_PX)
    return ImageView(
        url=image.url,
        alt=image.alt or image.caption or title,
        width=width,
        height=round(image.height * width / image.width) if image.height else None,
        caption=image.caption,
        credit=image.credit,
    )


def _minutes(stories: Sequence[Story]) -> int:
    count = sum(len(f"{story.title} {story.summary}".split()) for story in stories)
    return max(1, round(count / WORDS_A_MINUTE))
