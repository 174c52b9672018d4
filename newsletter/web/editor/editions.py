"""The editors' pages: the coming edition with its reasons, the mail as it will look, yes or no."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from newsletter.domain import schedule
from newsletter.domain.editions.edition import TRANSITIONS, Edition, EditionStatus, Transition
from newsletter.domain.newsletter import Newsletter
from newsletter.domain.subscribers.email_address import parse_address
from newsletter.errors import NotFoundError, PreflightError
from newsletter.mail.content.translations import update_notice
from newsletter.mail.rendered import fill_slots
from newsletter.services.editions import render, review
from newsletter.services.editions.recompose import compose_now
from newsletter.services.operations.status import read_forecast
from newsletter.services.queries.editions import find_edition, read_email, read_review
from newsletter.services.queries.newsletters import list_newsletters
from newsletter.services.sending import test_message
from newsletter.services.sending.sender_check import sender_problems
from newsletter.web.auth import CheckedForm, Session, form_token
from newsletter.web.dependencies import AppState, AppStateDep
from newsletter.web.http_server.security_headers import MAIL_POLICY
from newsletter.web.parameters import Day
from newsletter.web.templating import page

router = APIRouter()

PAST = 14  # Editions listed: a fortnight.
_DONE = {
    "composed": "Composed from what is known now.",
    "approved": "Approved as it is. It goes out at its minute; what comes in later waits for the "
    "next one.",
    "held": "Held. It goes out when somebody approves it.",
    "changed": "It was composed anew since you looked at it. Look again, and approve it then.",
    "tested": "The test is on its way.",
}
_REMADE = frozenset({EditionStatus.DRAFT, EditionStatus.HELD, EditionStatus.SKIPPED})
_DARK = "@media (prefers-color-scheme: dark)"


@dataclass(frozen=True, kw_only=True)
class View:
    """How the mail is looked at."""

    part: Literal["html", "text"] = "html"
    width: Literal["desk", "phone"] = "desk"
    scheme: Literal["light", "dark"] = "light"

    def link(self, **other: str) -> str:
        """The query of this view with something changed."""
        told = {"part": self.part, "width": self.width, "scheme": self.scheme} | other
        return "?" + "&".join(f"{name}={value}" for name, value in told.items())


@router.api_route("", methods=["GET", "HEAD"])
def coming(site: AppStateDep, _: Session, newsletter: str = "") -> Response:
    """To the coming edition of the newsletter; of the first one when none is named."""
    every = list_newsletters(site.ports)
    found = site.newsletter(newsletter or every[0].slug if every else "")
    on = _coming_date(site, found)
    return RedirectResponse(f"/editor/{found.slug}/{on.isoformat()}", status_code=303)


@router.api_route("/{slug}/{on}", methods=["GET", "HEAD"])
def edition_page(
    site: AppStateDep,
    form: Session,
    slug: str,
    on: Day,
    view: Annotated[View, Depends()],
    done: str = "",
) -> Response:
    """An edition: its stories with reasons, what was left out, the mail, and what can be done."""
    newsletter = site.newsletter(slug)
    seen = read_review(site.ports, newsletter, on, last=PAST)
    edition, email = seen.edition, seen.email
    forecast = read_forecast(site.ports, newsletter)
    return page(
        "editor/edition",
        forecast=forecast.sentence if forecast.on == on else "",
        newsletter=newsletter,
        newsletters=seen.newsletters,
        edition=edition,
        on=on,
        sends_at=_minute(newsletter, edition, on),
        anew_until=_anew_until(site, newsletter, edition),
        left_out=sorted(
            (one for one in seen.decisions if not one.is_in), key=lambda one: -one.score
        ),
        decided=seen.decisions,
        email=email and fill_slots(email, address="reader@example.org", unsubscribe="preview"),
        problems=seen.problems,
        removed=_removed(site, edition, newsletter),
        warnings=sender_problems(newsletter, site.ports),
        may=_may(edition),
        heads=seen.recent,
        counts=seen.counts,
        view=view,
        token=form_token(site, form),
        done=_DONE.get(done, ""),
        updated=lambda since: update_notice(since, on=on, language=newsletter.language),
    )


@router.api_route("/{slug}/{on}/mail", methods=["GET", "HEAD"])
def mail(
    site: AppStateDep,
    _: Session,
    slug: str,
    on: Day,
    scheme: Annotated[Literal["light", "dark"], Query()] = "light",
) -> Response:
    """The mail itself, for a frame in which it can do nothing."""
    newsletter, edition = _meant(site, slug, on)
    email = read_email(site.ports, edition, newsletter)
    html = fill_slots(email, address="reader@example.org", unsubscribe="preview").html
    # A frame cannot choose its reader's scheme, so the condition is settled here.
    settled = "@media all" if scheme == "dark" else "@media not all"
    return HTMLResponse(
        html.replace(_DARK, settled), headers={"Content-Security-Policy": MAIL_POLICY}
    )


@router.post("/{slug}/{on}/compose")
def compose_again(site: AppStateDep, _: CheckedForm, slug: str, on: Day) -> Response:
    """Compose the edition of the date anew."""
    newsletter = site.newsletter(slug)
    compose_now(site.ports, newsletter, on)
    return _back(slug, on, "composed")


@router.post("/{slug}/{on}/approve")
def approve(
    site: AppStateDep,
    _: CheckedForm,
    slug: str,
    on: Day,
    seen: Annotated[datetime | None, Form()] = None,
) -> Response:
    """Let the edition go out as it was seen; one composed anew since is shown again."""
    _newsletter, edition = _meant(site, slug, on)
    if seen is not None and seen != edition.composed_at:
        return _back(slug, on, "changed")
    review.approve(site.ports, edition.id, by="editor", as_composed_at=edition.composed_at)
    return _back(slug, on, "approved")


@router.post("/{slug}/{on}/hold")
def hold(
    site: AppStateDep, _: CheckedForm, slug: str, on: Day, note: Annotated[str, Form()] = ""
) -> Response:
    """Keep the edition back."""
    _newsletter, edition = _meant(site, slug, on)
    review.hold(site.ports, edition.id, note=note[:500], by="editor")
    return _back(slug, on, "held")


@router.post("/{slug}/{on}/test")
def send_test(
    site: AppStateDep, _: CheckedForm, slug: str, on: Day, address: Annotated[str, Form()] = ""
) -> Response:
    """Send the mail as it is now to one address."""
    newsletter, edition = _meant(site, slug, on)
    to = parse_address(address).address
    test_message.send_test(site.ports, edition, newsletter, to)
    return _back(slug, on, "tested")


def _meant(site: AppState, slug: str, on: date) -> tuple[Newsletter, Edition]:
    newsletter = site.newsletter(slug)
    edition = find_edition(site.ports, newsletter, on)
    if edition is None:
        raise NotFoundError(f"There is no edition of {on} yet.")
    return newsletter, edition


def _coming_date(site: AppState, newsletter: Newsletter) -> date:
    """Today's, while its edition is still to be dealt with; else the next one's."""
    now = site.ports.now()
    today = schedule.local_date(newsletter, now)
    edition = find_edition(site.ports, newsletter, today)
    is_open = edition is not None and edition.status is not EditionStatus.SENT
    return today if is_open else schedule.next_date(newsletter, now)


def _minute(newsletter: Newsletter, edition: Edition | None, on: date) -> str:
    """When it goes out, by the newsletter's clock."""
    if not schedule.is_sending_day(newsletter, on) and (edition is None or not edition.frozen_at):
        return f"no time: {on:%A} is none of its days"
    minute = edition.sends_at if edition else schedule.sends_at(newsletter, on)
    there = minute.astimezone(schedule.zone(newsletter.zone))
    return f"{there:%H:%M}, {newsletter.zone}"


