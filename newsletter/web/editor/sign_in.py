"""The editors' door: sign in and sign out."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from newsletter.errors import InputError
from newsletter.web.auth import CheckedForm, sign_in, sign_out
from newsletter.web.dependencies import AppStateDep
from newsletter.web.templating import page

router = APIRouter()


@router.api_route("/login", methods=["GET", "HEAD"])
def login_page() -> Response:
    """The question for the password."""
    return page("editor/login", sentence="")


@router.post("/login")
def login(request: Request, site: AppStateDep, password: Annotated[str, Form()] = "") -> Response:
    """Open a session, or say that the password is wrong."""
    response = RedirectResponse("/editor", status_code=303)
    try:
        sign_in(request, site, password, response)
    except InputError as error:
        return page("editor/login", sentence=str(error), status=403)
    return response


@router.post("/logout")
def logout(site: AppStateDep, session: CheckedForm) -> Response:
    """End the session."""
    response = RedirectResponse("/editor/login", status_code=303)
    sign_out(site, session, response)
    return response
