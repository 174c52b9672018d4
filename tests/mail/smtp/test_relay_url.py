"""NEWSLETTER_SMTP_URL: one relay or several, each with what is said behind the question mark."""

import pytest

from newsletter.errors import SettingsError
from newsletter.mail.smtp import RelaySet, RelayUrl
from tests.cases import for_each


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        pytest.param("smtp://relay.example", ("smtp", "relay.example", 25, "", ""), id="plain"),
        pytest.param("smtps://relay.example/", ("smtps", "relay.example", 465, "", ""), id="TLS"),
        pytest.param(
            "smtp+starttls://a%40b:c%2Fd@relay.example",
            ("smtp+starttls", "relay.example", 587, "a@b", "c/d"),
            id="STARTTLS with escapes",
        ),
        pytest.param("smtp://[::1]:2525", ("smtp", "::1", 2525, "", ""), id="a port, IPv6"),
    ],
)
def test_an_address_of_a_relay_falls_into_its_parts(url, parts):
    found = RelayUrl.parse(url)

    assert (found.scheme, found.host, found.port, found.user, found.password) == parts
    assert (found.weight, found.connections, found.messages) == (1, 0, 10_000)
    assert (found.auth, found.is_plaintext_allowed) == ("", False)


def test_options_stand_behind_the_question_mark():
    found = RelayUrl.parse(
        "smtp://u:p@r.example?weight=3&connections=8&messages=100&auth=XOAUTH2&plaintext=yes"
    )

    assert (found.weight, found.connections, found.messages) == (3, 8, 100)
    assert (found.auth, found.is_plaintext_allowed) == ("xoauth2", True)


@pytest.mark.parametrize("between", [" ", ",", ", ", "\n", " ,\t"])
def test_several_relays_stand_with_spaces_or_commas_between_them(between):
    setting = between.join(
        ["smtp://a.example", "smtps://b.example?weight=9", "smtp://a.example:26"]
    )

    found = RelaySet.parse(f" {setting} ")

    assert [one.name for one in found.urls] == ["a.example:25", "b.example:465", "a.example:26"]
    assert found.by_weight[0].name == "b.example:465"


@for_each(
    "setting",
    [
        "",
        " , ",
        "relay.example:25",
        "http://relay.example",
        "smtp://",
        "smtp://r.example:x",
        "smtp://[::1",
        "smtp://r.example/somewhere",
        "smtp://a.example relay.example",
    ],
)
def test_what_is_no_address_of_a_relay_names_the_setting(setting):
    with pytest.raises(SettingsError, match="NEWSLETTER_SMTP_URL is not the address"):
        RelaySet.parse(setting)


@for_each(
    ("query", "said"),
    [
        pytest.param("wieght=3", "it has no wieght; there are weight, connections,", id="a slip"),
        pytest.param("weight=3&weight=4", "each is said once", id="twice"),
        pytest.param("weight=three", "weight is a number", id="a word"),
        pytest.param("connections=-1", "connections is a number", id="less than nothing"),
        pytest.param("messages=³", "messages is a number", id="a superscript"),
        pytest.param("messages=", "messages is a number", id="nothing"),
        pytest.param("connections=9999999", "connections is a number", id="beyond all reason"),
        pytest.param("auth=gssapi", "auth is one of cram-md5, login, plain", id="no such login"),
        pytest.param("plaintext=no", "plaintext is yes, or left out", id="what is so anyway"),
    ],
)
def test_an_option_that_is_wrong_is_said_in_words(query, said):
    with pytest.raises(SettingsError, match=f"NEWSLETTER_SMTP_URL has an option .*{said}"):
        RelayUrl.parse(f"smtp://u:p@relay.example?{query}")


def test_a_way_to_log_in_needs_a_user():
    with pytest.raises(SettingsError, match="with a user"):
        RelayUrl.parse("smtp://relay.example?auth=plain")


def test_a_relay_that_stands_there_twice_is_refused():
    with pytest.raises(SettingsError, match="names a relay twice"):
        RelaySet.parse("smtp://a.example smtp://a.example?weight=2")


def test_a_relay_that_is_written_down_does_not_show_its_password():
    assert "hush" not in repr(RelaySet.parse("smtp://news:hush@relay.example"))
