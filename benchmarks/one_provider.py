"""How fast an edition goes whose readers are all with one provider that wants it slower.

    python -m benchmarks.one_provider --readers 2000 --per-s 20

The relay tells whoever brings more than so many messages a second to slow down. What the pace
allows is read from the database five times a second, beside the sending, and summed up. The share
of it that was used is what counts: 1.0 is the provider's pace, and no run is told to use more.
"""

import argparse
import json
import sys
import time

from benchmarks.chaos import finished
from benchmarks.evening import composed, subscribed
from benchmarks.household import Household, household
from newsletter.services.sending.dispatch import send_now
from newsletter.store.delivery import deliveries, provider_rates

LOOK_S = 0.2
PROVIDER = "mail.example"


def main() -> None:
    """Run it, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--readers", type=int, default=2_000)
    parser.add_argument("--per-s", type=float, default=20.0, help="what the provider takes")
    parser.add_argument("--seconds", type=float, default=90.0, help="for so long it is looked at")
    told = parser.parse_args()
    with household() as house:
        found = measured(house, told.readers, per_s=told.per_s, seconds=told.seconds)
    print(json.dumps(found, indent=2))
    sys.exit(found["share_of_the_pace"] < 0.8)


def measured(house: Household, readers: int, *, per_s: float, seconds: float) -> dict[str, float]:
    """The figures of one edition."""
    newsletter_id = subscribed(house.ports.store, readers)
    house.worker()
    house.beat()
    house.wait_for_workers(1)
    edition_id = composed(house.ports.store, newsletter_id, 0)
    house.relay.order("limit", per_s)
    started = time.monotonic()
    send_now(house.ports, edition_id)
    allowed = tried = 0.0
    since = 0
    while time.monotonic() < started + seconds and _queued(house, edition_id):
        at = time.monotonic()
        time.sleep(LOOK_S)
        rate = _rate(house)
        before, since = since, _attempts(house, edition_id)
        if rate is not None and before:
            allowed += rate * (time.monotonic() - at)
            tried += since - before
    kept = house.relay.order("state").kept
    took = time.monotonic() - started
    house.relay.order("good")
    why_not = finished(house, edition_id)
    return {
        "readers": readers,
        "provider_takes_per_s": per_s,
        "seconds": round(took, 1),
        "sent_meanwhile": kept,
        "sent_per_s": round(kept / took, 2),
        "pace_allowed": round(allowed),
        "tried": round(tried),
        "share_of_the_pace": round(tried / allowed, 3) if allowed else 0.0,
        "is_finished": not why_not,
    }


def _queued(house: Household, edition_id: int) -> int:
    with house.ports.store.begin() as session:
        return deliveries.progress(session, [edition_id])[edition_id].queued


def _attempts(house: Household, edition_id: int) -> int:
    """How many messages were tried, those that were put off among them."""
    with house.ports.store.begin() as session:
        return sum(one.attempts for one in deliveries.list_for_edition(session, edition_id))


def _rate(house: Household) -> float | None:
    """The provider's messages a second now; None while it is not throttled."""
    with house.ports.store.begin() as session:
        return provider_rates.throttled_rates(session).get(PROVIDER)


if __name__ == "__main__":
    main()
