"""What a visitor reads when something is wrong: of each error what is for the public, no more."""

import ast
import logging
import pkgutil
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from fastapi import Request
from fastapi.routing import APIRoute

import newsletter
from newsletter import errors
from newsletter.errors import Audience, NewsletterError, PreflightError
from newsletter.store import Store
from newsletter.web.error_handlers import _foreseen
from newsletter.web.public import archive, subscriptions

HINT = "Run: newsletter init --date 2026-03-03"
WORDS = (
    "The relay r.example:25 refuses us: 554 ask e@example.org. See NEWSLETTER_SMTP_URL in "
    "/srv/newsletter/.data, and newsletter init --date."
)
# What only an operator can make something of: settings, options, commands, folders, addresses.
_FOR_OPERATORS = re.compile(r"NEWSLETTER_|(?<!\w)--\w|newsletter [a-z]+ ?|/srv|\.data|\b554\b|@")

_COMMAND = re.compile(
    r"NEWSLETTER_|(?<!\w)--\w|newsletter "
    r"(init|compose|preview|approve|hold|send|status|verify|feeds|subscribers|deliveries|serve|demo)\b"
)


def every_error() -> list[type[NewsletterError]]:
    """Return each class of error in the project, in whichever module it stands."""
    for module in pkgutil.walk_packages(newsletter.__path__, "newsletter."):
        # These do something when they are imported: migrate, start servers, run a command.
        if not re.search(r"\.migrations|\.tasks\.worker$|__main__$", module.name):
            import_module(module.name)
    found, ahead = [], [NewsletterError]
    while ahead:
        kind = ahead.pop()
        found.append(kind)
        ahead += kind.__subclasses__()
    return found


def raised(kind: type[NewsletterError]) -> NewsletterError:
    """Return an error of that class whose sentence says what no visitor should read."""
    error = kind.__new__(kind)
    NewsletterError.__init__(error, WORDS, hint=HINT)
    if isinstance(error, PreflightError):
        error.problems = (WORDS,)
    return error


def request_of(*, is_signed_in: bool) -> Request:
    request = Request({"type": "http", "state": {}})
    request.state.is_signed_in = is_signed_in
    return request


def test_a_visitor_reads_no_sentence_that_is_not_for_everybody(caplog):
    shown = []
    for kind in every_error():
        with caplog.at_level(logging.CRITICAL):
            page = bytes(_foreseen(request_of(is_signed_in=False), raised(kind)).body).decode()
        told = "The relay r" in page
        if told is not (kind.audience is Audience.EVERYBODY) or HINT in page:
            shown.append(kind.__name__)

    assert shown == []


def test_an_editor_reads_what_is_for_editors_and_no_setting_of_a_server():
    wrong = []
    for kind in every_error():
        page = bytes(_foreseen(request_of(is_signed_in=True), raised(kind)).body).decode()
        if ("NEWSLETTER_" in page) is (kind.audience is Audience.OPERATORS):
            wrong.append(kind.__name__)

    assert wrong == []


def test_what_a_page_does_not_say_stands_in_the_log_without_addresses(caplog):
    with caplog.at_level(logging.ERROR):
        _foreseen(request_of(is_signed_in=False), raised(errors.SettingsError))

    assert "NEWSLETTER_SMTP_URL" in caplog.text
    assert "@" not in caplog.text


def test_each_replacement_is_a_sentence_for_a_visitor():
    for kind in every_error():
        assert re.fullmatch(r"[A-Z].+\.", kind.replacement)
        assert not _FOR_OPERATORS.search(kind.replacement)


def test_the_table_in_the_docstring_is_what_the_classes_say():
    rows = re.findall(
        r"^ {4}[│├└─ ]*(\w+) +(\w+) +(\d+) +(\d+) +(\w+)$", errors.__doc__ or "", re.M
    )
    classes = {kind.__name__: kind for kind in every_error() if kind.__module__ == errors.__name__}

    assert {name: tuple(row) for name, *row in rows} == {
        name: (kind.code, str(kind.http_status), str(kind.exit_code), kind.audience.name.lower())
        for name, kind in classes.items()
    }
    assert len({kind.code for kind in classes.values()}) == len(classes)


def test_only_the_table_says_what_an_error_means():
    elsewhere = [kind for kind in every_error() if kind.__module__ != errors.__name__]
    names = {"code", "http_status", "exit_code", "audience", "replacement"}

    assert elsewhere
    assert [kind.__name__ for kind in elsewhere if names & set(vars(kind))] == []


def test_what_is_raised_for_everybody_names_no_command_and_no_setting():
    """Below the entry rooms any of it may reach a public page; commands belong in the hint."""
    public = {kind.__name__ for kind in every_error() if kind.audience is Audience.EVERYBODY}
    root, wrong = Path(newsletter.__path__[0]), []
    for file in sorted(root.rglob("*.py")):
        room = file.relative_to(root).parts[0]
        if room in {"cli", "config", "embedded"}:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in public:
                text = " ".join(
                    part.value
                    for argument in node.args
                    for part in ast.walk(argument)
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                )
                if _COMMAND.search(text):
                    wrong.append(f"{file.relative_to(root)}:{node.lineno}: {text}")

    assert wrong == []


def test_no_public_page_shows_an_operator_s_words(app, monkeypatch):
    pages = app()
    routes = [
        (method, re.sub(r"\{[^}]*\}", "2026-03-03", route.path))
        for router in (subscriptions.router, archive.router)
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in sorted((route.methods or set()) - {"HEAD"})
    ]
    wrong, statuses = [], set()
    for kind in every_error():
        monkeypatch.setattr(Store, "begin", _raiser(raised(kind)))
        for method, path in routes:
            form = {"address": "a@b.example"}
            body = {"json": form} if path.startswith("/api/") else {"data": form}
            answer = pages.get(path) if method == "GET" else pages.post(path, **body)
            statuses.add(answer.status_code)
            is_public = kind.audience is Audience.EVERYBODY
            if HINT in answer.text or (not is_public and "NEWSLETTER_" in answer.text):
                wrong.append((kind.__name__, path))

    assert {400, 404, 409, 429, 500, 503} <= statuses
    assert wrong == []


def _raiser(error: NewsletterError) -> Callable[..., NoReturn]:
    def begin(_self: Store) -> NoReturn:
        raise error

    return begin
