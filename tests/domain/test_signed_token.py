"""Signed links say what they were made for, and nothing that was changed on the way."""

import pytest

from newsletter.domain.signed_token import sign_token, verify_token
from newsletter.errors import InputError
from tests.cases import for_each

KEY = b"a key of the test"
TOKEN = sign_token("unsubscribe", 12, 345, key=KEY)
MAC = TOKEN.partition(".")[0]


@pytest.mark.parametrize(
    "ids",
    [
        pytest.param((7,), id="one"),
        pytest.param((0,), id="nought"),
        pytest.param((3, 1, 2), id="three, unordered"),
        pytest.param((2**63 - 1,), id="the largest of a bigint"),
    ],
)
def test_what_was_signed_is_read_again(ids):
    assert verify_token(sign_token("confirm", *ids, key=KEY), "confirm", KEY) == ids


def test_the_same_link_is_made_each_time():
    assert sign_token("unsubscribe", 12, 345, key=KEY) == TOKEN


@for_each("number", range(50))
def test_a_token_needs_no_escaping_and_ends_where_mail_programs_see_it(number):
    token = sign_token("confirm", number, key=KEY)

    assert all(one.isascii() and (one.isalnum() or one in "-_.") for one in token)
    assert token[-1].isdigit()
    assert len(token) < 60


@for_each(
    "token",
    [
        pytest.param("", id="nothing"),
        pytest.param(MAC, id="the proof alone"),
        pytest.param(f"{MAC}.", id="ids left out"),
        pytest.param(".12.345", id="proof left out"),
        pytest.param("12.345", id="ids alone"),
        pytest.param(TOKEN[:-1], id="last digit lost"),
        pytest.param(TOKEN[1:], id="first letter lost"),
        pytest.param(f"{TOKEN}6", id="a digit more"),
        pytest.param(f"{TOKEN}.6", id="an id more"),
        pytest.param(f"{TOKEN}.", id="a full stop that ended the sentence"),
        pytest.param(f"{TOKEN}\n", id="a line break"),
        pytest.param(f" {TOKEN}", id="a space before"),
        pytest.param(f"{MAC}.12.346", id="another id"),
        pytest.param(f"{MAC}.345.12", id="ids changed round"),
        pytest.param(f"{MAC}.12345", id="ids run together"),
        pytest.param(f"{MAC}.012.345", id="leading nought"),
        pytest.param(f"{MAC}.+12.345", id="a sign"),
        pytest.param(f"{MAC}.1_2.345", id="an underscore"),
        pytest.param(f"{MAC}.١٢.345", id="Arabic digits"),
        pytest.param(f"{MAC}.¹².345", id="superscript digits"),
        pytest.param(f"{MAC}==.12.345", id="padding"),
        pytest.param(f"{MAC}.{'9' * 5_000}", id="a number beyond all reason"),
        pytest.param("é.12.345", id="a proof that is not ASCII"),
        pytest.param(f"{MAC.swapcase()}.12.345", id="letter case changed"),
        pytest.param("\x00.12.345", id="a control character"),
    ],
)
def test_a_changed_token_is_refused_in_words_for_the_reader(token):
    with pytest.raises(InputError, match="not complete"):
        verify_token(token, "unsubscribe", KEY)


@for_each("at", range(len(MAC)))
def test_no_letter_of_the_proof_may_change(at):
    other = "B" if MAC[at] == "A" else "A"

    with pytest.raises(InputError):
        verify_token(f"{MAC[:at]}{other}{TOKEN[at + 1 :]}", "unsubscribe", KEY)


def test_a_token_serves_no_other_purpose():
    with pytest.raises(InputError):
        verify_token(TOKEN, "confirm", KEY)


def test_a_token_of_another_key_is_refused():
    with pytest.raises(InputError):
        verify_token(TOKEN, "unsubscribe", KEY + b"!")


def test_a_purpose_cannot_be_stretched_over_the_ids():
    token = sign_token("a", 1, 2, key=KEY)

    with pytest.raises(InputError):
        verify_token(token, "a:1", KEY)
