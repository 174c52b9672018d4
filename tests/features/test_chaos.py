"""Nobody twice and nobody skipped, whatever dies: benchmarks/chaos.py, for some seconds."""

import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from benchmarks.audit import audited
from benchmarks.chaos import chaos, chosen, summed
from benchmarks.household import household
from benchmarks.scene import Fault
from benchmarks.servers import Keeping
from newsletter.domain.delivery.ledger import Delivery
from newsletter.domain.delivery.status import DeliveryStatus
from newsletter.embedded.shared_server import wait_until
from newsletter.mail.smtp import RelaySet, relay_connection
from tests.patience import HANGS_S

QUEUED, SENT, FAILED, UNCERTAIN = (
    DeliveryStatus(one) for one in ("queued", "sent", "failed", "uncertain")
)
MESSAGE = b"Subject: A bridge\r\nMessage-ID:\r\n <7.1.edition@press.example>\r\n\r\nIt opens.\r\n"
LINE = "<7.1.edition@press.example> amal@mail.example"
DEADLY = [
    Fault.CHILD_KILLED,
    Fault.POSTGRES_STOPPED,
    Fault.RELAY_CUTS,
    Fault.REDIS_KILLED,
    Fault.WORKERS_KILLED,
]


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Keeping]:
    made = Keeping(tmp_path / "kept.log")
    yield made
    made.kill()


def reply_of(relay: Keeping) -> int:
    """The digits that a message gets, 0 for none."""
    with relay_connection(RelaySet.parse(f"smtp://127.0.0.1:{relay.port}")) as line:
        return line.send("evening@press.example", "amal@mail.example", MESSAGE).code


def kept(relay: Keeping) -> list[str]:
    return relay.log.read_text().splitlines()


def delivery(status: DeliveryStatus, reply: str = "") -> Delivery:
    return Delivery(
        subscriber_id=1,
        address="amal@mail.example",
        status=status,
        attempts=1,
        reply_code=0,
        reply=reply,
        settled_at=None,
    )


def test_whatever_is_killed_nobody_is_skipped_and_nobody_gets_it_twice() -> None:
    with household() as house:
        kills = list(chaos(house, DEADLY, recipients=800, rng=random.Random(3)))
        log = house.processes_log.read_text()

    found = summed(kills, 800)
    assert found["is_clean"], (found, [kill.audit.details for kill in kills], log[-2_000:])
    assert found["lost"] == found["repeated"] == found["unfinished"] == 0
    assert found["sent"] + found["failed"] + found["uncertain"] == 800 * len(DEADLY)
    assert found["faults"][Fault.RELAY_CUTS]["uncertain"] > 0
    assert found["largest_uncertain_per_kill"] <= found["connections"]


def test_a_long_run_has_every_kind_of_fault() -> None:
    assert set(chosen(random.Random(1), 100)) == set(Fault)


@pytest.mark.parametrize(
    ("status", "reply", "copies", "finding"),
    [
        pytest.param(SENT, "", 1, None, id="sent and kept"),
        pytest.param(SENT, "", 0, "lost", id="sent and not kept"),
        pytest.param(SENT, "", 2, "repeated_outside_uncertain", id="sent and kept twice"),
        pytest.param(FAILED, "no such user", 0, None, id="failed with a reply"),
        pytest.param(FAILED, "", 0, "lost", id="failed without a reply"),
        pytest.param(FAILED, "no such user", 1, "mistaken", id="failed and kept"),
        pytest.param(QUEUED, "", 0, "lost", id="queued for ever"),
        pytest.param(UNCERTAIN, "", 0, None, id="uncertain and not kept"),
        pytest.param(UNCERTAIN, "", 1, None, id="uncertain and kept"),
        pytest.param(UNCERTAIN, "", 2, "repeated", id="uncertain and kept twice"),
    ],
)
def test_the_ledger_is_held_against_what_was_kept(status, reply, copies, finding) -> None:
    audit = audited(7, [delivery(status, reply)], [LINE] * copies, recipients=1)

    names = ("lost", "repeated_outside_uncertain", "mistaken", "repeated")
    assert next((name for name in names if getattr(audit, name)), None) == finding


@pytest.mark.parametrize(
    ("line", "is_mistaken"),
    [
        pytest.param("<7.1.edition@press.example> samir@mail.example", True, id="somebody else's"),
        pytest.param("<7.9.edition@press.example> nobody@mail.example", True, id="nobody's"),
        pytest.param("<6.1.edition@press.example> amal@mail.example", False, id="another edition"),
    ],
)
def test_a_mail_that_is_not_of_the_ledger_is_noticed(line, is_mistaken) -> None:
    audit = audited(7, [delivery(SENT)], [LINE, line], recipients=1)

    assert (audit.mistaken == 1) is is_mistaken


def test_a_reader_without_a_row_in_the_ledger_is_lost() -> None:
    assert audited(7, [delivery(SENT)], [LINE], recipients=2).lost == 1


@pytest.mark.parametrize(
    ("order", "code", "is_kept"),
    [
        pytest.param("state", 250, True, id="well"),
        pytest.param("slow 0.1", 250, True, id="slow"),
        pytest.param("pipelined 0", 250, True, id="one command at a time"),
        pytest.param("defer 2", 451, False, id="deferred"),
    ],
)
def test_the_relay_writes_down_what_it_says_it_takes(relay, order, code, is_kept) -> None:
    relay.order(order)

    assert reply_of(relay) == code
    assert kept(relay) == [LINE] * is_kept


def test_the_relay_can_take_a_message_and_tell_nobody(relay) -> None:
    with relay_connection(RelaySet.parse(f"smtp://127.0.0.1:{relay.port}")) as line:
        met = relay.order("cut")
        code = line.send("evening@press.example", "amal@mail.example", MESSAGE).code

    assert (met.open, code, kept(relay)) == (1, 0, [LINE])


def test_the_relay_comes_back_with_its_log(relay) -> None:
    reply_of(relay)
    relay.kill()
    relay.start()

    assert reply_of(relay) == 250
    assert kept(relay) == [LINE, LINE]


def test_the_relay_does_not_outlive_who_started_it(tmp_path) -> None:
    script = (
        "import pathlib, sys, os; from benchmarks.servers import Keeping; "
        "print(Keeping(pathlib.Path(sys.argv[1])).process.pid, flush=True); os._exit(9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "kept.log"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        timeout=HANGS_S,
        check=False,
    )

    assert done.returncode == 9
    assert wait_until(lambda: not psutil.pid_exists(int(done.stdout)), timeout_s=HANGS_S)
