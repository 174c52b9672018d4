"""The key that signs links, and the editors' password: neither can be guessed."""

import secrets

import pytest

from newsletter.config.secret_strength import check_key, check_password
from tests.cases import for_each


@pytest.mark.parametrize("is_public", [True, False], ids=["in public", "at home"])
def test_what_the_advice_makes_is_strong_enough(is_public):
    for _ in range(200):
        check_key(secrets.token_hex(32), is_public=is_public)
        check_password(secrets.token_urlsafe(15), is_public=is_public)


@for_each(
    "key",
    [
        pytest.param("…", id="the README's"),
        pytest.param("short", id="short"),
        pytest.param("changeme", id="a sample"),
        pytest.param("Change-Me", id="a sample written otherwise"),
        pytest.param("please-change-me-before-you-go-live-1", id="a sample within more"),
        pytest.param("secret" * 8, id="a sample several times"),
        pytest.param("a" * 64, id="one key held down"),
        pytest.param("abababab" * 8, id="two keys in turn"),
        pytest.param("0123456789abcdef" * 4, id="all the digits"),
        pytest.param("deadbeef" * 8, id="what people write for hexadecimal"),
        pytest.param(" " * 40, id="spaces"),
    ],
)
@for_each("is_public", [True, False], ids=["in public", "at home"])
def test_a_key_that_can_be_guessed_is_refused_with_how_to_make_one(key, is_public):
    with pytest.raises(ValueError, match="openssl rand -hex 32"):
        check_key(key, is_public=is_public)


@for_each(
    "password",
    ["…", "x", "changeme", "password", "Password123", "newsletter", "1234567890", "aaaaaaaaaaaaaa"],
)
@for_each("is_public", [True, False], ids=["in public", "at home"])
def test_a_password_that_can_be_guessed_is_refused_with_how_to_make_one(password, is_public):
    with pytest.raises(ValueError, match="openssl rand -base64 15"):
        check_password(password, is_public=is_public)


def test_in_public_both_have_to_be_longer():
    check_key("sixteen and more", is_public=False)
    check_password("eight!ok", is_public=False)

    with pytest.raises(ValueError, match="32 characters or more, and has 16"):
        check_key("sixteen and more", is_public=True)
    with pytest.raises(ValueError, match="12 characters or more, and has 8"):
        check_password("eight!ok", is_public=True)
