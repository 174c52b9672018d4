"""The relay's quota as it may be written in the environment."""

import pytest

from newsletter.config import load
from newsletter.errors import SettingsError


@pytest.mark.parametrize(
    ("written", "per_second", "per_day"),
    [
        pytest.param(None, 0, 0, id="not set"),
        pytest.param("", 0, 0, id="empty"),
        pytest.param("0", 0, 0, id="none"),
        pytest.param("14", 14, 14, id="whole"),
        pytest.param(" 50000 ", 50_000, 50_000, id="with spaces"),
    ],
)
def test_no_number_is_no_limit(monkeypatch, written, per_second, per_day):
    for name in ("SECOND", "DAY") if written is not None else ():
        monkeypatch.setenv(f"NEWSLETTER_RATE_PER_{name}", written)

    settings = load()

    assert (settings.rate_per_second, settings.rate_per_day) == (per_second, per_day)


def test_less_than_one_a_second_can_be_said(monkeypatch):
    monkeypatch.setenv("NEWSLETTER_RATE_PER_SECOND", "0.5")

    assert load().rate_per_second == 0.5


@pytest.mark.parametrize("name", ["SECOND", "DAY"])
@pytest.mark.parametrize("written", ["-1", "many", "nan", "inf", "14/s", "1,5"])
def test_what_is_no_rate_is_told_in_one_sentence(monkeypatch, name, written):
    monkeypatch.setenv(f"NEWSLETTER_RATE_PER_{name}", written)

    with pytest.raises(SettingsError) as told:
        load()

    assert str(told.value).startswith(f"NEWSLETTER_RATE_PER_{name} is wrong: must be a ")
    assert str(told.value).count(".") == 1


def test_half_a_message_a_day_is_none(monkeypatch):
    monkeypatch.setenv("NEWSLETTER_RATE_PER_DAY", "0.5")

    with pytest.raises(SettingsError, match="whole number"):
        load()
