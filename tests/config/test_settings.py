"""All settings are checked at once, before anything begins."""

import re
import subprocess
import sys

import pytest

from newsletter.config import load
from newsletter.errors import SettingsError
from tests.features.house import environment

KEY = "b0e3c1f2a4d596877869504132231405"
WRONG = {
    "NEWSLETTER_DATABASE_URL": "mysql://news:hush@db.example/news",
    "NEWSLETTER_REDIS_URL": "sentinel://:hush@redis.example:26379",
    "NEWSLETTER_SMTP_URL": "smtp://news:hush@relay.example:x",
    "NEWSLETTER_PUBLIC_URL": "https://news:hush@news.example.org",
    "NEWSLETTER_TRUSTED_PROXIES": "nginx",
    "NEWSLETTER_SECRET_KEY": "hush",
    "NEWSLETTER_EDITOR_PASSWORD": "hush",
    "NEWSLETTER_DKIM": "hush",
    "NEWSLETTER_BOUNCES": "bounces",
    "NEWSLETTER_KEEP_MONTHS": "-1",
    "NEWSLETTER_ALLOW_LOOPBACK_FEEDS": "perhaps",
    "NEWSLETTER_RATE_PER_SECOND": "many",
    "NEWSLETTER_RATE_PER_DAY": "0.5",
    "NEWSLETTER_AT": "tomorrow",
    "NEWSLETTER_LOG_LEVEL": "LOUD",
    "NEWSLETTER_LOG_FORMAT": "poem",
    "NEWSLETTER_SMPT_URL": "smtp://relay.example",
}


def wrong(monkeypatch, **settings: str) -> str:
    for name, value in settings.items():
        monkeypatch.setenv(f"NEWSLETTER_{name}", value)
    with pytest.raises(SettingsError) as error:
        load()
    return str(error.value)


def test_all_that_is_wrong_is_told_in_one_message_and_no_secret_with_it(monkeypatch):
    text = wrong(monkeypatch, **{key.removeprefix("NEWSLETTER_"): WRONG[key] for key in WRONG})

    lines = text.splitlines()
    assert sorted(line.split()[0] for line in lines) == sorted(WRONG)
    assert "hush" not in text
    assert "mysql://***@db.example/news" in text
    assert "do you mean NEWSLETTER_SMTP_URL?" in text


def test_a_setting_that_is_empty_is_not_set(monkeypatch):
    for name in WRONG:
        if name != "NEWSLETTER_SMPT_URL":
            monkeypatch.setenv(name, "")

    settings = load()

    assert (settings.public_url, settings.keep_months) == ("http://127.0.0.1:8000", 13)
    assert settings.trusted_proxies == "127.0.0.1 ::1"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("SMTP_URL", "smtp://news:hu sh@relay.example:x", id="a space in it"),
        pytest.param("SMTP_URL", "news:hush@relay.example", id="no scheme"),
        pytest.param("SMTP_URL", "smtp://a:hush@a.example:x smtp://b:hush@b.example", id="two"),
        pytest.param("DATABASE_URL", "postgresql://n:hu@sh@db.example/news@x", id="an @ in it"),
        pytest.param("DATABASE_URL", "postgresql://n@db.example:x/n?password=hush", id="behind ?"),
        pytest.param("REDIS_URL", "redis://:hu#sh@redis.example", id="a # in it"),
    ],
)
def test_a_password_in_an_address_is_not_told_however_it_is_written(monkeypatch, name, value):
    text = wrong(monkeypatch, **{name: value})

    assert f"NEWSLETTER_{name}" in text
    assert not re.search("hush|hu@|@sh|hu#|#sh", text)


def test_in_public_a_secret_has_to_be_strong_and_at_home_it_need_not(monkeypatch):
    monkeypatch.setenv("NEWSLETTER_SECRET_KEY", KEY[:20])
    monkeypatch.setenv("NEWSLETTER_EDITOR_PASSWORD", "open sesame")
    load()

    text = wrong(monkeypatch, PUBLIC_URL="https://news.example.org")

    assert "NEWSLETTER_SECRET_KEY is wrong: must have 32 characters or more, and has 20" in text
    assert "NEWSLETTER_EDITOR_PASSWORD is wrong: must have 12 characters" in text


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["newsletter", "status"], id="a command"),
        pytest.param(["celery", "-A", "newsletter.tasks.worker", "worker"], id="the worker"),
    ],
)
@pytest.mark.servers
def test_every_process_ends_at_once_with_the_same_words(tmp_path, command):
    done = subprocess.run(
        [sys.executable, "-m", *command],
        env=environment(**WRONG),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )

    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert all(name in done.stderr for name in WRONG)
    assert "hush" not in done.stderr + done.stdout