def _anew_until(site: AppState, newsletter: Newsletter, edition: Edition | None) -> str:
    """Up to when an edition that was composed early is composed anew; "" when it is no more."""
    if edition is None or edition.status not in _REMADE or edition.frozen_at is not None:
        return ""
    cut_off = schedule.composes_at(newsletter, edition.on)
    there = cut_off.astimezone(schedule.zone(newsletter.zone))
    return f"{there:%H:%M}" if site.ports.now() < cut_off else ""


def _may(edition: Edition | None) -> dict[str, bool]:
    """Which buttons make sense."""
    if edition is None:
        return {"compose": True, "approve": False, "hold": False}
    return {
        "compose": edition.status in _REMADE and edition.frozen_at is None,
        "approve": edition.status in TRANSITIONS[Transition.APPROVE][0] and bool(edition.stories),
        "hold": edition.status in TRANSITIONS[Transition.HOLD][0],
    }


def _removed(
    site: AppState, edition: Edition | None, newsletter: Newsletter
) -> list[tuple[str, str]]:
    """What cannot be mailed, and is taken out when the edition goes out: titles and reasons."""
    if edition is None or edition.frozen_at is not None:
        return []
    try:
        _, unfit = render.remove_unmailable(site.ports, edition, newsletter)
    except PreflightError:
        return []
    shown = [article for story in edition.stories for article in (story.lead, *story.others)]
    return [(one.title, unfit[one.id]) for one in shown if one.id in unfit]


def _back(slug: str, on: date, done: str) -> Response:
    return RedirectResponse(f"/editor/{slug}/{on.isoformat()}?done={done}", status_code=303)
