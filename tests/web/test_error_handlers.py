"""What a visitor reads when something is wrong with our servers or settings."""

import logging

import pytest
from starlette.requests import Request

from newsletter.errors import NewsletterError, SettingsError, UnreachableError
from newsletter.web.error_handlers import _foreseen

WORDS = "The relay r.example:25 refuses us: ask e@example.org. See NEWSLETTER_SMTP_URL."


@pytest.mark.parametrize("error", [SettingsError(WORDS), UnreachableError(WORDS)])
def test_a_relay_s_words_and_our_settings_are_for_the_log_and_not_for_the_page(
    caplog, error: NewsletterError
):
    with caplog.at_level(logging.ERROR):
        answer = _foreseen(Request({"type": "http"}), error)

    page = bytes(answer.body).decode()
    assert answer.status_code == 503
    assert "Please try again in a few minutes" in page
    assert "NEWSLETTER" not in page
    assert "NEWSLETTER_SMTP_URL" in caplog.text
    assert "@" not in caplog.text
