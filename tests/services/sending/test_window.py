"""The window: who may have been begun and is not settled, of one run and of a machine's runs."""

import subprocess
import sys
from collections import Counter
from math import inf

import pytest

from newsletter.services.sending.run.claims.claimed_batch import PendingDelivery
from newsletter.services.sending.run.claims.window import LEAST, MACHINE, ROOM_S, Window
from newsletter.store.delivery.run_presence import RunPresence


def pending(provider: str) -> PendingDelivery:
    return PendingDelivery(None, None, provider)  # type: ignore[arg-type]  # a window asks for nothing else


def at_speed(per_s: float) -> Window:
    window = Window()
    for _ in range(50):
        window.measure(round(per_s / 5), 0.2)
    return window


@pytest.mark.parametrize("runs", range(1, 5))
def test_the_runs_of_a_machine_share_one_window(runs):
    window = at_speed(5_000)
    window.share_with(runs)

    assert window.size() * runs <= MACHINE


@pytest.mark.parametrize(
    ("runs", "size"),
    [pytest.param(5, LEAST, id="five"), pytest.param(100, LEAST, id="a hundred")],
)
def test_a_run_of_many_has_two_for_each_connection(runs, size):
    window = at_speed(5_000)
    window.share_with(runs)

    assert window.size() == size


@pytest.mark.parametrize(
    ("per_s", "size"),
    [
        pytest.param(0, LEAST, id="nothing yet"),
        pytest.param(20, LEAST + 5, id="a slow relay"),
        pytest.param(5_000, MACHINE // 2, id="full speed"),
    ],
)
def test_the_window_follows_the_rate(per_s, size):
    assert at_speed(per_s).size() == size


@pytest.mark.parametrize(
    ("runs", "waits"), [pytest.param(2, 0, id="a second"), pytest.param(3, ROOM_S, id="a third")]
)
def test_a_run_begins_when_the_others_have_made_room(runs, waits):
    window = Window()

    window.open(runs, now=100)

    assert window.opens_at == 100 + waits


def test_who_has_to_wait_is_not_named():
    window = Window()
    window.asked = [pending(provider) for provider in ("slow", "fast", "slow", "slow", "fast")]
    window.grant()

    surplus = window.give_up(lambda provider: 1 if provider == "slow" else inf)

    assert Counter(one.provider for one in surplus) == {"slow": 2}
    assert window.counts() == {"slow": 1, "fast": 2}


def test_what_is_asked_for_may_not_begin_yet():
    window = Window()
    window.asked = [pending("one")]

    assert window.take(lambda _: True) is None
    window.grant()
    assert window.take(lambda _: True) == pending("one")


@pytest.mark.servers
def test_a_machine_s_runs_know_each_other_and_forget_the_killed(tmp_path):
    script = (
        "import sys, pathlib; from newsletter.store.delivery.run_presence import RunPresence; "
        "p = RunPresence(pathlib.Path(sys.argv[1])); print(p.count(), flush=True); sys.stdin.read()"
    )
    here = RunPresence(tmp_path)
    command = [sys.executable, "-c", script, tmp_path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdout.readline() == b"2\n"
        both = here.count()
        other.kill()

    assert (both, here.count()) == (2, 1)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_run_whose_folder_was_deleted_is_there_again(tmp_path):
    here = RunPresence(tmp_path / "journal")
    for path in (tmp_path / "journal").iterdir():
        path.unlink()
    (tmp_path / "journal").rmdir()

    here.renew()

    assert RunPresence(tmp_path / "journal").count() == 2
    here.leave()
