"""Runs at a pace: the relay's quota, one slow provider, and a database that forgets nothing."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from newsletter.domain.editions.edition import EditionStatus
from newsletter.domain.throttling.limits import SendLimits
from newsletter.mail.smtp import RelaySet
from newsletter.services.sending.deliver import deliver
from newsletter.services.sending.dispatch import send_now
from newsletter.services.sending.run.claims.postpone import LEAST_WAITING, MOST_POSTPONED_S
from newsletter.store.delivery import deliveries
from tests.services.worlds import composed, edition_of, readers, statuses

BUSY = "421 4.7.28 Our system has detected an unusual rate of unsolicited mail"


@pytest.fixture
def edition_for(ports, store, newsletter, now, clock):
    """Makes an edition for so many readers at each of these domains, all of it queued."""

    def make(at=None, **counts):
        for domain, count in counts.items():
            people = [f"{domain}{number:03}" for number in range(count)]
            readers(store, newsletter, people, now=now, domain=f"{domain}.example")
        made = composed(store, newsletter, now=now)
        clock.at = at or made.sends_at
        send_now(ports, made.id)
        return made

    return make


@pytest.fixture
def sending(ports, refusing):
    """The ports, with the relay that answers as the test says."""
    return replace(ports, relays=RelaySet.parse(refusing.url))


def domains(addresses: list[str]) -> Counter[str]:
    return Counter(one.partition("@")[2] for one in addresses)


def test_a_provider_that_has_had_enough_holds_back_nobody_else(
    sending, refusing, edition_for, store
):
    edition = edition_for(slow=120, quick=200)
    refusing.to_domain["slow.example"] = BUSY

    deliver(sending, edition.id)

    assert domains(refusing.taken) == {"quick.example": 200}
    assert domains(refusing.asked)["slow.example"] < 30
    assert statuses(store, edition.id) == {"sent": 200, "queued": 120}


def test_what_waits_for_a_slow_provider_is_looked_at_again_later_and_was_no_attempt(
    sending, refusing, edition_for, store, clock
):
    edition = edition_for(slow=2 * LEAST_WAITING)
    refusing.to_domain["slow.example"] = "451 4.7.500 Server busy. Please try again later"
    deliver(sending, edition.id, run_s=1)
    asked = len(refusing.asked)
    refusing.to_domain.clear()

    clock.at += timedelta(seconds=MOST_POSTPONED_S)
    with store.begin() as session:
        session.execute(text("UPDATE send_permit SET throttled_at = '2026-01-01'"))  # long ago
    sent = deliver(sending, edition.id)

    with store.begin() as session:
        attempts = Counter(one.attempts for one in deliveries.list_for_edition(session, edition.id))
    assert sent == 2 * LEAST_WAITING
    assert attempts == {1: sent - asked, 2: asked}


def test_the_day_s_quota_is_kept_and_the_rest_waits(sending, refusing, edition_for, store, queue):
    edition = edition_for(quick=80)
    queue.clear()
    limited = replace(sending, send_limits=SendLimits(per_day=50))

    sent = deliver(limited, edition.id) + deliver(limited, edition.id)

    assert sent == 50
    assert len(refusing.taken) == sent
    assert statuses(store, edition.id) == {"sent": sent, "queued": 80 - sent}
    assert queue == []  # whoever waits for tomorrow is asked once a minute, by recover


def test_a_rate_per_second_slows_and_loses_nobody(sending, refusing, edition_for, store):
    edition = edition_for(quick=60)
    limited = replace(sending, send_limits=SendLimits(per_second=40))

    deliver(limited, edition.id)

    assert len(set(refusing.taken)) == len(refusing.taken) == 60
    assert edition_of(store, edition.id).status is EditionStatus.SENT


def test_a_run_that_is_over_holds_no_permits_and_is_not_counted(sending, edition_for, store):
    edition = edition_for(quick=60)

    deliver(replace(sending, send_limits=SendLimits(per_second=500, per_day=1_000)), edition.id)

    with store.begin() as session:
        assert session.scalars(text("SELECT count(*) FROM send_run")).one() == 0
        counted = text("SELECT day_count, (SELECT sum(count) FROM send_day) FROM send_permit")
        assert session.execute(counted).one() == (60, 60)
