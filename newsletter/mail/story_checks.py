"""Which of an edition's articles keep its mail from going out.

Whatever is wrong with one story takes out that story, and never the edition.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from statistics import median

from newsletter.domain.articles.article import Article
from newsletter.domain.digest.digest import Story
from newsletter.domain.editions.edition import Edition
from newsletter.domain.newsletter import Newsletter
from newsletter.errors import PreflightError
from newsletter.mail.content.heading import with_stories
from newsletter.mail.preflight import MAX_HTML_BYTES, check_digest
from newsletter.mail.rendered import RenderedEmail

MAX_FIELD_CHARS = 4_000  # Twice the longest address that we keep; no text in a mail is longer.
OUTSIZED = 2  # Times as many bytes as the middle one of the stories.

# Controls, halves of characters, and what turns the direction of all text behind it.
_UNMAILABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]"
)
_TOO_LARGE = f"is left out, since Gmail cuts a mail at {MAX_HTML_BYTES // 1000} KB."

Build = Callable[[Edition], RenderedEmail]


def find_unfit(edition: Edition, newsletter: Newsletter, build: Build) -> dict[int, str]:
    """Return why articles of the edition cannot be mailed, by their ids; empty when all can.

    build renders an edition. The steps: texts that cannot stand in a mail are found by themselves;
    then the whole is built and checked; only when that fails, each story is built alone; when each
    is well alone, they are too many bytes together.

    Raises PreflightError when what is wrong is no story's: it is so without any story too.
    """
    if not edition.stories:
        return {}
    if unfit := dict(_unfit_texts(edition)):
        return unfit
    whole = _try(edition, build)
    if isinstance(whole, RenderedEmail):
        return {}
    empty = _try(with_stories(edition, (), newsletter), build)
    if not isinstance(empty, RenderedEmail):
        raise whole

    def problem(story: Story) -> str:
        alone = _try(with_stories(edition, (story,), newsletter), build)
        return "" if isinstance(alone, RenderedEmail) else " ".join(alone.problems)

    unfit = {key: why for story in edition.stories for key, why in _culprits(story, problem)}
    if unfit:
        return unfit
    unfit = _too_many_bytes(edition, newsletter, build, _size(empty))
    if not unfit:
        raise whole
    return unfit


def _try(edition: Edition, build: Build) -> RenderedEmail | PreflightError:
    """Return the email, or why it may not go out."""
    try:
        email = build(edition)
        check_digest(email)
    except PreflightError as error:
        return error
    return email


def _unfit_texts(edition: Edition) -> Iterator[tuple[int, str]]:
    for story in edition.stories:
        if not story.title.strip():
            yield story.lead.id, "It cannot be mailed: it has no title."
        for key, name, text in _texts(story):
            if len(text) > MAX_FIELD_CHARS:
                yield key, f"It cannot be mailed: its {name} has {len(text):,} characters."
            elif _UNMAILABLE.search(text):
                yield key, f"It cannot be mailed: its {name} holds characters that are no text."


def _texts(story: Story) -> Iterator[tuple[int, str, str]]:
    """Yield what the mail shows of a story: whose article's it is, its name, and the text."""
    lead, image = story.lead, story.lead.image
    own = {"title": story.title, "summary": story.summary, "section": story.section}
    own["byline"] = ", ".join(lead.authors[:3])
    if image is not None:
        own |= {"image's address": image.url, "image's text": image.alt}
        own |= {"caption": image.caption, "image's credit": image.credit}
    yield from ((lead.id, name, text) for name, text in own.items())
    for article in (lead, *story.others):
        yield from ((article.id, name, text) for name, text in _own_texts(article))


def _own_texts(article: Article) -> tuple[tuple[str, str], ...]:
    return ("title", article.title), ("address", article.url), ("source's name", article.source)


def _culprits(story: Story, problem: Callable[[Story], str]) -> Iterator[tuple[int, str]]:
    """Yield the articles that are at fault in a story that cannot be mailed alone."""
    if not problem(story):
        return
    if own := problem(replace(story, others=())):
        yield story.lead.id, f"It cannot be mailed. {own}"
        return
    others = [
        (other.id, f"It cannot be mailed. {why}")
        for other in story.others
        if (why := problem(replace(story, others=(other,))))
    ]
    yield from others or [(other.id, "It has no room in the mail.") for other in story.others]


def _too_many_bytes(
    edition: Edition, newsletter: Newsletter, build: Build, frame: int
) -> dict[int, str]:
    """Return the stories that are left out so that the rest has room: outsized ones, else the last.

    frame is the size of the mail without any story.
    """
    sizes = {}
    for story in edition.stories:
        alone = build(with_stories(edition, (story,), newsletter))
        sizes[story.lead.id] = _size(alone) - frame
    middle, unfit = median(sizes.values()) if sizes else 0, {}
    while sizes and frame + sum(sizes.values()) > MAX_HTML_BYTES:
        largest = max(sizes, key=sizes.__getitem__)
        key = largest if sizes[largest] > OUTSIZED * middle else list(sizes)[-1]
        unfit[key] = f"It takes {max(1, round(sizes.pop(key) / 1000))} KB, and {_TOO_LARGE}"
    return unfit


def _size(email: RenderedEmail) -> int:
    return len(email.html.encode(errors="surrogatepass"))
