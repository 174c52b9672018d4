"""The pages to subscribe, confirm and unsubscribe."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from newsletter.domain.newsletter import Newsletter
from newsletter.domain.subscribers.subscription import Subscription
from newsletter.errors import InputError, NewsletterError
from newsletter.services import urls
from newsletter.services.queries.editions import find_latest_edition_out
from newsletter.services.queries.newsletters import list_newsletters
from newsletter.services.subscribers import signup
from newsletter.web.dependencies import AppState, AppStateDep, remote_address
from newsletter.web.error_handlers import report_hidden, retry_after
from newsletter.web.parameters import read_object
from newsletter.web.templating import page

router = APIRouter()

_SIGN_UP_FIELDS = ("newsletter", "address", "name", "language", "zone")


@router.api_route("/", methods=["GET", "HEAD"])
def home(site: AppStateDep) -> Response:
    """The only newsletter's page, or a list of all."""
    found = list_newsletters(site.ports)
    if len(found) == 1:
        return _front(site, found[0])
    return page("newsletters", newsletters=found)


@router.api_route("/n/{slug}", methods=["GET", "HEAD"])
def front(site: AppStateDep, slug: str) -> Response:
    """A newsletter's page: what it is, a form, its latest edition."""
    return _front(site, site.newsletter(slug))


@router.post("/n/{slug}/subscribe")
def subscribe(
    request: Request,
    site: AppStateDep,
    slug: str,
    address: Annotated[str, Form()],
    name: Annotated[str, Form()] = "",
    website: Annotated[str, Form()] = "",
) -> Response:
    """Ask the address; the answer is the same whether we know it or not."""
    newsletter = site.newsletter(slug)
    if not website:  # a field that people do not see, and programs fill in
        form = signup.SignupRequest(
            address=address, name=name, remote_address=remote_address(request), channel="form"
        )
        try:
            signup.subscribe(site.ports, newsletter, form)
        except InputError as error:
            return _front(site, newsletter, error=error, address=address)
    return page("asked", language=newsletter.language, newsletter=newsletter, address=address)


@router.post("/api/subscriptions")
async def subscribe_by_program(request: Request, site: AppStateDep) -> Response:
    """The same for a site's own form: JSON with newsletter and address, maybe name."""
    from starlette.concurrency import run_in_threadpool

    try:
        texts = read_object(await request.body(), _SIGN_UP_FIELDS)
        slug = texts.pop("newsletter")
        form = signup.SignupRequest(**texts, remote_address=remote_address(request), channel="api")
        newsletter = await run_in_threadpool(site.newsletter, slug)
        await run_in_threadpool(signup.subscribe, site.ports, newsletter, form)
    except NewsletterError as error:
        report_hidden(error)
        return JSONResponse(
            {"error": error.public_message, "code": error.code},
            status_code=error.http_status,
            headers=retry_after(error),
        )
    return JSONResponse({"status": "asked"}, status_code=202)


@router.api_route("/confirm/{text}", methods=["GET", "HEAD"])
def confirm_page(site: AppStateDep, text: str) -> Response:
    """A page with a button: scanners open links, so opening one changes nothing."""
    subscription, newsletter = signup.resolve_link(site.ports, text, urls.CONFIRM)
    return _question("confirm", newsletter, subscription)


@router.post("/confirm/{text}")
def confirm(request: Request, site: AppStateDep, text: str) -> Response:
    """The reader says yes."""
    subscription, newsletter = signup.confirm(
        site.ports, text, remote_address=remote_address(request)
    )
    return _answer(site, "confirmed", newsletter, subscription)


@router.api_route("/unsubscribe/{text}", methods=["GET", "HEAD"])
def unsubscribe_page(site: AppStateDep, text: str) -> Response:
    """A page with a button; opening it changes nothing."""
    subscription, newsletter = signup.resolve_link(site.ports, text, urls.UNSUBSCRIBE)
    return _question("unsubscribe", newsletter, subscription)


@router.post("/unsubscribe/{text}")
def unsubscribe(
    request: Request,
    site: AppStateDep,
    text: str,
    one_click: Annotated[str, Form(alias="List-Unsubscribe")] = "",
) -> Response:
    """The reader says stop, on the page or by a mail program's one click (RFC 8058)."""
    is_one_click = one_click == "One-Click"
    subscription, newsletter = signup.unsubscribe(
        site.ports,
        text,
        means="one-click" if is_one_click else "page",
        remote_address=remote_address(request),
    )
    if is_one_click:
        return PlainTextResponse("Unsubscribed.")
    return _answer(site, "unsubscribed", newsletter, subscription)


def _front(
    site: AppState, newsletter: Newsletter, *, error: InputError | None = None, address: str = ""
) -> Response:
    return page(
        "front",
        language=newsletter.language,
        status=error.http_status if error else 200,
        newsletter=newsletter,
        latest=find_latest_edition_out(site.ports, newsletter),
        sentence=error.public_message if error else "",
        address=address,
    )


def _question(kind: str, newsletter: Newsletter, subscription: Subscription) -> Response:
    return page(
        kind,
        language=newsletter.language,
        newsletter=newsletter,
        address=subscription.address,
    )


def _answer(
    site: AppState, kind: str, newsletter: Newsletter, subscription: Subscription
) -> Response:
    return page(
        kind,
        language=newsletter.language,
        newsletter=newsletter,
        address=subscription.address,
        site_url=urls.site_url(site.ports, newsletter.slug),
    )
