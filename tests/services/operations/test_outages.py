"""An outage is two lines in the log, however many attempts meet it."""

import logging
import os

import pytest

from newsletter.errors import UnreachableError
from newsletter.services.outages import (
    Service,
    is_away,
    report_end,
    report_outage,
    service_of,
)


@pytest.fixture(autouse=True)
def _none_away() -> None:
    for service in Service:
        report_end(service)


def test_an_outage_is_one_line_and_its_end_another(caplog: pytest.LogCaptureFixture) -> None:
    for attempt in range(5):
        report_outage(Service.DATABASE, f"It is away ({attempt}).")
    for _ in range(5):
        report_end(Service.DATABASE)
    report_outage(Service.DATABASE, "Again.")
    report_end(Service.DATABASE)

    assert caplog.messages == [
        "It is away (0).",
        "The database answers again.",
        "Again.",
        "The database answers again.",
    ]
    assert {record.levelno for record in caplog.records} == {logging.ERROR, logging.WARNING}


def test_two_outages_at_once_are_told_apart(caplog: pytest.LogCaptureFixture) -> None:
    report_outage(Service.REDIS, "No Redis.")
    report_outage(Service.RELAY, "No relay.")
    report_end(Service.REDIS)

    assert caplog.messages == ["No Redis.", "No relay.", "Redis answers again."]
    assert is_away(Service.RELAY)


@pytest.mark.servers
def test_what_a_child_has_said_its_parent_does_not_say_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    child = os.fork()
    if not child:
        report_outage(Service.DATABASE, "Said by the child.")
        os._exit(0)
    os.waitpid(child, 0)

    report_outage(Service.DATABASE, "Said by the parent.")

    assert caplog.messages == []


@pytest.mark.parametrize(
    ("text", "service"),
    [
        pytest.param("Check NEWSLETTER_DATABASE_URL, and so on.", Service.DATABASE, id="database"),
        pytest.param("Check NEWSLETTER_REDIS_URL.", Service.REDIS, id="Redis"),
        pytest.param("Check NEWSLETTER_SMTP_URL.", Service.RELAY, id="relay"),
        pytest.param("It did not answer.", Service.RELAY, id="not named"),
    ],
)
def test_the_setting_that_is_named_says_what_is_away(text: str, service: Service) -> None:
    assert service_of(UnreachableError(text)) is service
