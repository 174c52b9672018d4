"""What goes wrong, as a page: the reader's words, the right status, never a traceback."""

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from newsletter.errors import (
    InputError,
    InvalidStateError,
    NewsletterError,
    NotFoundError,
    SettingsError,
    UnreachableError,
)
from newsletter.mail.smtp import without_addresses
from newsletter.services.subscribers.signup import RateLimitedError
from newsletter.web.auth import NotSignedInError
from newsletter.web.outage_log import report_unreachable
from newsletter.web.templating import page

_log = logging.getLogger(__name__)
_STATUS: tuple[tuple[type[NewsletterError], int], ...] = (
    (RateLimitedError, 429),
    (InputError, 400),
    (NotFoundError, 404),
    (InvalidStateError, 409),
    (UnreachableError, 503),
    (SettingsError, 503),
)
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


def _foreseen(_request: Request, error: Exception) -> Response:
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
    sentence = str(error)
    if isinstance(error, UnreachableError | SettingsError):
        # Which server and setting is for ops to read, not for readers.
        if isinstance(error, UnreachableError):
            report_unreachable(error)
        else:
            _log.error("%s", without_addresses(str(error)))
        sentence = "We cannot do this at the moment. Please try again in a few minutes."
    answer = error_page(sentence, status)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        answer.headers["Retry-After"] = str(RETRY_AFTER_S)
    return answer


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
