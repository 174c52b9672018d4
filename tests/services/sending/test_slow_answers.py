"""A relay that takes its time for an answer is slow, not dead: the run's end does not hurry it.

How long DRAIN_S is does not matter here: an answer is withheld for several of them.
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from newsletter.embedded.shared_server import wait_until
from newsletter.mail.smtp import RelaySet
from newsletter.services.editions import review
from newsletter.services.sending import control
from newsletter.services.sending import deliver as delivering
from newsletter.services.sending.deliver import deliver
from newsletter.store.delivery.deliveries import BATCH
from tests.services.worlds import statuses

AMAL = "amal@example.org"
DRAIN_S = 0.3
BOUND_S = 60  # For what comes in a moment on a machine that has one.


@pytest.fixture
def slow(ports, refusing, monkeypatch):
    """The ports of a relay that withholds its answer to Amal's message."""
    monkeypatch.setattr(delivering, "DRAIN_S", DRAIN_S)
    refusing.withheld.add(AMAL)
    return replace(ports, relays=RelaySet.parse(refusing.url))


def delivered_beside(ports, refusing, edition, meanwhile, *, run_s=20) -> int:
    """How many messages a run sent beside which something was done; then all are answered."""
    with ThreadPoolExecutor() as pool:
        run = pool.submit(deliver, ports, edition.id, run_s=run_s)
        try:
            meanwhile()
        finally:
            refusing.withheld.clear()
        return run.result(BOUND_S)


def counted(ports, edition) -> dict[str, int]:
    return statuses(ports.store, edition.id)


def hold(ports, edition) -> None:
    review.hold(ports, edition.id, note="Wrong photo.", by="Rana")


@pytest.mark.parametrize(
    ("end", "run_s"),
    [
        pytest.param(lambda *_: None, 0.1, id="its time is over"),
        pytest.param(lambda *_: None, 20, id="nothing else is left"),
        pytest.param(hold, 20, id="an editor holds the edition"),
        pytest.param(
            lambda ports, edition: control.pause(ports, edition.id, by="ops"), 20, id="paused"
        ),
        pytest.param(
            lambda ports, edition: control.cancel(ports, edition.id, by="ops"), 20, id="cancelled"
        ),
    ],
)
def test_what_is_under_way_is_waited_for_when_a_run_ends(slow, refusing, edition, end, run_s):
    def meanwhile():
        assert wait_until(lambda: AMAL in refusing.asked, timeout_s=BOUND_S)
        end(slow, edition)
        time.sleep(5 * DRAIN_S)

    sent = delivered_beside(slow, refusing, edition, meanwhile, run_s=run_s)

    counts = counted(slow, edition)
    assert AMAL in refusing.taken
    assert "uncertain" not in counts
    assert counts["sent"] == sent == len(refusing.taken)


def test_only_a_process_that_is_to_end_by_a_date_does_not_wait(slow, refusing, edition):
    ending = threading.Event()
    dying = replace(slow, is_ending=ending.is_set)

    def meanwhile():
        assert wait_until(lambda: AMAL in refusing.asked, timeout_s=BOUND_S)
        time.sleep(5 * DRAIN_S)
        ending.set()
        assert wait_until(lambda: "uncertain" in counted(slow, edition), timeout_s=BOUND_S)

    delivered_beside(dying, refusing, edition, meanwhile)

    assert counted(slow, edition)["uncertain"] == 1


def test_the_other_connections_go_on_meanwhile(slow, refusing, edition_for):
    names = ["amal", *(f"reader{number:02}" for number in range(60))]
    edition = edition_for(names)

    def meanwhile():
        # The one behind Amal's on its connection waits as well.
        assert wait_until(lambda: len(refusing.taken) >= len(names) - 2, timeout_s=BOUND_S)
        time.sleep(5 * DRAIN_S)

    sent = delivered_beside(slow, refusing, edition, meanwhile, run_s=0.1)

    assert sent == len(names)
    assert counted(slow, edition) == {"sent": len(names)}


def test_while_a_relay_takes_its_time_a_paused_run_tells_how_many_are_with_it(
    slow, refusing, edition_for
):
    edition = edition_for(["amal", *(f"reader{number:03}" for number in range(600))])
    seen = []

    def meanwhile():
        assert wait_until(lambda: AMAL in refusing.asked, timeout_s=BOUND_S)
        control.pause(slow, edition.id, by="ops")
        assert wait_until(
            lambda: control.count_in_progress(slow, edition.id) <= BATCH, timeout_s=BOUND_S
        )
        assert wait_until(
            lambda: control.count_with_relay(slow, edition.id) <= 1, timeout_s=BOUND_S
        )
        seen.append(control.count_with_relay(slow, edition.id))

    delivered_beside(slow, refusing, edition, meanwhile)

    assert seen == [1]
    assert control.count_in_progress(slow, edition.id) == 0
    assert "uncertain" not in counted(slow, edition)
