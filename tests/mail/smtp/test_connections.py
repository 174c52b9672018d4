"""Reaching a relay, and what is said when it does not let us in."""

import pytest

from newsletter.errors import UnreachableError
from newsletter.mail.smtp import RelaySet, relay_connection
from tests.mail.smtp.message_sources import FROM, MESSAGE
from tests.smtp_server import CONNECT, HANG_UP, SILENCE, impatient, smtp_server

pytestmark = pytest.mark.servers


@pytest.fixture
def relay():
    with smtp_server() as server:
        yield server


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        pytest.param(CONNECT, HANG_UP, id="hangs up at once"),
        pytest.param(CONNECT, "554 5.7.1 Not you", id="turns us away"),
        pytest.param(CONNECT, SILENCE, id="says nothing"),
        pytest.param("EHLO", HANG_UP, id="hangs up at our greeting"),
    ],
)
def test_a_relay_that_does_not_greet_is_unreachable(relay, command, answer):
    relay.script(command, answer)

    with (
        pytest.raises(UnreachableError, match="NEWSLETTER_SMTP_URL"),
        relay_connection(relay.relays(), timeouts=impatient(greeting_s=0.2)),
    ):
        pass


def test_a_port_where_nobody_listens_is_said_in_words():
    with smtp_server() as server:
        relays = server.relays()

    with pytest.raises(UnreachableError, match=r"\(Connection refused\)"), relay_connection(relays):
        pass


def test_a_letter_goes_to_the_first_relay_that_lets_us_in_the_heaviest_first():
    with smtp_server() as light, smtp_server() as away, smtp_server() as heavy:
        away.script(CONNECT, "554 5.3.2 Not today")
        setting = f"{light.url()} {away.url()}?weight=9 {heavy.url()}?weight=5"
        with relay_connection(RelaySet.parse(setting)) as relay:
            assert relay.send(FROM, "mira@reader.example", MESSAGE).code == 250

    assert (light.connections, away.connections, heavy.connections) == (0, 1, 1)


def test_relays_of_which_none_lets_us_in_are_all_named():
    with smtp_server() as first, smtp_server(extensions=("AUTH PLAIN",)) as second:
        first.script(CONNECT, "554 5.3.2 Not today")
        second.script("AUTH", "535 5.7.8 Wrong")
        setting = f"{first.url()} {second.url(login='news:hush')}"
        with pytest.raises(UnreachableError) as error, relay_connection(RelaySet.parse(setting)):
            pass

    assert f"127.0.0.1:{first.port} (it says 554 5.3.2 Not today)" in str(error.value)
    assert "Every relay refuses us" in str(error.value)
    assert f"The relay 127.0.0.1:{second.port} refuses the user" in str(error.value)
    assert "NEWSLETTER_SMTP_URL" in str(error.value)
    assert "hush" not in str(error.value)
