"""Which image is the article's own photo: no logo, no pixel that counts readers, its size known."""

import re
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from newsletter.domain.articles.article import Image

MIN_SIDE_PX = 200  # A side below it is a portrait beside a column, an icon, or a pixel.
MAX_ASPECT_RATIO = 4.0  # Times as wide as high, or as high as wide: a banner, not a photo.

# What newsrooms and counters call images that belong to no article.
_NO_PHOTO = re.compile(
    r"(?:^|[/_.-])(?:logos?|favicon|sprite|placeholder|fallback|avatar|gravatar|blank|spacer"
    r"|pixel|beacon|tracking|1x1|icons?|badge|button|masthead|social-share|og-?(?:default|image)"
    r"|share-?image|apple-touch-icon)(?:[/_.-]|$)"
    r"|/~[a-z]{1,2}/"  # FeedBurner's buttons: to mail it, to share it
    r"|[/_-]default\.\w+$|\.(?:svg|gif|ico)$|//(?:pixel|b|stats?|sb|counter)\.",
    re.I,
)
_SIZE = re.compile(r"(?<!\d)(\d{3,4})(?:x|%2C|,)(\d{3,4})(?!\d)", re.I)
_WIDTH = re.compile(r"[?&;/](?:w|width|imwidth)[=_/](\d{2,4})(?!\d)", re.I)


def pick_photo(images: Iterable[Image]) -> Image | None:
    """Return the first image that may be the article's photo, with its size if its address has it.

    One whose size is known is taken before one that says nothing of it.
    """
    fit = [with_size_from_url(image) for image in images if _is_photo(with_size_from_url(image))]
    return next((image for image in fit if image.width), fit[0] if fit else None)


def with_size_from_url(image: Image) -> Image:
    """Return the image with the size that its address names, unless its size is known."""
    if image.width is not None:
        return image
    address = image.url.rsplit("?url=", 1)[0]  # a resizing server's own part
    if sizes := _SIZE.findall(address):
        width, height = sizes[-1]  # What comes out in the end: crop/3014x1695/resize/1440x810.
        return replace(image, width=int(width), height=int(height))
    if match := _WIDTH.search(address):
        return replace(image, width=int(match[1]))
    return image


def _is_photo(image: Image) -> bool:
    parts = urlsplit(image.url)
    if _NO_PHOTO.search(f"//{parts.netloc}{unquote(parts.path)}"):
        return False
    sides = [side for side in (image.width, image.height) if side is not None]
    if any(side < MIN_SIDE_PX for side in sides):
        return False
    return len(sides) < 2 or max(sides) <= MAX_ASPECT_RATIO * min(sides)  # noqa: PLR2004
