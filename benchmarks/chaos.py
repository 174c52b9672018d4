"""Whether anything is lost or repeated when anything dies in the middle of a run.

    python -m benchmarks.chaos --kills 100 --json

For each kill an edition is being sent by a household of real processes; at a random moment one of
them is killed, or the relay misbehaves. Once the edition is finished its ledger is held against
what the relay kept. Ends with 1 when a mail was lost, repeated outside `uncertain`, or more are
uncertain than connections were open.
"""

import argparse
import json
import random
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from benchmarks.audit import Audit, audited
from benchmarks.evening import composed, subscribed
from benchmarks.faults import clear_up, strike
from benchmarks.household import Household, household
from benchmarks.scene import OFTEN, Fault, Scene, prepare
from newsletter.domain.editions.edition import EditionStatus
from newsletter.errors import UnreachableError
from newsletter.services.sending.deliver import deliver
from newsletter.services.sending.dispatch import send_now
from newsletter.services.sending.recovery import recover
from newsletter.store.delivery import deliveries
from newsletter.store.editions import editions

# A run that has not ended by then is stuck: an abandoned lease alone takes a minute, and so do two
# answers of a relay that takes 30 s for each.
RUN_S = 300.0
RHYTHM_S = 1.0  # Of recover, which the beat asks for once a minute.
LATER = timedelta(minutes=61)  # The longest that a reply makes anybody wait is an hour.


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """One run with its fault: how many connections were open then, and how it ended.

    done is the share of the edition that was out when it struck; why_not is empty when the edition
    was finished.
    """

    fault: Fault
    open: int
    done: float
    seconds: float
    audit: Audit
    why_not: str = ""

    @property
    def is_over(self) -> bool:
        """Whether more became uncertain than connections were open."""
        return self.audit.uncertain > self.open

    @property
    def is_clean(self) -> bool:
        return self.audit.is_clean and not self.is_over and not self.why_not


def main() -> None:
    """Run it, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--recipients", type=int, default=3_000, help="of each edition")
    parser.add_argument("--seed", type=int, default=None, help="the same faults in the same order")
    parser.add_argument(
        "--only", nargs="+", choices=[fault.name for fault in Fault], help="these kinds, in turn"
    )
    parser.add_argument("--scale", type=float, default=1.0, help="0.1: stalls of 4.5 s, not 45")
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args()
    for word in (signal.SIGINT, signal.SIGTERM):
        signal.signal(word, lambda *_: sys.exit(1))  # by the way on which all that runs is ended
    seed = told.seed if told.seed is not None else random.randrange(1_000_000)
    rng = random.Random(seed)
    only = [Fault[name] for name in told.only or ()]
    kinds = (only * told.kills)[: told.kills] or chosen(rng, told.kills)
    kills = []
    with household() as house:
        run = chaos(house, kinds, recipients=told.recipients, rng=rng, scale=told.scale)
        for number, kill in enumerate(run):
            print(_line(number, kill), file=sys.stderr, flush=True)
            kills.append(kill)
    found = summed(kills, told.recipients) | {"seed": seed}
    print(json.dumps(found, indent=2) if told.json else table(found))
    sys.exit(not found["is_clean"])


def chosen(rng: random.Random, count: int) -> list[Fault]:
    """So many faults: every kind comes, those that matter most more often, in any order."""
    kinds: list[Fault] = []
    while len(kinds) < count:
        deck = [*Fault, *OFTEN]
        rng.shuffle(deck)
        kinds += deck
    return kinds[:count]


def chaos(
    house: Household,
    kinds: list[Fault],
    *,
    recipients: int,
    rng: random.Random,
    scale: float = 1.0,
) -> Iterator[Kill]:
    """One kill after the other, each in the middle of an edition of its own."""
    newsletter_id = subscribed(house.ports.store, recipients)
    scene = Scene(house, rng, workers=house.worker(), beat=house.beat(), scale=scale)
    house.wait_for_workers(1)
    for number, fault in enumerate(kinds):
        # One relay in four takes one command at a time.
        house.relay.order("pipelined", int(rng.random() > 1 / 4))
        prepare(scene, fault)
        edition_id = composed(house.ports.store, newsletter_id, number)
        yield _one(scene, fault, edition_id, recipients)
        clear_up(scene)


def _one(scene: Scene, fault: Fault, edition_id: int, recipients: int) -> Kill:
    house = scene.house
    started = time.monotonic()
    _, offset = house.lines(0)
    send_now(house.ports, edition_id)
    _wait_for(house, house.relay.order("state").kept + scene.rng.uniform(0, 0.95) * recipients)
    time.sleep(scene.rng.uniform(0, 0.02))
    done = len(house.lines(offset)[0]) / recipients
    met = strike(scene, fault)
    why_not = finished(house, edition_id)
    with house.ports.store.begin() as session:
        ledger = deliveries.list_for_edition(session, edition_id)
    audit = audited(edition_id, ledger, house.lines(offset)[0], recipients=recipients)
    seconds = time.monotonic() - started
    return Kill(fault=fault, open=met, done=done, seconds=seconds, audit=audit, why_not=why_not)


def _wait_for(house: Household, kept: float) -> None:
    """Return once the relay has kept so many, or is as slow as if it never would."""
    ends_at = time.monotonic() + RUN_S / 3
    while house.relay.order("state").kept < kept and time.monotonic() < ends_at:
        time.sleep(0.002)


def finished(house: Household, edition_id: int) -> str:
    """Empty once the edition is sent, recovered as the beat would; else why it is not.

    When all that is left waits for another attempt, its time is made to come: somebody whose clock
    is an hour ahead sends it.
    """
    ends_at = time.monotonic() + RUN_S
    while time.monotonic() < ends_at:
        try:
            recover(house.ports)
            status, left, is_waiting = _stands(house, edition_id)
            if status in {EditionStatus.SENT, EditionStatus.FAILED}:
                return ""
            if status is not EditionStatus.SENDING:
                return f"{status}: {left}"
            if is_waiting:
                _sent_later(house)
        except UnreachableError:
            pass  # as the beat would: it asks again
        time.sleep(RHYTHM_S)
    return "not finished in time"


def _stands(house: Household, edition_id: int) -> tuple[EditionStatus, str, bool]:
    """The edition's state, why it is so, and whether all that is left waits for its time."""
    with house.ports.store.begin() as session:
        edition = editions.by_id(session, edition_id)
        progress = deliveries.progress(session, [edition_id])[edition_id]
        due = deliveries.due_batches(session, edition_id, now=house.ports.now(), limit=1)
    return (
        edition.status,
        edition.reason,
        bool(progress.queued and not progress.sending and not due),
    )


