"""Reaching a relay: connect, greet, TLS, password; then it is ready for messages."""

import asyncio
import os
import socket
import ssl
from functools import cache

from newsletter.domain.ehlo_name import address_literal, is_fully_qualified
from newsletter.errors import RelayRefusesError
from newsletter.mail.smtp.auth import SendCommand, authenticate
from newsletter.mail.smtp.commands import Extensions
from newsletter.mail.smtp.connection import Connection, ConnectionLostError
from newsletter.mail.smtp.relay_url import RelayUrl
from newsletter.mail.smtp.reply_parser import in_words
from newsletter.mail.smtp.timeouts import Timeouts

_SERVICE_READY, _OK = 220, 250
_ASK = "Ask whoever runs the relay, or change NEWSLETTER_SMTP_URL."
_REFUSED = 5  # RFC 5321, 4.2.1: for good
_UNKNOWN = frozenset({500, 502})  # RFC 5321, 4.1.4: a relay from before EHLO; it is asked by HELO


class RefusedError(RelayRefusesError):
    """This relay takes nothing from us, whatever the message; why is what it says."""

    def __init__(self, url: RelayUrl, why: str, advice: str) -> None:
        self.why = why
        super().__init__(f"The relay {url.name} refuses us: {why}. {advice}")


async def connect(url: RelayUrl, timeouts: Timeouts) -> tuple[Connection, Extensions]:
    """A connection that is ready for messages, and what the relay offers.

    Raises SettingsError when the relay refuses our password or cannot be told it, RefusedError when
    it refuses us or our name; ConnectionLostError with the reason in words when it does not answer,
    says that it cannot for now, or its certificate is not valid.
    """
    try:
        async with asyncio.timeout(timeouts.connect_s):
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: Connection(timeouts), url.host, url.port
            )
    except OSError as error:  # TimeoutError too
        raise ConnectionLostError(_in_words(error)) from error
    try:
        return connection, await _greeted(connection, url, timeouts)
    except OSError as error:
        connection.give_up()
        raise ConnectionLostError(_in_words(error)) from error
    except BaseException:
        connection.give_up()
        raise


async def _greeted(connection: Connection, url: RelayUrl, timeouts: Timeouts) -> Extensions:
    async def ask(command: str) -> tuple[int, str]:
        return await connection.ask(command, within_s=timeouts.mail_s)

    if url.scheme == "smtps":
        await connection.upgrade(_tls(), url.host)
    greeting = await connection.reply(within_s=timeouts.greeting_s)
    _check(_SERVICE_READY, *greeting, url=url, advice=_ASK)
    name = url.ehlo_name or await _own_name(connection)
    offered = await _hello(ask, url, name)
    if url.scheme == "smtp+starttls":
        advice = "Write smtps:// or smtp:// in NEWSLETTER_SMTP_URL, as the relay wants it."
        _check(_SERVICE_READY, *await ask("STARTTLS"), asked="STARTTLS", url=url, advice=advice)
        await connection.upgrade(_tls(), url.host)
        offered = await _hello(ask, url, name)
    if url.user:
        await authenticate(
            ask, offered, url, peer=None if connection.is_private else connection.peer
        )
    return Extensions.read(offered)


async def _hello(ask: SendCommand, url: RelayUrl, name: str) -> frozenset[str]:
    """Return the extensions that the relay offers, in capitals with what stands behind each."""
    code, text = await ask(f"EHLO {name}")
    if code == _OK:
        return frozenset(line.strip().upper() for line in text.split("\n")[1:])
    if code // 100 == _REFUSED:
        code, text = await _old_hello(ask, name, (code, text))
    advice = (
        f"Set NEWSLETTER_EHLO_NAME, now {name}, to the full name of this host in the DNS. {_ASK}"
    )
    _check(_OK, code, text, asked=f"EHLO {name}", url=url, advice=advice)
    return frozenset()


async def _old_hello(ask: SendCommand, name: str, refusal: tuple[int, str]) -> tuple[int, str]:
    """Return the answer to HELO, or the refusal of EHLO where that says more."""
    try:
        answer = await ask(f"HELO {name}")
    except (ConnectionLostError, TimeoutError):
        return refusal
    says_more = answer[0] != _OK and refusal[0] not in _UNKNOWN
    return refusal if says_more else answer


async def _own_name(connection: Connection) -> str:
    """Return the full name of this host; where it has none, the address it is seen at."""
    return await asyncio.to_thread(host_name) or address_literal(connection.own_address)


@cache
def host_name() -> str:
    """Return the fully qualified name of this host, "" where it has none. May ask the DNS, once."""
    name = socket.gethostname().rstrip(".")
    if not is_fully_qualified(name):
        name = socket.getfqdn(name).rstrip(".")
    return name if is_fully_qualified(name) else ""


def _check(
    wanted: int, code: int, text: str, *, url: RelayUrl, advice: str, asked: str = ""
) -> None:
    """Raise RefusedError for a 5yz, ConnectionLostError for any other code that is not wanted."""
    if code == wanted:
        return
    why = f"it says {in_words(code, text)}{asked and f' to {asked}'}"
    raise RefusedError(url, why, advice) if code // 100 == _REFUSED else ConnectionLostError(why)


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
