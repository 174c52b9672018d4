"""The editors' pages: the coming edition with its reasons, the mail as it will look, yes or no."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from newsletter.domain import schedule
from newsletter.domain.digest.digest import Decision
from newsletter.domain.editions.edition import Edition
from newsletter.domain.editions.states import is_frozen, is_sent
from newsletter.domain.editions.transitions import Transition, may
from newsletter.domain.newsletter import Newsletter
from newsletter.domain.subscribers.email_address import parse_address
from newsletter.errors import NotFoundError, PreflightError, StaleRevisionError
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
_NOTICES = {
    "composed": "Composed from what is known now.",
    "approved": "Approved as it is. It goes out at its minute; what comes in later waits for the "
    "next one.",
    "held": "Held. It goes out when somebody approves it.",
    "changed": "It has changed since you looked at it, and nothing was done. Look again, and "
    "decide then.",
    "tested": "The test is on its way.",
}
_DARK = "@media (prefers-color-scheme: dark)"
# What the editor has seen: each form carries it, and 0 stands for no edition. A page from before
# the update has none, and has seen no revision either.
SeenRevision = Annotated[int, Form(alias="revision")]


@dataclass(frozen=True, kw_only=True)
class View:
    """How the mail is looked at."""

    part: Literal["html", "text"] = "html"
    width: Literal["desk", "phone"] = "desk"
    scheme: Literal["light", "dark"] = "light"

    def link(self, **other: str) -> str:
        """Return the query of this view with something changed."""
        query = {"part": self.part, "width": self.width, "scheme": self.scheme} | other
        return "?" + "&".join(f"{name}={value}" for name, value in query.items())


@router.api_route("", methods=["GET", "HEAD"])
def coming(site: AppStateDep, _: Session, newsletter: str = "") -> Response:
    """Lead to the coming edition of the newsletter; of the first one when none is named."""
    every = list_newsletters(site.ports)
    chosen = site.newsletter(newsletter or every[0].slug if every else "")
    on = _coming_date(site, chosen)
    return RedirectResponse(f"/editor/{chosen.slug}/{on.isoformat()}", status_code=303)


@router.api_route("/{slug}/{on}", methods=["GET", "HEAD"])
def edition_page(
    site: AppStateDep,
    form: Session,
    slug: str,
    on: Day,
    view: Annotated[View, Depends()],
    done: str = "",
) -> Response:
    """Show an edition: its stories and reasons, what is left out, the mail, what can be done."""
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
        left_out=_left_out(seen.decisions),
        decided=seen.decisions,
        email=email and fill_slots(email, address="reader@example.org", unsubscribe="preview"),
        problems=seen.problems,
        removed=_removed(site, edition, newsletter),
        warnings=sender_problems(newsletter, site.ports),
        may=_buttons(edition),
        heads=seen.recent,
        counts=seen.counts,
        view=view,
        token=form_token(site, form),
        done=_NOTICES.get(done, ""),
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
    """Return the mail itself, for a frame in which it can do nothing."""
    newsletter, edition = _find_edition(site, slug, on)
    email = read_email(site.ports, edition, newsletter)
    html = fill_slots(email, address="reader@example.org", unsubscribe="preview").html
    # A frame cannot choose its reader's scheme, so the condition is decided here.
    condition = "@media all" if scheme == "dark" else "@media not all"
    return HTMLResponse(
        html.replace(_DARK, condition), headers={"Content-Security-Policy": MAIL_POLICY}
    )


@router.post("/{slug}/{on}/compose")
def compose_again(
    site: AppStateDep, _: CheckedForm, slug: str, on: Day, seen: SeenRevision = 0
) -> Response:
    """Compose the edition of the date anew."""
    newsletter = site.newsletter(slug)
    try:
        compose_now(site.ports, newsletter, on, expected_revision=seen)
    except StaleRevisionError:
        return _back(slug, on, "changed")
    return _back(slug, on, "composed")


@router.post("/{slug}/{on}/approve")
def approve(
    site: AppStateDep, _: CheckedForm, slug: str, on: Day, seen: SeenRevision = 0
) -> Response:
    """Let the edition go out as it was seen; one that has changed since is shown again."""
    _newsletter, edition = _find_edition(site, slug, on)
    try:
        review.approve(site.ports, edition.id, by="editor", expected_revision=seen)
    except StaleRevisionError:
        return _back(slug, on, "changed")
    return _back(slug, on, "approved")


@router.post("/{slug}/{on}/hold")
def hold(
    site: AppStateDep,
    _: CheckedForm,
    slug: str,
    on: Day,
    note: Annotated[str, Form()] = "",
    seen: SeenRevision = 0,
) -> Response:
    """Keep the edition back as it was seen; one that has changed since is shown again."""
    _newsletter, edition = _find_edition(site, slug, on)
    try:
        review.hold(site.ports, edition.id, note=note[:500], by="editor", expected_revision=seen)
    except StaleRevisionError:
        return _back(slug, on, "changed")
    return _back(slug, on, "held")


@router.post("/{slug}/{on}/test")
def send_test(
    site: AppStateDep,
    _: CheckedForm,
    slug: str,
    on: Day,
    address: Annotated[str, Form()] = "",
    seen: SeenRevision = 0,
) -> Response:
    """Send the mail that was seen to one address; one that has changed since is shown again."""
    newsletter, edition = _find_edition(site, slug, on)
    to = parse_address(address).address
    if edition.revision != seen:
        return _back(slug, on, "changed")
    test_message.send_test(site.ports, edition, newsletter, to)
    return _back(slug, on, "tested")


def _find_edition(site: AppState, slug: str, on: date) -> tuple[Newsletter, Edition]:
    """Return the newsletter and its edition. Raises NotFoundError when there is none."""
    newsletter = site.newsletter(slug)
    edition = find_edition(site.ports, newsletter, on)
    if edition is None:
        raise NotFoundError(f"There is no edition of {on} yet.")
    return newsletter, edition


def _left_out(decisions: Iterable[Decision]) -> list[Decision]:
    """Return the decisions on what is out, the nearest first."""
    out = (decision for decision in decisions if not decision.is_in)
    return sorted(out, key=lambda decision: -decision.score)


def _coming_date(site: AppState, newsletter: Newsletter) -> date:
    """Return today's date while its edition is still to be dealt with, else the next one's."""
    now = site.ports.now()
    today = schedule.local_date(newsletter, now)
    edition = find_edition(site.ports, newsletter, today)
    is_open = edition is not None and not is_sent(edition.status)
    return today if is_open else schedule.next_date(newsletter, now)


def _minute(newsletter: Newsletter, edition: Edition | None, on: date) -> str:
    """Return when it goes out, by the newsletter's clock."""
    if not schedule.is_sending_day(newsletter, on) and (edition is None or not is_frozen(edition)):
        return f"no time: {on:%A} is none of its days"
    minute = edition.sends_at if edition else schedule.sends_at(newsletter, on)
    there = minute.astimezone(schedule.zone(newsletter.zone))
    return f"{there:%H:%M}, {newsletter.zone}"


