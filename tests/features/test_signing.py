"""Signing as ops sets it up: keys in the environment, records for the DNS, signed mail."""

from pathlib import Path

import pytest

from tests.features.house import House
from tests.mail.keys import pem


@pytest.fixture
def keys(tmp_path: Path) -> str:
    """The setting that names an Ed25519 and an RSA key in files."""
    for kind in ("ed25519", "rsa"):
        (tmp_path / f"{kind}.pem").write_text(pem(kind))
    return f"new={tmp_path / 'ed25519.pem'} old@letters.example={tmp_path / 'rsa.pem'}"


def test_dkim_prints_the_record_of_each_key(house: House, keys: str) -> None:
    told = house.ok("dkim", "--json", NEWSLETTER_DKIM=keys).json()

    assert [(one["name"], one["algorithm"], one["bits"]) for one in told] == [
        ("new._domainkey.press.example", "ed25519-sha256", 256),
        ("old._domainkey.letters.example", "rsa-sha256", 2048),
    ]
    assert ["".join(one["strings"]) for one in told] == [one["value"] for one in told]
    assert max(len(string) for one in told for string in one["strings"]) <= 255


def test_dkim_prints_a_name_and_a_whole_text_for_people(house: House, keys: str) -> None:
    done = house.ok("dkim", NEWSLETTER_DKIM=keys)

    lines = done.out.splitlines()
    assert lines[0] == "new._domainkey.press.example"
    assert lines[1].startswith("  v=DKIM1; k=ed25519; p=")
    assert len(lines) == 4
    assert "255" in done.err
    assert "PRIVATE" not in done.out + done.err


def test_without_keys_dkim_says_how_to_make_one(house: House) -> None:
    done = house.run("dkim")

    assert done.code == 2
    assert "openssl genpkey" in done.err


@pytest.mark.parametrize("command", ["status", "init", "dkim"])
def test_a_key_that_cannot_be_read_stops_every_command_with_a_sentence(
    house: House, command: str
) -> None:
    done = house.run(command, NEWSLETTER_DKIM="evening=nowhere.pem")

    assert done.code == 2
    assert done.err.strip() == (
        "NEWSLETTER_DKIM, key 'evening', cannot be read from nowhere.pem "
        "(No such file or directory)."
    )


def test_a_short_key_is_taken_with_a_warning(house: House) -> None:
    done = house.ok("dkim", NEWSLETTER_DKIM=f"evening={pem('rsa', 1024)}")

    assert done.out.startswith("evening._domainkey.press.example\n")
    assert "RSA keys should have 2048" in done.err


def test_a_previewed_message_is_signed(composed: House, keys: str) -> None:
    done = composed.ok("preview", "--eml", "--date", "2026-03-03", NEWSLETTER_DKIM=keys)

    assert done.out.count("DKIM-Signature: v=1;") == 2
