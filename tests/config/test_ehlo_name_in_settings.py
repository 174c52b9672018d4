"""The name by which relays are greeted, as it may be written in the environment."""

import pytest

from newsletter.config import load, ports
from newsletter.errors import SettingsError
from newsletter.mail.smtp import RelaySet


@pytest.mark.parametrize("name", ["", "mail.example.org", "[192.0.2.1]", "[IPv6:2001:db8::1]"])
def test_each_relay_is_greeted_by_the_name_that_is_set(monkeypatch, name):
    monkeypatch.setenv("NEWSLETTER_EHLO_NAME", name)
    settings = load().model_copy(
        update={
            "database_url": "postgresql://nobody@127.0.0.1/none",
            "smtp_url": RelaySet.parse("smtp://first smtps://second"),
        }
    )

    handed = ports(settings, enqueue=lambda *_: None)

    assert [url.ehlo_name for url in handed.relays.urls] == [name, name]


@pytest.mark.parametrize(
    "name", ["localhost", "web1", "192.0.2.1", "mail.example.org\n", "a_b.org"]
)
def test_a_name_that_relays_refuse_is_refused_at_the_start_in_words(monkeypatch, name):
    monkeypatch.setenv("NEWSLETTER_EHLO_NAME", name)

    with pytest.raises(SettingsError, match="NEWSLETTER_EHLO_NAME is wrong: must be the full name"):
        load()