def _anew_until(site: AppState, newsletter: Newsletter, edition: Edition | None) -> str:
    """Return up to when an edition composed early is composed anew; "" when it is no more."""
    if edition is None or not may(edition, Transition.COMPOSE):
        return ""
    cut_off = schedule.composes_at(newsletter, edition.on)
    there = cut_off.astimezone(schedule.zone(newsletter.zone))
    return f"{there:%H:%M}" if site.ports.now() < cut_off else ""


def _buttons(edition: Edition | None) -> dict[str, bool]:
    """Return which buttons make sense."""
    if edition is None:
        return {"compose": True, "approve": False, "hold": False}
    approves = may(edition, Transition.APPROVE) or may(edition, Transition.RESUME)
    return {
        "compose": may(edition, Transition.COMPOSE),
        "approve": approves and bool(edition.stories),
        "hold": may(edition, Transition.HOLD) or may(edition, Transition.STOP),
    }


def _removed(
    site: AppState, edition: Edition | None, newsletter: Newsletter
) -> list[tuple[str, str]]:
    """Return what is taken out when the edition goes out, as it cannot be mailed: title, why."""
    if edition is None or is_frozen(edition):
        return []
    try:
        _, unfit = render.remove_unmailable(site.ports, edition, newsletter)
    except PreflightError:
        return []
    articles = (article for story in edition.stories for article in (story.lead, *story.others))
    return [(article.title, unfit[article.id]) for article in articles if article.id in unfit]


def _back(slug: str, on: date, done: str) -> Response:
    return RedirectResponse(f"/editor/{slug}/{on.isoformat()}?done={done}", status_code=303)
