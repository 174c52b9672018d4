"""Reaching a relay: connect, greet, TLS, password; then it is ready for messages."""

import asyncio
import os
import socket
import ssl
from functools import cache

from newsletter.mail.smtp.commands import Offered
from newsletter.mail.smtp.connection import BrokenError, Connection
from newsletter.mail.smtp.login import logged_in
from newsletter.mail.smtp.steps import Timeouts
from newsletter.mail.smtp.url import RelayUrl

_SERVICE_READY, _OK = 220, 250
_NAME = "localhost"  # RFC 5321, 4.1.4: a relay of ours does not turn us away for our name


async def opened(url: RelayUrl, timeouts: Timeouts) -> tuple[Connection, Offered]:
    """A connection that is ready for messages, and what the relay offers.

    Raises SettingsError when the relay refuses our password or cannot be told it, BrokenError with
    the reason in words when it does not answer or its certificate is not valid.
    """
    try:
        async with asyncio.timeout(timeouts.connect_s):
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: Connection(timeouts), url.host, url.port
            )
    except OSError as error:  # TimeoutError too
        raise BrokenError(_in_words(error)) from error
    try:
        return connection, await _greeted(connection, url, timeouts)
    except OSError as error:
        connection.give_up()
        raise BrokenError(_in_words(error)) from error
    except BaseException:
        connection.give_up()
        raise


async def _greeted(connection: Connection, url: RelayUrl, timeouts: Timeouts) -> Offered:
    async def ask(command: str) -> tuple[int, str]:
        return await connection.ask(command, within_s=timeouts.mail_s)

    async def hello() -> frozenset[str]:
        """The extensions that the relay offers, in capitals with what stands behind each."""
        code, text = await ask(f"EHLO {_NAME}")
        if code == _OK:
            return frozenset(one.strip().upper() for one in text.split("\n")[1:])
        _check(_OK, *await ask(f"HELO {_NAME}"))
        return frozenset()

    if url.scheme == "smtps":
        await connection.upgrade(_tls(), url.host)
    _check(_SERVICE_READY, *await connection.reply(within_s=timeouts.greeting_s))
    offered = await hello()
    if url.scheme == "smtp+starttls":
        _check(_SERVICE_READY, *await ask("STARTTLS"), asked="STARTTLS")
        await connection.upgrade(_tls(), url.host)
        offered = await hello()
    if url.user:
        await logged_in(ask, offered, url, peer=None if connection.is_private else connection.peer)
    return Offered.read(offered)


def _check(wanted: int, code: int, text: str, *, asked: str = "") -> None:
    if code != wanted:
        raise BrokenError(f"it says {code} {' '.join(text.split())}{asked and f' to {asked}'}")


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()  # once a process: it takes 46 ms


def _in_words(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS cannot begin: {error.reason or error}"
    if isinstance(error, socket.gaierror):
        return error.strerror or "no such host"
    if error.errno and error.errno > 0:
        return os.strerror(error.errno)  # the loop's own text repeats the address
    return str(error) or "no answer"
