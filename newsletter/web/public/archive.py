"""The public pages of what was sent: the archive, one edition, one reader's own copy."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse

from newsletter.errors import NotFoundError
from newsletter.mail.content.digest_view import digest_view
from newsletter.mail.rendered import fill_slots
from newsletter.services import urls
from newsletter.services.queries.editions import (
    find_edition,
    list_recent_editions,
    read_web_version,
)
from newsletter.web.dependencies import AppStateDep
from newsletter.web.http_server.security_headers import MAIL_POLICY
from newsletter.web.parameters import Day
from newsletter.web.templating import page

router = APIRouter()


PAGE = 20


@router.api_route("/n/{slug}/archive", methods=["GET", "HEAD"])
def archive(
    site: AppStateDep, slug: str, part: Annotated[int, Query(ge=1, le=999)] = 1
) -> Response:
    """The past editions, the latest first, twenty a page."""
    newsletter = site.newsletter(slug)
    found = list_recent_editions(
        site.ports, newsletter, is_out=True, limit=PAGE + 1, offset=(part - 1) * PAGE
    )
    return page(
        "archive",
        language=newsletter.language,
        newsletter=newsletter,
        editions=found[:PAGE],
        part=part,
        has_older=len(found) > PAGE,
    )


@router.api_route("/n/{slug}/{on}", methods=["GET", "HEAD"])
def edition(site: AppStateDep, slug: str, on: Day) -> Response:
    """An edition's public page, once it is out; one that was stopped in mid-run is."""
    newsletter = site.newsletter(slug)
    found = find_edition(site.ports, newsletter, on)
    if found is None or found.frozen_at is None:
        raise NotFoundError("There is no edition of that date.")
    return page(
        "edition",
        language=newsletter.language,
        newsletter=newsletter,
        edition=found,
        parts=digest_view(found, newsletter.language),
    )


@router.api_route("/view/{text}", methods=["GET", "HEAD"])
def view(site: AppStateDep, text: str) -> Response:
    """The mail itself in the browser. Whose it was is not shown: links are passed on."""
    email = read_web_version(site.ports, urls.read_edition(site.ports, text))
    seen = fill_slots(email, address="…", unsubscribe="by-mail")
    return HTMLResponse(seen.html, headers={"Content-Security-Policy": MAIL_POLICY})
