"""Refusals that may be about us: who fails, who waits, and what stops the run or moves it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from newsletter.domain.editions.edition import EditionStatus, HoldReason
from newsletter.mail.smtp import RelaySet
from newsletter.services.sending import deliver as delivering
from newsletter.services.sending.deliver import deliver
from newsletter.services.sending.dispatch import send_now
from tests.services.worlds import edition_of, relay, statuses
from tests.smtp_server import CONNECT, OFFERED, smtp_server

REFUSAL = "554 5.7.1 not from you"
DOMAINS = ("a.example", "b.example", "c.example", "d.example")
SENT, HELD = EditionStatus.SENT, EditionStatus.HELD


@pytest.fixture(autouse=True)
def _new_process():
    """What the process knows of relays is of this test."""
    delivering._relay_pool.cache_clear()


@pytest.fixture
def refused(ports, refusing):
    return replace(ports, relays=RelaySet.parse(refusing.url))


def everybody(refusing, reply: str = REFUSAL) -> None:
    refusing.to_domain.update(dict.fromkeys(DOMAINS, reply))


@pytest.mark.parametrize("said_to", ["to_rcpt", "to_data"])
def test_one_recipient_that_is_always_refused_fails_alone(
    refused, refusing, edition_across, said_to
):
    edition = edition_across(30, domains=DOMAINS)
    getattr(refusing, said_to)["r007@d.example"] = REFUSAL

    deliver(refused, edition.id, 0)

    assert statuses(refused.store, edition.id) == {"sent": 29, "failed": 1}
    assert edition_of(refused.store, edition.id).status is SENT


def test_a_few_recipients_in_a_row_fail_when_others_are_taken(refused, refusing, edition_across):
    edition = edition_across(30, domains=DOMAINS)
    for address in ("r004@a.example", "r005@b.example", "r006@c.example", "r007@d.example"):
        refusing.to_rcpt[address] = REFUSAL

    deliver(refused, edition.id, 0)

    assert statuses(refused.store, edition.id) == {"sent": 26, "failed": 4}


def test_one_domain_that_refuses_all_of_its_readers_does_not_stop_the_run(
    refused, refusing, edition_across, clock
):
    edition = edition_across(60, domains=(*["a.example"] * 9, "b.example"))
    refusing.to_domain["a.example"] = REFUSAL

    deliver(refused, edition.id, 0)
    clock.at += timedelta(minutes=1)  # the first of them were refused before anybody was taken
    deliver(refused, edition.id, 0)

    assert statuses(refused.store, edition.id) == {"sent": 6, "failed": 54}


def test_one_domain_that_refuses_all_in_a_row_fails_alone(refused, refusing, edition_across):
    edition = edition_across(60, domains=("a.example",))
    refusing.to_domain["a.example"] = REFUSAL
    refusing.to_rcpt["r000@a.example"] = "250 2.1.5 welcome"

    deliver(refused, edition.id, 0)

    assert statuses(refused.store, edition.id) == {"sent": 1, "failed": 59}


def test_one_domain_at_the_head_of_the_list_does_not_stop_the_run(
    refused, refusing, edition_across, clock
):
    edition = edition_across(80, domains=("a.example",) * 40 + ("b.example",) * 40)
    refusing.to_domain["a.example"] = REFUSAL

    deliver(refused, edition.id, 0)
    first = statuses(refused.store, edition.id)
    clock.at += timedelta(minutes=1)
    deliver(refused, edition.id, 0)

    assert first["sent"] == 40
    assert statuses(refused.store, edition.id) == {"sent": 40, "failed": 40}


@pytest.mark.parametrize("count", [60, 130])
def test_one_domain_that_refuses_everybody_there_is_refuses_us(
    refused, refusing, edition_across, clock, count
):
    edition = edition_across(count, domains=("a.example",))
    refusing.to_domain["a.example"] = REFUSAL

    for _ in range(2):
        deliver(refused, edition.id, 0)
        assert edition_of(refused.store, edition.id).status is HELD
        assert statuses(refused.store, edition.id) == {"queued": count}
        clock.at += timedelta(minutes=1)
        send_now(refused, edition.id)


@pytest.mark.parametrize("said_to", ["to_domain", "to_data"])
def test_several_of_several_domains_in_a_row_stop_the_run_and_fail_nobody(
    refused, refusing, edition_across, said_to
):
    edition = edition_across(40, domains=DOMAINS)
    everybody(refusing) if said_to == "to_domain" else refusing.to_data.update(
        {f"r{number:03}@{DOMAINS[number % 4]}": REFUSAL for number in range(40)}
    )

    deliver(refused, edition.id, 0)

    found = edition_of(refused.store, edition.id)
    assert statuses(refused.store, edition.id) == {"queued": 40}
    assert (found.status, found.hold) == (HELD, HoldReason.STOPPED)
    assert found.reason == f"The relay refuses us ({REFUSAL}); the rest waits."
    assert len(refusing.asked) < 20


def test_those_that_are_refused_again_after_a_resume_do_not_stop_the_run_again(
    refused, refusing, edition_across
):
    edition = edition_across(40, domains=DOMAINS)
    stuck = [f"r{number:03}@{DOMAINS[number % 4]}" for number in range(8)]
    everybody(refusing)
    deliver(refused, edition.id, 0)
    refusing.to_domain.clear()
    refusing.to_rcpt.update(dict.fromkeys(stuck, REFUSAL))
    stops = 0

    for _ in range(3):
        send_now(refused, edition.id)
        deliver(refused, edition.id, 0)
        stops += edition_of(refused.store, edition.id).status is HELD

    assert stops <= 1  # three who had not been asked before may be in a row
    assert statuses(refused.store, edition.id) == {"sent": 32, "failed": 8}


def test_a_relay_that_refuses_us_still_stops_each_resume_and_fails_nobody(
    refused, refusing, edition_across
):
    edition = edition_across(40, domains=DOMAINS)
    everybody(refusing)

    for _ in range(5):
        deliver(refused, edition.id, 0)
        assert edition_of(refused.store, edition.id).status is HELD
        assert statuses(refused.store, edition.id) == {"queued": 40}
        send_now(refused, edition.id)


def test_when_nobody_at_all_is_taken_it_is_about_us_however_few_they_are(
    refused, refusing, edition
):
    refusing.to_domain["example.org"] = REFUSAL

    deliver(refused, edition.id, 0)

    assert statuses(refused.store, edition.id) == {"queued": 3}
    assert edition_of(refused.store, edition.id).status is HELD


def test_a_relay_that_refuses_us_gives_its_messages_to_the_other(ports, edition_across, caplog):
    edition = edition_across(40, domains=DOMAINS)
    with relay() as first, relay() as second:
        everybody(first)
        both = replace(ports, relays=RelaySet.parse(f"{first.url}?weight=9 {second.url}"))
        deliver(both, edition.id, 0)

    assert statuses(ports.store, edition.id) == {"sent": 40}
    assert (len(first.taken), len(second.taken)) == (0, 40)
    assert f"refuses us: it says {REFUSAL}." in caplog.text


@pytest.mark.parametrize(
    "script",
    [
        pytest.param({"MAIL": ["550 5.7.1 Sender not allowed"] * 40}, id="our address"),
        pytest.param({"MAIL": ["530 5.7.0 Log in first"] * 40}, id="without a password"),
        pytest.param({"RCPT": ["530 5.7.0 Log in first"] * 40}, id="without a password, at RCPT"),
        pytest.param({CONNECT: ["554 5.7.1 You are on a list"] * 40}, id="our machine"),
        pytest.param(
            {"EHLO": ["504 5.5.2 Name?"] * 40, "HELO": ["504 5.5.2 Name?"] * 40}, id="our name"
        ),
        pytest.param({"RCPT": ["504 5.5.2 Helo command rejected"] * 40}, id="our name, at RCPT"),
        pytest.param({"RCPT": ["550 relay not permitted"] * 40}, id="all that is not its own"),
        pytest.param({"DATA": ["554 5.7.1 Policy"] * 40}, id="at DATA"),
    ],
)
@pytest.mark.parametrize("extensions", [(*OFFERED, "PIPELINING"), OFFERED])
def test_whatever_a_relay_refuses_of_ours_is_held_in_its_words_and_fails_nobody(
    ports, edition_across, script, extensions
):
    edition = edition_across(20, domains=DOMAINS)
    with smtp_server(extensions=extensions) as server:
        for command, answers in script.items():
            server.script(command, *answers)
        deliver(replace(ports, relays=RelaySet.parse(server.url())), edition.id, 0)

    found = edition_of(ports.store, edition.id)
    (words, *_) = next(iter(script.values()))
    assert (found.status, found.hold) == (HELD, HoldReason.STOPPED)
    assert words in found.reason
    assert statuses(ports.store, edition.id) == {"queued": 20}


def test_an_edition_that_is_too_large_for_the_relay_is_held_with_both_numbers(ports, edition):
    with smtp_server(extensions=("SIZE 1000", "PIPELINING")) as server:
        deliver(replace(ports, relays=RelaySet.parse(server.url())), edition.id, 0)

    found = edition_of(ports.store, edition.id)
    assert (found.status, found.hold) == (HELD, HoldReason.STOPPED)
    assert f"the relay 127.0.0.1:{server.port} takes at most 1000 bytes" in found.reason
    assert "A message of this edition has " in found.reason
    assert "MAIL" not in server.verbs()
    assert statuses(ports.store, edition.id) == {"queued": 3}


def test_what_a_relay_says_that_puts_us_off_is_the_edition_s_reason_until_it_goes_on(
    ports, edition, mail
):
    words = "421 4.7.0 Try again later"
    with smtp_server() as server:
        server.script("EHLO", words)
        deliver(replace(ports, relays=RelaySet.parse(server.url())), edition.id, 0)
    before = edition_of(ports.store, edition.id)

    deliver(ports, edition.id, 0)

    after = edition_of(ports.store, edition.id)
    assert before.status is EditionStatus.SENDING
    assert words in before.reason
    assert (after.status, after.reason) == (SENT, "")
    assert len(mail.messages()) == 3
