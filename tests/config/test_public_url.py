"""NEWSLETTER_PUBLIC_URL: an address that stands in every mail."""

import pytest

from newsletter.config.public_url import is_public, parse_public_url, root_path
from tests.cases import for_each


@pytest.mark.parametrize(
    ("written", "read", "path"),
    [
        pytest.param("https://news.example.org", "https://news.example.org", "", id="a host"),
        pytest.param("https://news.example.org/", "https://news.example.org", "", id="a slash"),
        pytest.param("http://127.0.0.1:8000", "http://127.0.0.1:8000", "", id="a port"),
        pytest.param("http://[::1]:8000", "http://[::1]:8000", "", id="IPv6"),
        pytest.param("https://x.example/a/b-c/", "https://x.example/a/b-c", "/a/b-c", id="a path"),
        pytest.param(" https://x.example ", "https://x.example", "", id="spaces around it"),
    ],
)
def test_a_web_address_is_read_without_a_slash_at_its_end(written, read, path):
    assert parse_public_url(written) == read
    assert root_path(read) == path


@for_each(
    ("written", "said"),
    [
        pytest.param("news.example.org", "web address", id="no scheme"),
        pytest.param("ftp://news.example.org", "web address", id="another scheme"),
        pytest.param("https://", "web address", id="no host"),
        pytest.param("https://x.example:99999", "web address", id="no such port"),
        pytest.param("https://[::1", "web address", id="half a bracket"),
        pytest.param("https://u:p@x.example", "no user and no password", id="credentials"),
        pytest.param("https://x.example/?a=b", "question mark", id="a query"),
        pytest.param("https://x.example?", "question mark", id="an empty query"),
        pytest.param("https://x.example/#top", "question mark", id="a fragment"),
        pytest.param("https://x y.example", "host", id="a space in the host"),
        pytest.param("https://zeitung.österreich", "xn--", id="a host in other letters"),
        pytest.param("https://x.example//news", "plain words", id="two slashes"),
        pytest.param("https://x.example/../news", "plain words", id="dots"),
        pytest.param("https://x.example/a b", "plain words", id="a space in the path"),
        pytest.param("https://x.example/{{a}}", "plain words", id="braces"),
        pytest.param("https://x.example/n", "as our pages do", id="a page's own word"),
        pytest.param("https://x.example/static/x", "as our pages do", id="the same with more"),
    ],
)
def test_what_could_not_stand_in_a_mail_is_refused_in_words(written, said):
    with pytest.raises(ValueError, match=said):
        parse_public_url(written)


@for_each(
    ("url", "is_so"),
    [
        ("http://127.0.0.1:8000", False),
        ("http://127.9.9.9", False),
        ("http://[::1]:80", False),
        ("http://localhost:8000", False),
        ("http://news.localhost", False),
        ("http://192.168.0.7", True),
        ("http://0.0.0.0:8000", True),
        ("https://news.example.org", True),
    ],
)
def test_only_this_machine_is_not_public(url, is_so):
    assert is_public(url) is is_so
