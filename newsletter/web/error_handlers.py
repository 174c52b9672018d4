"""What goes wrong, as a page: the reader's words, the right status, never a traceback."""

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from newsletter.errors import Audience, NewsletterError, UnreachableError
from newsletter.mail.smtp import without_addresses
from newsletter.web.auth import NotSignedInError
from newsletter.web.outage_log import report_unreachable
from newsletter.web.templating import page

_log = logging.getLogger(__name__)
RETRY_AFTER_S = (
    120  # A database that is started anew, or a standby that takes over, is there by then.
)
_SENTENCES = {
    404: "There is no such page.",
    405: "This address does not do that.",
    403: "This form has expired. Go back, reload the page, and try again.",
}


def add_error_handlers(app: FastAPI) -> None:
    """Let the application answer every failure with a page."""
    app.add_exception_handler(NotSignedInError, _ask_for_password)
    app.add_exception_handler(NewsletterError, _foreseen)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _incomplete)


def error_page(sentence: str, status: int) -> Response:
    """A page that says what happened."""
    return page("failure", status=status, sentence=sentence)


def _ask_for_password(_request: Request, _error: Exception) -> Response:
    return RedirectResponse("/editor/login", status_code=303)


def _foreseen(request: Request, error: Exception) -> Response:
    assert isinstance(error, NewsletterError)
    report_hidden(error)
    answer = error_page(error.message_for(_reader(request)), error.http_status)
    answer.headers.update(retry_after(error))
    return answer


def report_hidden(error: NewsletterError) -> None:
    """Write into the log what an error's page does not say: which server, which setting."""
    if isinstance(error, UnreachableError):
        report_unreachable(error)
    elif error.audience is not Audience.EVERYBODY:
        _log.error("%s", without_addresses(str(error)))


def retry_after(error: NewsletterError) -> dict[str, str]:
    """Return the header that says when to come again; none where that would not help."""
    is_passing = error.http_status == HTTPStatus.SERVICE_UNAVAILABLE
    return {"Retry-After": str(RETRY_AFTER_S)} if is_passing else {}


def _reader(request: Request) -> Audience:
    """Return who sees the page: an editor only where the session has been checked."""
    is_signed_in = getattr(request.state, "is_signed_in", False)
    return Audience.EDITORS if is_signed_in else Audience.EVERYBODY


def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    sentence = _SENTENCES.get(error.status_code, str(error.detail))
    answer = error_page(sentence, error.status_code)
    answer.headers.update(error.headers or {})
    return answer


def _incomplete(_request: Request, error: Exception) -> Response:
    """Say what is wrong with a form; a path or a query that is wrong leads to no page."""
    assert isinstance(error, RequestValidationError)
    if any(problem["loc"][0] in {"path", "query"} for problem in error.errors()):
        return error_page(_SENTENCES[404], 404)
    return error_page("Something in the form is missing. Go back and fill it in.", 422)
