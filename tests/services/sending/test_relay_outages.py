"""A relay that cannot be reached is one line in the log, however many tasks meet it."""

from contextlib import closing
from dataclasses import replace

import pytest
from aiosmtpd.controller import Controller

from newsletter.embedded.shared_server import free_port
from newsletter.mail.smtp import RelaySet
from newsletter.services.outages import Service, report_end
from newsletter.services.sending import deliver as delivering
from newsletter.services.sending.deliver import deliver
from tests.services.worlds import Relay, statuses
from tests.smtp_server import CONNECT, HANG_UP, SmtpServer


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def lines(caplog):
    """What stands in the log at its usual level."""
    report_end(Service.RELAY)
    caplog.clear()
    return lambda: [one.getMessage() for one in caplog.records if one.levelname != "DEBUG"]


def as_another_process_would(ports, edition) -> int:
    delivering._relay_pool.cache_clear()
    return deliver(ports, edition.id)


def test_a_relay_that_is_away_is_one_line_and_its_return_another(ports, port, edition, lines):
    away = replace(ports, relays=RelaySet.parse(f"smtp://127.0.0.1:{port}"))

    for _ in range(10):
        deliver(away, edition.id)
    for _ in range(10):
        as_another_process_would(away, edition)
    while_away = lines()
    controller = Controller(Relay(), hostname="127.0.0.1", port=port, ready_timeout=20)
    controller.start()
    try:
        sent = as_another_process_would(away, edition)
    finally:
        controller.stop()

    assert [line[:62] for line in while_away] == [
        f"The relay 127.0.0.1:{port} cannot be reached (Connection refused)"[:62]
    ]
    assert while_away[0].endswith("What is queued waits for it.")
    assert lines()[1:] == ["The relay answers again."]
    assert sent == 3


def test_a_task_that_comes_while_the_relay_is_left_alone_does_not_connect(ports, edition, lines):
    with closing(SmtpServer()) as relay:
        relay.script(CONNECT, *[HANG_UP] * 40)
        away = replace(ports, relays=RelaySet.parse(relay.url()))
        deliver(away, edition.id)
        before = relay.connections

        for _ in range(10):
            deliver(away, edition.id)

        assert relay.connections == before
    assert len(lines()) == 1
    assert statuses(ports.store, edition.id) == {"queued": 3}


def test_one_relay_of_two_that_is_away_is_one_line_too(ports, port, refusing, edition, lines):
    both = replace(ports, relays=RelaySet.parse(f"smtp://127.0.0.1:{port}?weight=9 {refusing.url}"))

    sent = deliver(both, edition.id)
    for _ in range(5):
        as_another_process_would(both, edition)

    assert sent == 3
    assert [line for line in lines() if "is left alone" in line] == lines()
    assert len(lines()) == 1
