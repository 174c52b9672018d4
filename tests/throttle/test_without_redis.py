"""Redis dies, hangs, refuses or is somebody else: the safe pace, said once, and back by itself."""

import logging
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from redis import Redis

from newsletter.domain.throttling.limits import SAFE_PER_S, SAFE_RUNS, SERVICE, Ask, Limits
from newsletter.embedded import redis
from newsletter.embedded.shared_server import Server, free_port, wait_until
from newsletter.errors import SettingsError
from newsletter.throttle.shared_limiter import MOST_RETRY_S, WAIT_S, Quota
from tests.patience import HANGS_S
from tests.throttle.limiter_simulation import BEGIN, PLENTY, SLOWER, YES, World

PASSWORD = "only-for-tests"


class OwnRedis:
    """A server that a test may kill, and start again on the same port with nothing in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._server = self.starts()
        self.url = self._server.url

    def starts(self) -> Server:
        server = redis._spawned(redis._program(), self._folder, self._port, PASSWORD)
        assert server is not None
        assert wait_until(lambda: redis._answers(self._port, PASSWORD), timeout_s=HANGS_S)
        self._server = server
        return server

    def dies(self) -> None:
        self.signals(signal.SIGKILL)
        assert wait_until(lambda: not self._server.is_alive(), timeout_s=HANGS_S)

    def signals(self, number: int) -> None:
        if self._server.is_alive():
            psutil.Process(self._server.pid).send_signal(number)


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    server = OwnRedis(tmp_path)
    yield server
    server.dies()


def alone(url: str, *, sent: int = 0, **limits: float) -> Quota:
    moment = datetime.fromtimestamp(BEGIN, UTC)
    return Quota(
        url,
        Limits(**limits),  # type: ignore[arg-type]
        run="a",
        sent_lately=lambda: [(moment, sent)],
    )


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """A port where something says this to whatever it is told; nothing at all when it is empty."""
    listener = socket.create_server(("127.0.0.1", 0))
    talking: list[socket.socket] = []

    def talk() -> None:
        while True:
            try:
                one, _ = listener.accept()
            except OSError:
                return
            talking.append(one)
            if answer:
                threading.Thread(target=reply, args=(one,), daemon=True).start()

    def reply(one: socket.socket) -> None:
        try:
            while one.recv(65536):
                one.sendall(answer)
        except OSError:
            return

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for one in talking:
            one.close()
        thread.join()


def test_with_redis_killed_each_run_takes_its_part_of_the_rate_and_then_all_is_as_before(
    own_redis, caplog
):
    world = World(own_redis.url, Limits(per_second=40))
    for name in "abcd":
        world.joins(name, gmail=PLENTY)
    world.passes(5)

    own_redis.dies()
    world.passes(20)
    during = world.count(since=BEGIN + 6)
    is_safe = [run.grants.is_safe for run in world.runs]
    own_redis.starts()
    world.passes(MOST_RETRY_S + 1)
    back_at = world.now
    world.passes(10)

    assert is_safe == [True] * 4
    assert 0.9 * 40 * 19 <= during <= 40 * 19 + 4 * 11
    assert world.most_within(5) <= 40 * 5 + 41 + 4 * 11
    assert [run.grants.is_safe for run in world.runs] == [False] * 4
    assert world.count(since=back_at) == pytest.approx(400, rel=0.15)
    said = [one.message for one in caplog.records if one.levelno >= logging.WARNING]
    assert len(said) == 8
    assert sum("safe pace" in one for one in said) == sum("answers again" in one for one in said)


def test_without_a_rate_there_is_a_safe_one(own_redis):
    world = World(own_redis.url, Limits())
    for name in "ab":
        world.joins(name, gmail=PLENTY)
    world.passes(2)

    own_redis.dies()
    world.passes(0.5)
    count = world.count()
    world.passes(20)

    assert world.count() - count == pytest.approx(20 * SAFE_PER_S, rel=0.1)


def test_a_run_that_never_reached_redis_supposes_others(tmp_path):
    quota = alone(f"redis://127.0.0.1:{free_port()}/0", per_second=400)
    got = [quota.turn(Ask(wanted={SERVICE: 999}), now=tick / 5).permits for tick in range(11)]

    assert sum(one[SERVICE] for one in got) == 400 / SAFE_RUNS * 2


@pytest.mark.parametrize("is_flushed", [True, False], ids=["killed", "stopped for a while"])
@pytest.mark.parametrize("when", [1.4, 2])
def test_the_day_holds_while_redis_is_away_and_after_it_came_back(own_redis, is_flushed, when):
    world = World(own_redis.url, Limits(per_day=4_000))
    for name in "abc":
        world.joins(name, gmail=PLENTY)
    world.passes(when)

    own_redis.signals(signal.SIGSTOP)
    if is_flushed:
        own_redis.dies()
    world.passes(12)
    own_redis.starts() if is_flushed else own_redis.signals(signal.SIGCONT)
    world.passes(60)

    assert world.count() <= 4_000
    assert not any(run.grants.is_safe for run in world.runs)


def test_the_day_is_used_up_after_redis_was_away(own_redis):
    world = World(own_redis.url, Limits(per_day=4_000))
    runs = [world.joins(name, gmail=500) for name in "abc"]
    world.passes(5)
    world.passes(20)

    own_redis.dies()
    for run in runs:
        run.backlog["gmail"] = 200
    world.passes(10)
    own_redis.starts()
    world.passes(20)
    for run in runs:
        run.backlog["gmail"] = PLENTY
    world.passes(20)

    # What was sent alone, in the ten seconds before the day was counted anew, may count twice.
    assert 4_000 - 600 <= world.count() <= 4_000


def test_who_says_slower_while_redis_is_away_is_slowed_and_the_others_hear_of_it(own_redis):
    world = World(own_redis.url, Limits())
    world.joins("a", gmail=PLENTY, yahoo=PLENTY)
    world.joins("b", gmail=PLENTY)
    world.passes(2)
    own_redis.dies()
    world.passes(5)

    world.answers = lambda provider: SLOWER if provider == "yahoo" else YES
    world.passes(5)
    slow = world.count(provider="yahoo", since=world.now - 3)
    fast = world.count(provider="gmail", since=world.now - 3)
    world.answers = lambda _provider: YES
    own_redis.starts()
    world.passes(MOST_RETRY_S + 1)

    assert slow < 0.5 * fast
    assert [set(run.grants.permits) for run in world.runs] == [{"yahoo"}, {"yahoo"}]


def test_shares_are_kept_while_redis_is_away(own_redis):
    world = World(own_redis.url, Limits(connections={"orange": 3}))
    for name in "abcd":
        world.joins(name, orange=PLENTY)
    world.passes(3)
    before = [run.grants.shares for run in world.runs]

    own_redis.dies()
    world.passes(30)

    assert [run.grants.shares for run in world.runs] == before
    assert world.most_flying["orange"] == 3


def test_a_redis_that_hangs_costs_one_wait_and_is_not_asked_at_each_turn():
    with answering(b"") as url:
        quota = alone(url)
        asks: list[object] = []
        run_script = quota._script

        def script(**words: object) -> object:
            asks.append(words)
            return run_script(**words)

        quota._script = script
        grants = [quota.turn(Ask(), now=tick / 5) for tick in range(50)]

    assert all(one.is_safe for one in grants)
    assert len(asks) == 4  # at 0, 1, 3 and 7 seconds of ten


def test_a_turn_is_not_tried_twice_and_waits_for_no_answer_for_long():
    quota = alone("redis://:password@127.0.0.1:1/0")
    options = quota._redis.connection_pool.connection_kwargs

    assert options["retry"]._retries == 0
    assert options["socket_timeout"] == options["socket_connect_timeout"] == WAIT_S


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"-READONLY You can't write against a read only replica.\r\n", id="read only"),
        pytest.param(b"-NOAUTH Authentication required.\r\n", id="no password"),
        pytest.param(b"-OOM command not allowed when used memory > 'maxmemory'.\r\n", id="full"),
        pytest.param(b"-LOADING Redis is loading the dataset in memory\r\n", id="loading"),
        pytest.param(b"+OK\r\n", id="something else that answers"),
        pytest.param(b"$2\r\n[]\r\n", id="an answer that is none of ours"),
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n", id="no Redis at all"),
    ],
)
def test_a_redis_that_does_not_do_its_work_is_no_redis(answer, caplog):
    with answering(answer) as url:
        grants = alone(url).turn(Ask(wanted={SERVICE: 5}), now=0)

    assert grants.is_safe
    assert len([one for one in caplog.records if one.levelno >= logging.WARNING]) == 1


def test_a_wrong_password_is_the_safe_pace_too(own_redis):
    wrong = own_redis.url.replace(PASSWORD, "wrong")

    assert alone(wrong).turn(Ask(), now=0).is_safe


def test_a_key_of_another_kind_where_ours_should_be_is_the_safe_pace(redis_url):
    with Redis.from_url(redis_url) as client:
        client.set("newsletter:{pace}:runs", "nonsense")

    assert alone(redis_url).turn(Ask(), now=0).is_safe


def test_an_address_that_is_none_is_a_wrong_setting():
    with pytest.raises(SettingsError, match="NEWSLETTER_REDIS_URL is wrong"):
        alone("smtp://127.0.0.1")
