"""An article's photo over HTTP, measured by its first bytes; alone knows imagesize."""

import io
from collections.abc import Iterator
from dataclasses import replace

import imagesize

from newsletter.domain.articles.article import Image
from newsletter.domain.articles.images import pick_photo, with_size_from_url
from newsletter.errors import FeedError
from newsletter.feeds.fetching.fetch import Fetcher
from newsletter.feeds.pages.article_page import read_page

# Where a photo says its size: behind the camera's notes and the colour profile, where it has any.
HEAD_BYTES = 200_000
# The kinds that every mail program shows, by their first bytes; Outlook shows no WebP.
_SHOWN = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


def find_lead_photo(
    fetcher: Fetcher, *, url: str, known: Image | None, least_px: int
) -> Image | None:
    """The photo of the article at url, at least least_px wide, its size known; None without one.

    known is what its feed offers, looked at first; then comes what its page says of itself. What
    cannot be fetched is no photo.
    """
    for image in _offered(fetcher, url, known):
        told = with_size_from_url(image)
        try:
            found = told if told.width else measure_image(fetcher, told)
        except FeedError:
            continue
        if found and (found.width or 0) >= least_px:
            return found
    return None


def measure_image(fetcher: Fetcher, image: Image) -> Image | None:
    """The image with the size that its file tells; None for one that is no photo, or not shown.

    Raises FeedError when it cannot be fetched.
    """
    head = fetcher.fetch_head(image.url, enough_bytes=HEAD_BYTES)
    if not head.startswith(_SHOWN):
        return None
    width, height = imagesize.get(io.BytesIO(head))
    return (
        pick_photo([replace(image, width=width, height=height)]) if min(width, height) > 0 else None
    )


def _offered(fetcher: Fetcher, url: str, known: Image | None) -> Iterator[Image]:
    if known is not None:
        yield known
    try:
        page = fetcher.fetch(url)
        said = read_page(page.body, url=page.url, content_type=page.content_type).image
    except FeedError:
        return
    if said is not None:
        yield said
