"""The setting that names keys: every form that is taken, and a sentence for every other."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from newsletter.errors import SettingsError
from newsletter.mail.message.dkim import Algorithm
from newsletter.mail.message.dkim_keys import key_warnings, parse_signers
from tests.mail.keys import as_pem, pem

# Of 512 bits, made by openssl: the library makes none so short, and anybody could find it out.
SHORT = """-----BEGIN PRIVATE KEY-----
MIIBVQIBADANBgkqhkiG9w0BAQEFAASCAT8wggE7AgEAAkEA0oUNRsfzzbExOnuv
QJSH/QNc42YAIWrcqmdNW6QDWi5fZtBSqIfT7TXtp4sAAP8doMRTOdQg4fTyefl+
pYettQIDAQABAkEAm68NvHSOlmUdtNRXLHkrgC8GeJysKApxGgu/J7BJUlx1eAms
DsLDFn53HSj+YO+n3B1KavyD1VBPtbMSG3JrwQIhAO2jg7UonRifVXkaI4MXPLDP
qZIIiruEw/6wyJ3BHHopAiEA4skf6E1ErN3z0kS+ZrqXLpW6aD3Ev6q7Is6C2K5k
IK0CIBs/48tzM8huBOQVHjta/8eamGw5dIcaK0taRDbqvPQ5AiAR34H5P+Wyrgdi
QfKzi+8QR9KaFowkAuOeuaHMS+ouPQIhANszJ17smjnq0kWXW1aEM6/WBAQ3vqrK
xpgg6HEOZuEC
-----END PRIVATE KEY-----
"""
OLD = serialization.PrivateFormat.TraditionalOpenSSL


@pytest.fixture
def key(tmp_path):
    """The path of a good key."""
    path = tmp_path / "evening.pem"
    path.write_text(pem("ed25519"))
    return path


def test_no_setting_is_no_signer():
    assert parse_signers("") == parse_signers(" \n ") == ()


def test_a_key_is_read_from_a_file_and_signs_for_any_sender(key):
    (one,) = parse_signers(f"evening={key}")

    assert (one.selector, one.domain, one.algorithm) == ("evening", "", Algorithm.ED25519)


def test_a_key_may_name_its_domain(key):
    (one,) = parse_signers(f"K1.2026@Press.Example={key}")

    assert (one.selector, one.domain) == ("k1.2026", "press.example")


def test_several_keys_stand_side_by_side_in_order(tmp_path, key):
    (tmp_path / "rsa.pem").write_text(pem("rsa"))

    told = parse_signers(f" new={key}\n  old={tmp_path / 'rsa.pem'} new@press.example={key} ")

    assert [(one.selector, one.domain) for one in told] == [
        ("new", ""),
        ("old", ""),
        ("new", "press.example"),
    ]
    assert [one.algorithm for one in told][1] is Algorithm.RSA
    assert told[1].bits == 2048


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_a_key_may_stand_in_the_setting_itself(kind):
    whole = pem(kind)
    escaped = whole.replace("\n", "\\n")

    told = parse_signers(f"one={whole}two={escaped} three={whole.strip()}")

    assert [one.selector for one in told] == ["one", "two", "three"]
    assert len({one.public for one in told}) == 1


def test_an_rsa_key_may_be_of_the_old_form():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    (one,) = parse_signers(f"old={as_pem(key, form=OLD)}")

    assert one.algorithm is Algorithm.RSA


def refused(setting: str) -> str:
    with pytest.raises(SettingsError) as error:
        parse_signers(setting)
    said = str(error.value)
    assert said.startswith("NEWSLETTER_DKIM")
    assert said.endswith(".")
    assert "\n" not in said
    return said


def test_a_file_that_is_not_there_is_named(tmp_path):
    path = tmp_path / "none.pem"

    assert refused(f"evening={path}") == (
        f"NEWSLETTER_DKIM, key 'evening', cannot be read from {path} (No such file or directory)."
    )
    assert "(Is a directory)" in refused(f"evening={tmp_path}")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("", id="nothing"),
        pytest.param("hello", id="something else"),
        pytest.param("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", id="broken"),
    ],
)
def test_a_file_that_is_no_key_is_told(tmp_path, content):
    path = tmp_path / "some.pem"
    path.write_text(content)

    assert refused(f"evening={path}").endswith("'evening', is no private key in PEM.")


def test_a_public_key_is_no_private_one(tmp_path):
    public = ed25519.Ed25519PrivateKey.generate().public_key()
    path = tmp_path / "public.pem"
    path.write_bytes(
        public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )

    assert "is no private key" in refused(f"evening={path}")


def test_a_locked_key_is_told():
    locked = as_pem(ed25519.Ed25519PrivateKey.generate(), password=b"evening")

    assert "is locked with a password" in refused(f"evening={locked}")


def test_a_key_of_another_kind_is_told():
    assert "is neither RSA nor Ed25519" in refused(f"evening={pem('ec')}")


def test_an_rsa_key_that_receivers_refuse_is_refused():
    assert "fewer than 1024" in refused(f"evening={SHORT}")


def test_a_short_rsa_key_is_taken_with_advice():
    told = parse_signers(f"evening={pem('rsa', 1024)} other={pem('ed25519')}")

    assert key_warnings(told) == (
        "NEWSLETTER_DKIM: 'evening' has 1024 bits; RSA keys should have 2048 (RFC 8301)."
    )
    assert key_warnings(told[1:]) == ""


@pytest.mark.parametrize(
    "setting",
    [
        pytest.param("{key}", id="no selector"),
        pytest.param("={key}", id="an empty selector"),
        pytest.param("evening=", id="an empty key"),
        pytest.param("evening", id="a selector alone"),
        pytest.param("eve_ning={key}", id="a selector that is no name in the DNS"),
        pytest.param("evening@={key}", id="an empty domain"),
        pytest.param("evening@let ters={key}", id="a space in a domain"),
        pytest.param("evening={key} and more", id="something behind it"),
    ],
)
def test_what_is_no_list_of_keys_is_told_with_the_form(key, setting):
    said = refused(setting.format(key=key))

    assert "write selector=/path/of/key.pem" in said
    assert str(key) not in said


def test_a_broken_list_shows_nothing_of_a_key():
    said = refused(f"evening={pem('ed25519')} {pem('rsa')}")

    assert "at its key 2" in said
    assert "BEGIN" not in said


def test_the_same_name_cannot_have_two_keys(key):
    assert "names two keys 'evening'" in refused(f"evening={key} EVENING={key}")
