"""Illustrate: the photo of an edition's lead, where its feed told of none that is large enough."""

from newsletter.domain.digest.digest import Placement
from newsletter.domain.editions.edition import Edition
from newsletter.domain.editions.transitions import Transition, may
from newsletter.feeds.fetching.fetch import Fetcher
from newsletter.feeds.fetching.fetch_policy import FetchPolicy
from newsletter.feeds.pages.lead_image import find_lead_photo
from newsletter.mail.content.digest_view import SMALLEST_IMAGE_PX
from newsletter.store import Store
from newsletter.store.collection import articles
from newsletter.store.editions import editions
from newsletter.store.editions.transitions import try_transition


def find_lead_image(store: Store, policy: FetchPolicy, edition: Edition) -> Edition:
    """Return the edition; its lead has a photo if its feed or page has one that is large enough.

    At most three requests; nothing is open meanwhile. What was read from a file is left alone: who
    replays an old evening asks nobody on the web.
    """
    lead = next(
        (story.lead for story in edition.stories if story.placement is Placement.LEAD), None
    )
    if lead is None or not may(edition, Transition.ILLUSTRATE):
        return edition
    if lead.image is not None and (lead.image.width or 0) >= SMALLEST_IMAGE_PX:
        return edition
    with store.begin() as session:
        if not articles.is_polled(session, lead.id):
            return edition
    photo = find_lead_photo(
        Fetcher(policy), url=lead.url, known=lead.image, least_px=SMALLEST_IMAGE_PX
    )
    if photo is None:
        return edition
    with store.begin() as session:
        # What somebody approved meanwhile stays as it was seen.
        if try_transition(session, edition.id, Transition.ILLUSTRATE) is not None:
            articles.set_image(session, lead.id, photo)
        return editions.by_id(session, edition.id)
