"""Which texts are addresses, which of them are the same one, and which look mistyped."""

import pytest

from newsletter.domain.subscribers.email_address import MAX_CHARS, parse_address, suggest_correction
from newsletter.errors import InputError
from tests.cases import for_each


@for_each(
    ("text", "address"),
    [
        pytest.param("mira@post.example", "mira@post.example", id="as it stands"),
        pytest.param(" mira@post.example\r\n", "mira@post.example", id="spaces and breaks around"),
        pytest.param("Mira@POST.Example", "Mira@post.example", id="the local part keeps its case"),
        pytest.param("mira+daily@post.example", "mira+daily@post.example", id="plus-tag"),
        pytest.param("mira@post.test", "mira@post.test", id="a domain for tests"),
        pytest.param("o\u0308@post.example", "ö@post.example", id="a mark apart from its letter"),
        pytest.param("mira@ｐｏｓｔ.example", "mira@post.example", id="full-width letters"),
        pytest.param("мира@почта.example", "мира@почта.example", id="letters of another script"),
        pytest.param("mira@بريد.example", "mira@بريد.example", id="a right-to-left domain"),
    ],
)
def test_an_address_is_written_in_one_way(text, address):
    assert parse_address(text).address == address


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("Mira@post.example", "mIRA@POST.EXAMPLE", id="letter case"),
        pytest.param("mira@почта.example", "mira@xn--80a1acny.example", id="domain in punycode"),
        pytest.param("МИРА@почта.example", "мира@ПОЧТА.example", id="case in another script"),
        pytest.param("o\u0308@post.example", "ö@post.example", id="composed and decomposed"),
    ],
)
def test_the_same_address_has_one_key(one, other):
    assert parse_address(one).key == parse_address(other).key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("mira.k@post.example", "mirak@post.example", id="dots"),
        pytest.param("mira+a@post.example", "mira@post.example", id="plus-tag"),
        pytest.param("mira@post.example", "mira@mail.post.example", id="a host below"),
        pytest.param("mira@post.example", "mirа@post.example", id="a Cyrillic letter alike"),
    ],
)
def test_different_addresses_keep_different_keys(one, other):
    assert parse_address(one).key != parse_address(other).key


@for_each(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("@", id="an at-sign"),
        pytest.param("mira", id="no at-sign"),
        pytest.param("@post.example", id="no local part"),
        pytest.param("mira@", id="no domain"),
        pytest.param("mira@post", id="a domain without a dot"),
        pytest.param("mira@localhost", id="this machine"),
        pytest.param("mira@[192.0.2.7]", id="a number for a domain"),
        pytest.param("mira@post.invalid", id="a domain that cannot be"),
        pytest.param("mi..ra@post.example", id="two dots"),
        pytest.param("mira@post..example", id="two dots in the domain"),
        pytest.param("Mira <mira@post.example>", id="a name around it"),
        pytest.param("mira@post.example, noor@post.example", id="two of them"),
        pytest.param("mira@post.example;noor@post.example", id="two with a semicolon"),
        pytest.param("mira@post.example\r\nBcc: noor@post.example", id="a header behind"),
        pytest.param("mira\r\nRCPT TO:<noor@post.example>@post.example", id="a command within"),
        pytest.param("mi ra@post.example", id="a space"),
        pytest.param('"mi ra"@post.example', id="a quoted local part"),
        pytest.param("mira@post.example\x00", id="a NUL"),
        pytest.param("mi\u202era@post.example", id="a right-to-left override"),
        pytest.param("mi\u200bra@post.example", id="a zero-width space"),
        pytest.param("mi\ud800ra@post.example", id="half a character"),
        pytest.param(f"mira@{'b' * 64}.example", id="a label too long for DNS"),
    ],
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(InputError, match=r"is not an email address: [a-z]"):
        parse_address(text)


def test_an_address_as_long_as_may_be_passes_and_one_longer_does_not():
    domain = f"{'b' * 60}.{'c' * 60}.{'d' * 59}.example"
    longest = f"{'a' * 64}@{domain}"

    assert len(longest) == MAX_CHARS
    assert parse_address(longest).address == longest
    with pytest.raises(InputError):
        parse_address(longest.replace(".example", "d.example"))


def test_a_very_long_text_is_not_repeated_in_the_refusal():
    with pytest.raises(InputError) as refusal:
        parse_address("a" * 100_000)

    assert len(str(refusal.value)) < 500


@pytest.mark.parametrize(
    ("mistyped", "probably"),
    [
        pytest.param("mira@gmial.com", "mira@gmail.com", id="letters changed round"),
        pytest.param("mira@gnail.com", "mira@gmail.com", id="the key beside"),
        pytest.param("mira@hotmal.com", "mira@hotmail.com", id="a letter left out"),
        pytest.param("mira@webb.de", "mira@web.de", id="a letter twice"),
        pytest.param("mira@GMIAL.COM", "mira@gmail.com", id="in capitals"),
        pytest.param("Mi.Ra+x@gmial.com", "Mi.Ra+x@gmail.com", id="the local part stays"),
    ],
)
def test_a_slip_in_a_common_domain_is_noticed(mistyped, probably):
    assert suggest_correction(mistyped) == probably


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("mira@gmail.com", id="common"),
        pytest.param("mira@GMail.com", id="common, in another case"),
        pytest.param("mira@gmx.net", id="common, alike to a longer one"),
        pytest.param("mira@googlemail.com", id="common, with another in it"),
        pytest.param("mira@gmiall.con", id="several slips away"),
        pytest.param("gmial.com@post.example", id="a slip in the local part"),
        pytest.param("mira@mail.gmial.com.example", id="a slip within a longer domain"),
    ],
)
def test_what_is_right_or_unknown_is_left_alone(address):
    assert suggest_correction(address) == ""
