"""Redis on a socket of the disk, and with TLS: the queue and the pages both find it."""

import asyncio
import contextlib
import ipaddress
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from redis import Redis, RedisError

from newsletter.config import Settings
from newsletter.embedded import redis as embedded
from newsletter.tasks.app import make_app

START_S = 60


def test_a_socket_of_the_disk_is_found_by_all(tmp_path: Path) -> None:
    path = tmp_path / "r.sock"
    with running(tmp_path, f"port 0\nunixsocket {path}\n", f"unix://:pw@{path}"):
        found_by_all(f"redis+socket://:pw@{path}?virtual_host=3")
        found_by_all(f"unix://:pw@{path}?db=3")


def test_a_server_with_tls_is_found_by_all(redis_server_url: str, tmp_path: Path) -> None:
    make_certificate(tmp_path)
    plain = urlsplit(redis_server_url)
    with tls_before(plain.port, tmp_path) as port:
        base = f"rediss://:{plain.password}@127.0.0.1:{port}/3"
        found_by_all(f"{base}?ssl_ca_certs={tmp_path}/cert.pem")
        assert not answers(Settings(redis_url=base).redis_url)  # nobody vouches for it


def found_by_all(written: str) -> None:
    """The clients of both rooms reach one database of the Redis that is so written."""
    url = Settings(redis_url=written).redis_url
    with Redis.from_url(url) as pages:
        pages.flushall()
        with make_app(url) as app, app.connection_for_write() as queue:
            queue.default_channel.client.set("queue", "was here")
        names = [name.decode() for name in pages.scan_iter()]
        assert pages.info("keyspace").keys() == {"db3"}
    assert "queue" in names


@contextlib.contextmanager
def running(folder: Path, conf: str, url: str) -> Iterator[None]:
    """The embedded server with these settings."""
    settings = folder / "own.conf"
    settings.write_text(f'bind 127.0.0.1\nrequirepass pw\nsave ""\n{conf}')
    process = subprocess.Popen([embedded._program(), settings.name], cwd=folder)
    try:
        ends_at = time.monotonic() + START_S
        while not answers(url):
            assert process.poll() is None
            assert time.monotonic() < ends_at
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(20)


@contextlib.contextmanager
def tls_before(port: int | None, folder: Path) -> Iterator[int]:
    """A port at which the server behind the other one is had with TLS."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")

    async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65_536):
                target.write(data)
                await target.drain()
        target.close()

    async def forward(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        behind, before = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pump(source, before), pump(behind, target))

    async def serve() -> None:
        server = await asyncio.start_server(forward, "127.0.0.1", 0, ssl=context)
        ports.append(server.sockets[0].getsockname()[1])
        is_listening.set()
        await asyncio.to_thread(is_over.wait)
        server.close()

    ports: list[int] = []
    is_listening, is_over = threading.Event(), threading.Event()
    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    is_listening.wait(START_S)
    try:
        yield ports[0]
    finally:
        is_over.set()
        thread.join()


def answers(url: str) -> bool:
    with contextlib.suppress(RedisError), Redis.from_url(url) as client:
        return bool(client.ping())
    return False


def make_certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    today = datetime.now(UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
