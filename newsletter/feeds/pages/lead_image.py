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
_SUPPORTED = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


def find_lead_photo(
    fetcher: Fetcher, *, url: str, known: Image | None, least_px: int
) -> Image | None:
    """Return a photo of the article at url that is at least least_px wide; None without one.

    known is what its feed offers, looked at first; then comes what its page says of itself. What
    cannot be fetched is no photo.
    """
    for image in _offered_images(fetcher, url, known):
        sized = with_size_from_url(image)
        try:
            photo = sized if sized.width else measure_image(fetcher, sized)
        except FeedError:
            continue
        if photo and (photo.width or 0) >= least_px:
            return photo
    return None


def measure_image(fetcher: Fetcher, image: Image) -> Image | None:
    """Return the image with the size in its file; None if it is no photo, or a kind not shown.

    Raises FeedError when it cannot be fetched.
    """
    head = fetcher.fetch_head(image.url, enough_bytes=HEAD_BYTES)
    if not head.startswith(_SUPPORTED):
        return None
    width, height = imagesize.get(io.BytesIO(head))
    return (
        pick_photo([replace(image, width=width, height=height)]) if min(width, height) > 0 else None
    )


def _offered_images(fetcher: Fetcher, url: str, known: Image | None) -> Iterator[Image]:
    if known is not None:
        yield known
    try:
        page = fetcher.fetch(url)
        own_image = read_page(page.body, url=page.url, content_type=page.content_type).image
    except FeedError:
        return
    if own_image is not None:
        yield own_image
