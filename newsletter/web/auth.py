"""The editors' sessions: a password, a signed cookie, a token in every form."""

import hmac
import secrets
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Form, HTTPException, Request, Response
from itsdangerous import BadSignature, URLSafeTimedSerializer

from newsletter.domain.client_address import network_of
from newsletter.errors import InputError
from newsletter.services.accounts import editor_sessions
from newsletter.web.dependencies import AppState, AppStateDep, remote_address
from newsletter.web.http_server.proxies import root_path

COOKIE = "newsletter_editor"
LASTS = timedelta(hours=12)  # A working day; whoever comes back tomorrow types the password again.
TRIES = 10  # Wrong passwords from one place in TRIED_WITHIN; a person mistypes three times.
TRIED_WITHIN = timedelta(minutes=15)


class NotSignedInError(Exception):
    """The page asks for the password first."""


def sign_in(request: Request, site: AppState, password: str, response: Response) -> None:
    """Put a session on the response. Raises InputError when the password is wrong, or tried often.

    A new password ends every session that was opened with the old one.
    """
    place = network_of(remote_address(request))
    attempts = editor_sessions.count_password_attempt(site.ports, place, within=TRIED_WITHIN)
    if attempts > TRIES:
        raise InputError("Too many wrong passwords. Wait a quarter of an hour.")
    if not hmac.compare_digest(password.encode(), site.password.encode()):
        raise InputError("That is not the password.")
    editor_sessions.forget_password_attempts(site.ports, place)
    response.set_cookie(
        COOKIE,
        _serializer(site).dumps(secrets.token_urlsafe(16)),
        max_age=int(LASTS.total_seconds()),
        httponly=True,
        secure=site.is_secure,
        samesite="strict",
        path=f"{root_path()}/editor",
    )


def sign_out(site: AppState, session: str, response: Response) -> None:
    """End the session for every copy of its cookie, and take the cookie off.

    The other editors share the password, not the session: they stay signed in.
    """
    editor_sessions.end_session(site.ports, session, lasts=LASTS)
    response.delete_cookie(COOKIE, path=f"{root_path()}/editor")


def session(request: Request, site: AppStateDep) -> str:
    """The session's own random text. Raises NotSignedInError when there is none that holds."""
    try:
        found = _serializer(site).loads(
            request.cookies.get(COOKIE, ""), max_age=int(LASTS.total_seconds())
        )
    except BadSignature as error:
        raise NotSignedInError from error
    if editor_sessions.is_session_ended(site.ports, str(found)):
        raise NotSignedInError
    request.state.is_signed_in = True  # the page of an error may tell an editor more
    return str(found)


Session = Annotated[str, Depends(session)]


def form_token(site: AppState, session: str) -> str:
    """What a form of this session must bring back: other sites cannot know it."""
    return hmac.new(site.ports.secret, f"form:{session}".encode(), "sha256").hexdigest()


def _checked(site: AppStateDep, session: Session, token: Annotated[str, Form()] = "") -> str:
    if not hmac.compare_digest(token.encode(), form_token(site, session).encode()):
        raise HTTPException(403)
    return session


CheckedForm = Annotated[str, Depends(_checked)]


def _serializer(site: AppState) -> URLSafeTimedSerializer:
    key = hmac.digest(site.ports.secret, f"session:{site.password}".encode(), "sha256")
    return URLSafeTimedSerializer(key)