def _sent_later(house: Household) -> None:
    due: list[tuple[int, int]] = []
    ports = house.later(LATER, lambda edition, batches: due.extend((edition, b) for b in batches))
    recover(ports)
    while due:
        deliver(ports, *due.pop())


def summed(kills: list[Kill], recipients: int) -> dict[str, Any]:
    """All kills in figures."""
    audits = [kill.audit for kill in kills]
    met = [kill.open for kill in kills]
    return {
        "kills": len(kills),
        "recipients": recipients,
        "lost": sum(one.lost for one in audits),
        "repeated": sum(one.repeated for one in audits),
        "repeated_outside_uncertain": sum(one.repeated_outside_uncertain for one in audits),
        "mistaken": sum(one.mistaken for one in audits),
        "unfinished": sum(bool(kill.why_not) for kill in kills),
        "uncertain": sum(one.uncertain for one in audits),
        "uncertain_by_relay": sum(kill.audit.uncertain for kill in kills if kill.fault.is_relay_s),
        "largest_uncertain_per_kill": max(one.uncertain for one in audits),
        "connections": max(met),
        "kills_with_more_uncertain_than_open": sum(kill.is_over for kill in kills),
        "sent": sum(one.sent for one in audits),
        "failed": sum(one.failed for one in audits),
        "seconds": round(sum(kill.seconds for kill in kills)),
        "faults": {fault.value: _of_kind(kills, fault) for fault in Fault},
        "is_clean": all(kill.is_clean for kill in kills),
    }


def _of_kind(kills: list[Kill], fault: Fault) -> dict[str, Any]:
    found = [kill for kill in kills if kill.fault is fault]
    return {
        "kills": len(found),
        "uncertain": sum(kill.audit.uncertain for kill in found),
        "most_uncertain": max((kill.audit.uncertain for kill in found), default=0),
        "most_open": max((kill.open for kill in found), default=0),
        "slowest_s": round(max((kill.seconds for kill in found), default=0), 1),
        "is_clean": all(kill.is_clean for kill in found),
    }


def table(found: dict[str, Any]) -> str:
    """The figures for people."""
    head = f"{'fault':<46}{'kills':>6}{'uncertain':>11}{'most':>6}{'open':>6}{'slowest':>9}"
    rows = [
        f"{name:<46}{one['kills']:>6}{one['uncertain']:>11}{one['most_uncertain']:>6}"
        f"{one['most_open']:>6}{one['slowest_s']:>8}s{'' if one['is_clean'] else '  NOT CLEAN'}"
        for name, one in found["faults"].items()
        if one["kills"]
    ]
    rest = [f"{name:<46}{value:>6}" for name, value in found.items() if name != "faults"]
    return "\n".join([head, *rows, "", *rest])


def _line(number: int, kill: Kill) -> str:
    audit = kill.audit
    words = f"{number:>4} {kill.fault:<46}{kill.done:>5.0%} out {kill.seconds:>6.1f}s"
    words += f"  {audit.sent} sent {audit.failed} failed {audit.uncertain} uncertain"
    words += f" of {kill.open} open"
    if not kill.is_clean:
        words += f"  NOT CLEAN {kill.why_not} {'; '.join(audit.details[:3])}"
    return words


if __name__ == "__main__":
    main()
