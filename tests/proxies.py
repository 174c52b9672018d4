"""nginx and PgBouncer on loopback, from Debian; a test is skipped where they are absent."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from newsletter.embedded.shared_server import free_port

START_S = 60
NGINX_AT = "127.0.0.2"
NGINX_CALLS_FROM = (
    "127.0.0.3"  # so that it is not the 127.0.0.1 which is trusted where nothing is set
)

_NGINX = """
daemon off; pid nginx.pid; error_log stderr;{user}
events {{}}
http {{
  access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  proxy_bind {calls_from};
  proxy_set_header Host $http_host;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Proto https;
  server {{ listen {at}:{whole}; location /newsletter/ {{ proxy_pass {app}; }} }}
  server {{ listen {at}:{cut}; location /newsletter/ {{ proxy_pass {app}/; }} }}
}}
"""
_PGBOUNCER = """
[databases]
{name} = host={host} port={port} user={user} password={password} dbname={name}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
max_client_conn = 200
"""


def program(name: str) -> str:
    """The path of a program; the test is skipped where there is none."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"no {name}: apt-get install {name}")
    return found


@contextlib.contextmanager
def nginx(folder: Path, app: str, ports: tuple[int, int]) -> Iterator[None]:
    """The app's pages below /newsletter/: passed on whole at the first port, cut at the second."""
    folder.mkdir()
    settings = folder / "nginx.conf"
    whole, cut = ports
    user = " user root;" if os.getuid() == 0 else ""
    settings.write_text(
        _NGINX.format(
            user=user, calls_from=NGINX_CALLS_FROM, at=NGINX_AT, whole=whole, cut=cut, app=app
        )
    )
    command = [program("nginx"), "-p", str(folder), "-e", "stderr", "-c", str(settings)]
    with _running(command, folder, (NGINX_AT, cut)):
        yield


@contextlib.contextmanager
def pgbouncer(folder: Path, database_url: str) -> Iterator[str]:
    """The URL of the same database through PgBouncer in transaction mode."""
    folder.mkdir()
    url, listen = make_url(database_url), free_port()
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        _PGBOUNCER.format(
            name=url.database,
            host=url.host,
            port=url.port,
            user=url.username,
            password=url.password,
            listen=listen,
        )
    )
    as_nobody = ["-u", "nobody"] if os.getuid() == 0 else []  # it does not run as root
    command = [program("pgbouncer"), *as_nobody, str(settings)]
    with _running(command, folder, ("127.0.0.1", listen)):
        yield url.set(host="127.0.0.1", port=listen).render_as_string(hide_password=False)


@contextlib.contextmanager
def _running(command: list[str], folder: Path, listens_at: tuple[str, int]) -> Iterator[None]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        ends_at = time.monotonic() + START_S
        while not _listens(listens_at):
            is_over = process.poll() is not None or time.monotonic() > ends_at
            assert not is_over, f"{command[0]} did not start:\n{(folder / 'log').read_text()}"
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait(20)


def _listens(address: tuple[str, int]) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(address) == 0
