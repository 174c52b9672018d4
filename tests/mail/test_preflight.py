"""What the build refuses, one problem each, and that an ordinary edition has none."""

from dataclasses import replace

import pytest

from newsletter.errors import PreflightError
from newsletter.mail.content.render import render_confirm
from newsletter.mail.preflight import MAX_HTML_BYTES, check_digest, check_email
from newsletter.mail.rendered import RenderedEmail, Slot
from tests.cases import for_each
from tests.mail.examples import digest, newsletter

TO = "mira@reader.example"


def problems(email: RenderedEmail) -> tuple[str, ...]:
    with pytest.raises(PreflightError) as refused:
        check_digest(email)
    return refused.value.problems


def changed(old: str, new: str) -> RenderedEmail:
    """The digest with one thing changed in its HTML; that it was there is certain."""
    email = digest()
    assert old in email.html
    return replace(email, html=email.html.replace(old, new))


def with_html(extra: str) -> RenderedEmail:
    return changed("</body>", extra + "</body>")


@pytest.mark.parametrize("language", ["en", "de", "ar", "he", "fa", "sw"])
def test_an_ordinary_edition_may_go_out(language):
    check_digest(digest(newsletter(language=language)))


def test_an_edition_without_stories_is_no_trouble_for_the_mail():
    check_digest(digest(stories=()))


def test_a_letter_needs_no_unsubscribe_link_but_a_digest_does():
    email = render_confirm(
        newsletter(), address=TO, confirm_url="https://l.example/y", site_url="https://l.example/"
    )

    check_email(email)

    assert problems(email) == (
        "Its HTML has no unsubscribe link.",
        "Its plain text has no unsubscribe link.",
    )


@for_each(
    ("email", "problem"),
    [
        pytest.param(
            with_html("<!-- " + "x" * MAX_HTML_BYTES + " -->"),
            "Gmail cuts at 102.",
            id="more HTML than Gmail shows",
        ),
        pytest.param(replace(digest(), subject=" "), "Its subject is empty.", id="no subject"),
        pytest.param(
            replace(digest(), subject="A bridge\r\nBcc: all@reader.example"),
            "Its subject runs over several lines.",
            id="a second line in the subject",
        ),
        pytest.param(
            replace(digest(), subject="x" * 151),
            "Its subject is longer than 150 characters.",
            id="a subject nobody reads to its end",
        ),
        pytest.param(with_html("\x08"), "It holds control characters.", id="a control character"),
        pytest.param(
            replace(digest(), text=f"\x1b[31m{Slot.UNSUBSCRIBE}"),
            "It holds control characters.",
            id="a terminal's escape in the text",
        ),
        pytest.param(
            replace(digest(), preheader=f"For {Slot.ADDRESS}"),
            "A place for a reader's own value has a name that is none.",
            id="a slot in the preheader",
        ),
        pytest.param(
            changed('<html lang="en"', "<html"), "Its HTML names no language.", id="no language"
        ),
        pytest.param(
            changed('<html lang="en" dir="ltr"', '<html lang="en"'),
            "Its HTML names no direction.",
            id="no direction",
        ),
        pytest.param(
            changed('<html lang="en" dir="ltr"', '<html lang="en" dir="auto"'),
            "Its HTML names no direction.",
            id="a direction that is a guess",
        ),
        pytest.param(
            changed('alt="A bridge at dusk"', ""),
            "An image has no alternative text.",
            id="a photo without words",
        ),
        pytest.param(
            with_html('<a href="javascript:alert(1)">x</a>'),
            "A link leads nowhere on the web.",
            id="a link that is a script",
        ),
        pytest.param(
            with_html("<a>x</a>"), "A link leads nowhere on the web.", id="a link without address"
        ),
        pytest.param(
            with_html('<a href="/archive">x</a>'),
            "A link leads nowhere on the web.",
            id="a link without host",
        ),
        pytest.param(
            with_html("<h1>Again</h1>"),
            "It has not exactly one main heading.",
            id="two main headings",
        ),
        pytest.param(
            replace(digest(), html=digest().html.replace("h1", "h2")),
            "It has not exactly one main heading.",
            id="no main heading",
        ),
        pytest.param(
            changed(Slot.UNSUBSCRIBE, "me"),
            "Its HTML has no unsubscribe link.",
            id="no way out in the HTML",
        ),
        pytest.param(
            replace(digest(), text="The news of the day."),
            "Its plain text has no unsubscribe link.",
            id="no way out in the text",
        ),
    ],
)
def test_an_email_is_refused_for_its_one_problem(email, problem):
    found = problems(email)

    assert len(found) == 1
    assert found[0].endswith(problem)


def test_all_problems_are_told_at_once_and_in_the_errors_text():
    email = replace(digest(), subject="", text="")

    with pytest.raises(PreflightError, match=r"cannot go out: Its subject is empty\.") as refused:
        check_digest(email)

    assert refused.value.problems == (
        "Its subject is empty.",
        "Its plain text is empty.",
        "Its plain text has no unsubscribe link.",
    )


@pytest.mark.parametrize(
    "email",
    [
        pytest.param(replace(digest(), subject="x" * 150), id="a subject of 150 characters"),
        pytest.param(with_html('<img src="https://p.example/1" alt="">'), id="a mere ornament"),
        pytest.param(with_html('<a href="mailto:a@b.example">x</a>'), id="a mail address"),
        pytest.param(with_html("<p>\tA tab, é, بيروت and 🕊️</p>"), id="every script, and a tab"),
    ],
)
def test_what_looks_like_a_problem_and_is_none_goes_out(email):
    check_digest(email)


def test_the_limit_is_of_bytes_and_not_of_letters():
    room = MAX_HTML_BYTES - len(digest().html.encode())

    check_digest(with_html("x" * room))

    assert problems(with_html("ب" * (room // 2 + 1))) == (
        "Its HTML is 100 KB, and Gmail cuts at 102.",
    )
