"""A relay that costs nearly nothing, for the question how fast we are where the relay is not.

    python -m benchmarks.fast_sink 2525

smtp-sink reads every byte of a body by itself, which takes as much processor time as our worker.
This one takes what the kernel gives it at once and looks only for the end of the body, from behind.
It knows as much of SMTP as a benchmark says to it: one recipient, no dot in a line of its own.
"""

import argparse
import selectors
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from newsletter.embedded.shared_server import free_port, wait_until

_ROOT = Path(__file__).parents[1]
_BUFFER_BYTES = 262_144  # Several messages of 30 KB: one call for whatever has come.
_END = b"\r\n.\r\n"
_OVERLAP = len(_END) - 1  # Bytes of the end that may have come with the reading before.
_EHLO = b"250-fast.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n"
_OK, _GO_ON, _GOODBYE = b"250 2.0.0 Ok\r\n", b"354 Go on\r\n", b"221 2.0.0 Bye\r\n"
_START_S = 30.0  # A machine that is busy with other things starts Python slowly.


class Session:
    """One connection's place in the dialogue."""

    def __init__(self, peer: socket.socket) -> None:
        self._peer = peer
        self._is_in_body = False
        self._rest = b""  # of a command, or of what may be the end of a body

    def read(self, buffer: bytearray) -> bool:
        """Read and answer what has come; False once the connection is over."""
        count = self._peer.recv_into(buffer)
        if not count:
            return False
        if self._is_in_body:
            at = buffer.rfind(_END, 0, count) + len(_END)
            if at < len(_END):
                at = self._end_across(buffer, count)
            if at < 0:
                self._rest = (self._rest + bytes(buffer[max(0, count - _OVERLAP) : count]))[
                    -_OVERLAP:
                ]
                return True
            self._is_in_body, self._rest = False, b""
            return self._answer(bytes(buffer[at:count]), _OK)
        return self._answer(bytes(buffer[:count]), b"")

    def _end_across(self, buffer: bytearray, count: int) -> int:
        """Return where the body ends that began to end in the reading before; -1 if it does not."""
        seam = self._rest + bytes(buffer[: min(count, _OVERLAP)])
        found = seam.find(_END)
        return found + len(_END) - len(self._rest) if found >= 0 else -1

    def _answer(self, commands: bytes, answers: bytes) -> bool:
        *lines, self._rest = (self._rest + commands).split(b"\n")
        for line in lines:
            verb = line[:4].upper()
            if verb == b"DATA":
                self._is_in_body, self._rest = True, b"\r\n"
                answers += _GO_ON
            elif verb == b"EHLO":
                answers += _EHLO
            elif verb == b"QUIT":
                self._peer.send(answers + _GOODBYE)
                return False
            else:
                answers += _OK
        if answers:
            self._peer.send(answers)
        return True


def serve(port: int) -> None:
    """Answer on that port of loopback until the process is ended."""
    buffer = bytearray(_BUFFER_BYTES)
    listener = socket.create_server(("127.0.0.1", port), backlog=1_000)
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.data is None:
                    peer, _ = listener.accept()
                    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    peer.send(b"220 fast.example ESMTP\r\n")
                    selector.register(peer, selectors.EVENT_READ, Session(peer))
                elif not _is_alive(key.data, buffer):
                    selector.unregister(key.fileobj)
                    assert isinstance(key.fileobj, socket.socket)
                    key.fileobj.close()


@contextmanager
def fast_sink() -> Iterator[tuple[str, psutil.Process]]:
    """A fast sink on loopback: its host:port, and its process."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.fast_sink", str(port)]
    process = subprocess.Popen(command, cwd=_ROOT)
    try:
        wait_until(lambda: _answers(port), timeout_s=_START_S)
        yield f"127.0.0.1:{port}", psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def _is_alive(session: Session, buffer: bytearray) -> bool:
    try:
        return session.read(buffer)
    except OSError:  # whoever it was has hung up
        return False


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    arguments.add_argument("port", type=int)
    serve(arguments.parse_args().port)
