"""Handing messages to a relay over SMTP: the only module that knows it."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from typing import Self
from urllib.parse import unquote, urlsplit

from newsletter.domain.delivery import Reply, Stage, read_reply
from newsletter.errors import SettingsError, UnreachableError
from newsletter.mail.headers import written_address

TIMEOUT_S = 60  # RFC 5321, 4.5.3.2 allows minutes; a relay of ours that needs one is ill.
_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
_OK = frozenset({250, 251, 252})
_GO_AHEAD = frozenset({354})
_CLOSING = 421  # RFC 5321, 3.8: the relay says goodbye, whatever was asked
_LEAST_CODE = 200  # RFC 5321, 4.2: a reply begins with three digits


@dataclass(frozen=True, slots=True)
class RelayUrl:
    """smtp://user:password@host:port, smtps:// (TLS at once) or smtp+starttls:// in its parts."""

    scheme: str
    host: str
    port: int
    user: str
    password: str

    @classmethod
    def parse(cls, url: str) -> Self:
        """Raises SettingsError naming NEWSLETTER_SMTP_URL when it is not such an address."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), None
        if parts.scheme not in _PORTS or not parts.hostname:
            raise SettingsError(
                "NEWSLETTER_SMTP_URL is not the address of a relay. Write it as smtp://host:25, "
                "smtps://user:password@host or smtp+starttls://user:password@host:587."
            )
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], user, password)


class Relay:
    """One open connection to a relay. Messages go one after the other, each with its reply."""

    def __init__(self, client: smtplib.SMTP) -> None:
        self._client = client
        self.is_open = True

    def send(self, envelope_from: str, recipient: str, message: bytes) -> Reply:
        """The relay's reply to this message: the one that decided, whichever command it was to.

        The message has CRLF line ends and no line that begins with a dot. Nothing is raised for a
        refusal or a broken connection; code 0 is the latter, and then is_open is False.
        """
        envelope_from, recipient = written_address(envelope_from), written_address(recipient)
        stage = Stage.MAIL
        try:
            for stage, command, expected in self._commands(envelope_from, recipient, message):
                reply = self._ask(command, stage)
                if reply.code not in expected:
                    self._start_over()
                    return reply
            stage = Stage.DOT
            self._client.send(message + b".\r\n")
            return self._answer(stage)
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            return Reply(code=0, text=f"The connection broke ({error}).", stage=stage)

    def _start_over(self) -> None:
        """Forget the refused message; a relay that hangs up after its refusal has refused it."""
        if not self.is_open:
            return
        try:
            self._client.rset()
        except (OSError, smtplib.SMTPException):
            self.close()

    def close(self) -> None:
        """Say goodbye and hang up; a connection that is gone already is no trouble."""
        self.is_open = False
        with suppress(OSError, smtplib.SMTPException):
            self._client.quit()
        self._client.close()

    def _commands(
        self, envelope_from: str, recipient: str, message: bytes
    ) -> Iterator[tuple[Stage, str, frozenset[int]]]:
        """The commands before the message, with the codes that say yes."""
        options = [f"SIZE={len(message)}"] if self._client.has_extn("size") else []
        if self._client.has_extn("8bitmime"):
            options.append("BODY=8BITMIME")
        if not (envelope_from + recipient).isascii() and self._client.has_extn("smtputf8"):
            options.append("SMTPUTF8")
            self._client.command_encoding = "utf-8"
        yield Stage.MAIL, f"MAIL FROM:<{envelope_from}> {' '.join(options)}".rstrip(), _OK
        yield Stage.RCPT, f"RCPT TO:<{recipient}>", _OK
        yield Stage.DATA, "DATA", _GO_AHEAD

    def _ask(self, command: str, stage: Stage) -> Reply:
        try:
            self._client.putcmd(command)
        except UnicodeEncodeError:
            text = "The relay takes no addresses beyond ASCII (it offers no SMTPUTF8)."
            return Reply(code=553, enhanced="5.6.7", text=text, stage=stage)
        return self._answer(stage)

    def _answer(self, stage: Stage) -> Reply:
        code, said = self._client.getreply()
        if code < _LEAST_CODE:
            raise smtplib.SMTPServerDisconnected("its answer makes no sense")
        if code == _CLOSING:
            self.close()
        return read_reply(code, said.decode("utf-8", "replace")[:500], stage)


@contextmanager
def connected(url: str) -> Iterator[Relay]:
    """A connection to the relay at url, closed at the end.

    Raises SettingsError when url is wrong or the relay refuses our name and password,
    UnreachableError when it does not answer; both name the setting.
    """
    where = RelayUrl.parse(url)
    try:
        relay = Relay(_greeted(where))
    except smtplib.SMTPAuthenticationError as error:
        raise SettingsError(
            f"The relay {where.host}:{where.port} refuses the user and password in "
            f"NEWSLETTER_SMTP_URL ({error.smtp_code})."
        ) from error
    except (OSError, smtplib.SMTPException) as error:
        raise UnreachableError(
            f"The relay {where.host}:{where.port} cannot be reached ({_in_words(error)}). "
            "Check NEWSLETTER_SMTP_URL, and that the relay is running."
        ) from error
    try:
        yield relay
    finally:
        relay.close()


def _greeted(where: RelayUrl) -> smtplib.SMTP:
    if where.scheme == "smtps":
        client: smtplib.SMTP = smtplib.SMTP_SSL(
            where.host, where.port, timeout=TIMEOUT_S, context=_tls()
        )
    else:
        client = smtplib.SMTP(where.host, where.port, timeout=TIMEOUT_S)
    try:
        client.ehlo_or_helo_if_needed()
        if where.scheme == "smtp+starttls":
            client.starttls(context=_tls())
            client.ehlo()
        if where.user:
            client.login(where.user, where.password)
    except BaseException:
        client.close()
        raise
    return client


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()  # once a process: it takes 46 ms


def _in_words(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {error.verify_message}"
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        return f"it says {error.smtp_code} {text}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or "no answer"
