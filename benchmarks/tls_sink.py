"""A sink that speaks TLS, which smtp-sink does not: Python, one process, keeps nothing.

python -m benchmarks.tls_sink [certificate.pem]
"""

import asyncio
import os
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_HELLO = b"250-sink.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
_ANSWERS = {
    b"EHLO": _HELLO,
    b"MAIL": b"250 2.1.0 Ok\r\n",
    b"RCPT": b"250 2.1.5 Ok\r\n",
    b"DATA": b"354 Go ahead\r\n",
    b"QUIT": b"221 2.0.0 Bye\r\n",
}
_END = b"\r\n.\r\n"


class Session(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport
        self._data = bytearray()
        self._is_message = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 sink.example\r\n")

    def data_received(self, data: bytes) -> None:
        self._data += data
        said = b""
        while (answer := self._next()) is not None:
            said += answer
        if said:
            self._transport.write(said)

    def _next(self) -> bytes | None:
        """The answer to what comes next, None while that is not all there."""
        end = _END if self._is_message else b"\r\n"
        at = self._data.find(end, max(0, len(self._data) - 70_000))
        if at < 0:
            return None
        line = bytes(self._data[:4]).upper()
        del self._data[: at + len(end)]
        if self._is_message:
            self._is_message = False
            return b"250 2.0.0 Ok\r\n"
        self._is_message = line == b"DATA"
        return _ANSWERS.get(line, b"502 5.5.1 No\r\n")


@contextmanager
def tls_sink(*, is_tls: bool) -> Iterator[str]:
    """A sink on loopback: its host:port. This process trusts its certificate from then on."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = [str(_certificate(Path(folder)))] if is_tls else []
        command = [sys.executable, "-m", "benchmarks.tls_sink", *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
            process.wait()


def _certificate(folder: Path) -> Path:
    path = folder / "sink.pem"
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1"
    name = ["-subj", "/CN=sink", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = [*make.split(), *name, "-keyout", str(folder / "key.pem"), "-out", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    path.write_text((folder / "key.pem").read_text() + path.read_text())
    os.environ["SSL_CERT_FILE"] = str(path)
    return path


async def serve(certificate: str) -> None:
    """Say where it listens, and carry on until the process is ended."""
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Session, "127.0.0.1", 0, ssl=context)
    host, port = server.sockets[0].getsockname()
    print(f"{host}:{port}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1] if len(sys.argv) > 1 else ""))
