"""One server for a folder, shared by those who use it, ended by the last."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from newsletter.embedded import EmbeddedService, engines, mail_catcher, postgres, redis
from newsletter.errors import SettingsError

ROOT = Path(__file__).parents[2]


def test_all_three_answer_and_end(tmp_path: Path) -> None:
    import smtplib

    from redis import Redis

    with engines(tmp_path, frozenset(EmbeddedService)) as urls:
        with psycopg.connect(urls[EmbeddedService.DATABASE]) as connection:
            row = connection.execute("SELECT current_setting('server_version_num')::int").fetchone()
        with Redis.from_url(urls[EmbeddedService.REDIS]) as client:
            pong = client.ping()
        host, port = urls[EmbeddedService.RELAY].removeprefix("smtp://").split(":")
        with smtplib.SMTP(host, int(port)) as relay:
            relay.sendmail("a@press.example", ["b@mail.example"], "Subject: Hello\r\n\r\nText")

    assert row is not None
    assert row[0] >= 180_000
    assert pong is True
    kept = list((mail_catcher.mail_folder(tmp_path / "relay") / "new").iterdir())
    assert len(kept) == 1
    assert b"X-Envelope-To: b@mail.example" in kept[0].read_bytes()
    with pytest.raises(OSError, match="refused"):
        smtplib.SMTP(host, int(port))


def test_a_second_user_joins_and_the_last_one_ends_it(tmp_path: Path) -> None:
    with redis.start(tmp_path) as first:
        with redis.start(tmp_path) as second:
            assert second == first
        assert first.is_alive()

    assert not first.is_alive()


def test_what_was_written_is_there_the_next_time(tmp_path: Path) -> None:
    with (
        postgres.start(tmp_path) as server,
        psycopg.connect(server.url, autocommit=True) as connection,
    ):
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")

    with postgres.start(tmp_path) as server, psycopg.connect(server.url) as connection:
        row = connection.execute("SELECT number FROM kept").fetchone()

    assert row == (7,)


def test_emptying_a_database_leaves_nothing_in_it(tmp_path: Path) -> None:
    with postgres.start(tmp_path, durable=False) as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE TABLE gone (number int)")
        postgres.empty(server.url)
        with psycopg.connect(server.url) as connection:
            row = connection.execute("SELECT to_regclass('gone')").fetchone()

    assert row == (None,)


def test_a_redis_whose_port_is_somebody_else_s_is_not_taken_for_ours(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        server = redis._spawned(redis._program(), tmp_path, port, "only-for-tests")

        assert server is None or not redis._is_ready(server, port, "only-for-tests")


def test_a_user_that_was_killed_does_not_count(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from newsletter.embedded import redis;\n"
        "with redis.start(Path(sys.argv[1])) as server:\n"
        "    print(server.pid, flush=True); time.sleep(3600)"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert child.stdout is not None
    pid = int(child.stdout.readline())
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()

    with redis.start(tmp_path) as server:
        assert server.pid == pid  # joined, not doubled

    assert not server.is_alive()


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")

    with pytest.raises(SettingsError, match="NEWSLETTER_DATA_DIR"), redis.start(blocked / "redis"):
        pass


def test_its_password_is_its_owners_alone(tmp_path: Path) -> None:
    with redis.start(tmp_path) as server:
        modes = {path.name: path.stat().st_mode & 0o077 for path in tmp_path.glob("*")}

    assert "@127.0.0.1" in server.url
    assert {modes["password"], modes["server.json"], modes["server.conf"]} == {0}
