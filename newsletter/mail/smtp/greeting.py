"""Reaching a relay: connect, greet, TLS, password; then it is ready for messages."""

import asyncio
import os
import ssl
from functools import cache

from newsletter.errors import UnreachableError
from newsletter.mail.smtp import connection as line
from newsletter.mail.smtp.connection import BrokenError, Connection
from newsletter.mail.smtp.dialogue import Offered
from newsletter.mail.smtp.login import logged_in
from newsletter.mail.smtp.url import RelayUrl

_SERVICE_READY, _OK = 220, 250
_NAME = "localhost"  # RFC 5321, 4.1.4: a relay of ours does not turn us away for our name


async def opened(url: RelayUrl) -> tuple[Connection, Offered]:
    """A connection that is ready for messages, and what the relay offers.

    Raises SettingsError when the relay refuses our password, UnreachableError when it does not
    answer or its certificate is not valid; both name the setting.
    """
    try:
        return await asyncio.wait_for(_greeted(url), line.TIMEOUT_S)
    except (OSError, BrokenError, TimeoutError) as error:
        raise UnreachableError(
            f"The relay {url.host}:{url.port} cannot be reached ({_in_words(error)}). "
            "Check NEWSLETTER_SMTP_URL, and that the relay is running."
        ) from error


async def _greeted(url: RelayUrl) -> tuple[Connection, Offered]:
    context = _tls() if url.scheme == "smtps" else None
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(Connection, url.host, url.port, ssl=context)
    try:
        _check(_SERVICE_READY, *await connection.reply())
        offered = await _hello(connection)
        if url.scheme == "smtp+starttls":
            _check(_SERVICE_READY, *await connection.ask("STARTTLS"), asked="STARTTLS")
            await connection.upgrade(_tls(), url.host)
            offered = await _hello(connection)
        if url.user:
            await logged_in(connection.ask, offered, url)
    except BaseException:
        connection.give_up()
        raise
    names = {one.split(" ")[0] for one in offered}
    return connection, Offered(
        is_pipelined="PIPELINING" in names,
        takes_8bit="8BITMIME" in names,
        takes_utf8="SMTPUTF8" in names,
        is_size_told="SIZE" in names,
    )


async def _hello(connection: Connection) -> frozenset[str]:
    """The extensions that the relay offers, in capitals with what stands behind each."""
    code, text = await connection.ask(f"EHLO {_NAME}")
    if code == _OK:
        return frozenset(one.upper() for one in text.split("\n")[1:])
    _check(_OK, *await connection.ask(f"HELO {_NAME}"))
    return frozenset()


def _check(wanted: int, code: int, text: str, *, asked: str = "") -> None:
    if code != wanted:
        raise BrokenError(f"it says {code} {text}{asked and f' to {asked}'}")


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()  # once a process: it takes 46 ms


def _in_words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {error.verify_message}"
    if isinstance(error, OSError) and error.errno and error.errno > 0:
        return os.strerror(error.errno)  # the loop's own text repeats the address
    return str(error) or "no answer"
