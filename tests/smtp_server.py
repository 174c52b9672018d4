"""A scriptable SMTP server on loopback: what each command answers is set by the test."""

import socket
import ssl
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import BinaryIO

from newsletter.mail.smtp import RelaySet, Timeouts
from tests.patience import HANGS_S

CONNECT, DOT = "CONNECT", "DOT"  # What is scripted beside the commands: greeting, end of message.
OFFERED = ("SIZE 10000000", "8BITMIME", "SMTPUTF8")
SILENCE_S = HANGS_S  # A session whose client says nothing for so long is over.

_USUAL = {
    CONNECT: "220 relay.example ESMTP",
    "HELO": "250 relay.example",
    "MAIL": "250 2.1.0 Sender ok",
    "RCPT": "250 2.1.5 Recipient ok",
    "DATA": "354 Go ahead",
    DOT: "250 2.0.0 Queued",
    "RSET": "250 2.0.0 Forgotten",
    "STARTTLS": "220 2.0.0 Ready",
    "AUTH": "235 2.7.0 Welcome",
    "QUIT": "221 2.0.0 Bye",
}


@dataclass(frozen=True)
class Say:
    """One answer: its lines, "" for none, and whether the server hangs up or goes deaf after it."""

    text: str = ""
    hangs_up: bool = False
    goes_deaf: bool = False


def impatient(**steps: float) -> Timeouts:
    """Return limits of so many seconds for these steps; the others' are beyond any busy machine."""
    names = ("connect_s", "greeting_s", "mail_s", "rcpt_s", "data_s", "block_s", "dot_s")
    return Timeouts(**dict.fromkeys(names, HANGS_S) | steps)


HANG_UP = Say(hangs_up=True)
SILENCE = Say(goes_deaf=True)


@dataclass(frozen=True)
class Sent:
    """A message as it came over the wire, without the last dot."""

    sender: str  # the whole MAIL command
    recipient: str  # the whole RCPT command
    content: bytes


class SmtpServer:
    """Listens on 127.0.0.1; commands and messages are in the order in which they came.

    tls is needed for STARTTLS, and is used from the first byte when is_tls_at_once.
    """

    def __init__(
        self,
        *,
        extensions: tuple[str, ...] = OFFERED,
        tls: ssl.SSLContext | None = None,
        is_tls_at_once: bool = False,
    ) -> None:
        self.extensions = extensions
        self.commands: list[str] = []
        self.messages: list[Sent] = []
        self.closes_after = 0  # messages of one connection; 0 never
        self.farewell = Say()  # what it says to the next MAIL then; nothing: it hangs up at once
        self.connections = 0
        self._tls = tls
        self._is_tls_at_once = is_tls_at_once
        self._script: dict[str, deque[Say]] = defaultdict(deque)
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._start(self._accept)

    def url(self, scheme: str = "smtp", *, login: str = "") -> str:
        return f"{scheme}://{login}{'@' if login else ''}127.0.0.1:{self.port}"

    def relays(self, scheme: str = "smtp", *, login: str = "", options: str = "") -> RelaySet:
        """What a client is told that is to use this server only."""
        return RelaySet.parse(self.url(scheme, login=login) + options)

    def script(self, command: str, *answers: Say | str) -> None:
        """Answer so, one after the other, when the command comes; afterwards as usual again."""
        said = (Say(answer) if isinstance(answer, str) else answer for answer in answers)
        self._script[command].extend(said)

    def verbs(self) -> list[str]:
        return [command.partition(" ")[0].upper() for command in self.commands]

    def close(self) -> None:
        for one in (self._listener, *self._sockets):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(SILENCE_S)

    def answer_to(self, command: str) -> Say:
        if waiting := self._script[command]:
            return waiting.popleft()
        if command == "EHLO":
            lines = ["relay.example", *self.extensions]
            return Say("\r\n".join([f"250-{line}" for line in lines[:-1]] + [f"250 {lines[-1]}"]))
        if command == "STARTTLS" and self._tls is None:
            return Say("454 4.7.0 No certificate")
        return Say(_USUAL.get(command, "502 5.5.1 Unknown"), hangs_up=command == "QUIT")

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):  # the listener was closed: the test is over
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(SILENCE_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sockets.append(connection)
        try:
            with suppress(OSError):  # the client has hung up
                if self._is_tls_at_once:
                    connection = self._with_tls(connection)
                _Session(self, connection).run()
        finally:
            connection.close()

    def _with_tls(self, connection: socket.socket) -> socket.socket:
        assert self._tls is not None
        wrapped = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        self._sockets.append(wrapped)
        try:
            wrapped.do_handshake()
        except OSError:  # whoever waits for this session's end may have closed all it knew of
            wrapped.close()
            raise
        return wrapped


class _Session:
    """One connection, from the greeting until somebody hangs up."""

    def __init__(self, server: SmtpServer, connection: socket.socket) -> None:
        self._server = server
        self._socket = connection
        self._reader: BinaryIO = connection.makefile("rb")
        self._sender = self._recipient = ""
        self._taken = 0  # messages over this connection

    def run(self) -> None:
        try:
            goes_on = self._say(CONNECT)
            while goes_on and (line := self._reader.readline()):
                command = line.decode("utf-8", "surrogateescape").rstrip("\r\n")
                self._server.commands.append(command)
                goes_on = self._obey(command)
        finally:
            self._reader.close()
            self._socket.close()  # with STARTTLS it is another than the one that was accepted

    def _obey(self, command: str) -> bool:
        verb = command.partition(" ")[0].upper()
        if verb == "MAIL":
            self._sender = command
        elif verb == "RCPT":
            self._recipient = command
        is_full = verb == "MAIL" and 0 < self._server.closes_after <= self._taken
        answer = self._server.farewell if is_full else self._server.answer_to(verb)
        goes_on = self._give(answer)
        if not goes_on:
            return False
        if verb == "STARTTLS" and answer.text.startswith("220"):
            self._reader.close()
            self._socket = self._server._with_tls(self._socket)
            self._reader = self._socket.makefile("rb")
        if verb == "DATA" and answer.text.startswith("354"):
            return self._take_message()
        return True

    def _take_message(self) -> bool:
        lines = []
        while (line := self._reader.readline()) != b".\r\n":
            if not line:
                return False
            lines.append(line)
        self._server.messages.append(Sent(self._sender, self._recipient, b"".join(lines)))
        goes_on = self._say(DOT)
        self._taken += 1
        is_over = self._taken == self._server.closes_after and not self._server.farewell.text
        return goes_on and not is_over

    def _say(self, command: str) -> bool:
        return self._give(self._server.answer_to(command))

    def _give(self, answer: Say) -> bool:
        """Whether the session goes on after this answer."""
        if answer.text:
            self._socket.sendall(answer.text.encode() + b"\r\n")
        if answer.goes_deaf:
            self._reader.read()  # until the client hangs up
        return not (answer.hangs_up or answer.goes_deaf)


@contextmanager
def smtp_server(
    *,
    extensions: tuple[str, ...] = OFFERED,
    tls: ssl.SSLContext | None = None,
    is_tls_at_once: bool = False,
) -> Iterator[SmtpServer]:
    """A server that runs until the end of the with statement."""
    server = SmtpServer(extensions=extensions, tls=tls, is_tls_at_once=is_tls_at_once)
    try:
        yield server
    finally:
        server.close()
