"""newsletter init: the tables, and a newsletter made or changed."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from newsletter.cli.context import AsJson, At, out, print_json, settings_at
from newsletter.cli.output.next_edition import promise_lines
from newsletter.domain.newsletter import (
    ApprovalPolicy,
    Newsletter,
    TooFewStoriesPolicy,
    UncertainPolicy,
)
from newsletter.domain.sender import impossible_sender, missing_address
from newsletter.errors import InputError

if TYPE_CHECKING:
    from newsletter.services.editions.next_release import NextRelease
    from newsletter.services.ports import Ports

Rule = TypeVar("Rule", bound=StrEnum)

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Option = typer.Option


def init(
    name: Annotated[str, Option(help="Its name, as readers see it.")] = "",
    slug: Annotated[str, Option(help="Its short name, in addresses and commands.")] = "",
    description: Annotated[str, Option(help="What readers get, in a sentence.")] = "",
    topic: Annotated[str, Option(help="Which topic it is about.")] = "",
    language: Annotated[str, Option(help="Its language, such as en, ar or fr.")] = "",
    zone: Annotated[str, Option(help="Its time zone, such as Asia/Beirut.")] = "",
    at_time: Annotated[str, Option("--time", help="When it goes out there, such as 18:30.")] = "",
    days: Annotated[str, Option(help="On which days: daily, weekdays, or mon,wed,fri.")] = "",
    sender: Annotated[str, Option(help="From whom: 'The Brief <brief@example.org>'.")] = "",
    reply_to: Annotated[str, Option(help="Where answers go.")] = "",
    publisher: Annotated[str, Option(help="Who publishes it; stands in the footer.")] = "",
    postal_address: Annotated[str, Option(help="The publisher's address; law asks for it.")] = "",
    approval: Annotated[str, Option(help="automatic, or required: nothing goes out unread.")] = "",
    thin_day: Annotated[str, Option(help="skip or hold a day with too few stories.")] = "",
    min_stories: Annotated[int | None, Option(min=1, help="Fewer stories make a thin day.")] = None,
    max_stories: Annotated[int | None, Option(min=1, max=40, help="How many at the most.")] = None,
    grace: Annotated[
        int | None, Option(min=1, help="Minutes after which late is too late.")
    ] = None,
    in_doubt: Annotated[
        str,
        Option(help="stop or repeat a message of which nobody knows whether the relay took it."),
    ] = "",
    max_refused: Annotated[
        float | None,
        Option(
            min=0,
            max=100,
            metavar="PERCENT",
            help="A run stops when more of it is refused for good: 10 at first, 100 for never.",
        ),
    ] = None,
    at: At = "",
    as_json: AsJson = False,
) -> None:
    """Make the tables, and make or change a newsletter. Harmless when run again."""
    told = {
        "name": name,
        "slug": slug,
        "description": description,
        "topic": topic,
        "language": language,
        "zone": zone,
        "sends_at": at_time,
        "days": days,
        "sender": sender,
        "reply_to": reply_to,
        "publisher": publisher,
        "postal_address": postal_address,
        "approval_policy": approval,
        "too_few_stories_policy": thin_day,
        "min_stories": min_stories,
        "max_stories": max_stories,
        "grace": grace,
        "uncertain_policy": in_doubt,
        "max_refused": max_refused,
    }
    given = {key: value for key, value in told.items() if value not in {"", None}}
    saved, coming, now = _saved(_checked(given), slug, at)
    # Said whatever relay is set: the one that carries mail away is often set later.
    problems = [
        problem for problem in (impossible_sender(saved), missing_address(saved)) if problem
    ]
    if as_json:
        promise = {"next_on": coming.on.isoformat(), "next_at": coming.at.isoformat()}
        row = {"slug": saved.slug, "name": saved.name, "zone": saved.zone, "problems": problems}
        print_json(row | promise)
        return
    out.print(f"{saved.name} goes out at {saved.sends_at:%H:%M}, {saved.zone}.", markup=False)
    for line in promise_lines(saved, coming, now):
        out.print(line, markup=False, soft_wrap=True)
    for problem in problems:
        out.print(f"Before it is sent for real: {problem}", style="yellow", markup=False)
    out.print("Next:  newsletter feeds add URL   |   newsletter subscribers import FILE")


def _saved(
    changes: dict[str, Any], slug: str, at: str
) -> "tuple[Newsletter, NextRelease, datetime]":
    """The newsletter as stored, after the tables have been made; its next edition; and the time."""
    from newsletter import config
    from newsletter.embedded import EmbeddedService
    from newsletter.services.editions.follow_schedule import change_newsletter
    from newsletter.services.operations.setup import migrate_database
    from newsletter.services.queries.editions import find_next_release

    settings = settings_at(at)
    with config.engines(settings, need=frozenset({EmbeddedService.DATABASE})) as running:
        ports = config.ports(running, enqueue=lambda *_: None)
        try:
            migrate_database(ports)
            known = _known(ports, slug)
            saved = change_newsletter(ports.store, replace(known, **changes), now=ports.now())
            return saved, find_next_release(ports, saved), ports.now()
        finally:
            ports.store.dispose()


def _known(ports: "Ports", slug: str) -> Newsletter:
    """Return the newsletter to be changed, or what a new one begins as."""
    from newsletter.cli.bootstrap import FIRST
    from newsletter.services.queries.newsletters import find_newsletter, list_newsletters

    newsletters = list_newsletters(ports)
    if not newsletters:
        return FIRST
    if slug:
        return next((each for each in newsletters if each.slug == slug), replace(FIRST, slug=slug))
    return find_newsletter(ports, slug)


def _checked(options: dict[str, Any]) -> dict[str, Any]:
    """What was told as a newsletter's fields. Raises InputError naming what is wrong."""
    changes: dict[str, Any] = {}
    for key, value in options.items():
        if key == "sender":
            changes |= _sender(value)
        else:
            changes[key] = _READ[key](value) if key in _READ else value
    return changes


def _slug(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", text):
        raise InputError(f"{text!r} is no short name; use a-z, 0-9 and hyphens.")
    return text


def _topic(text: str) -> str:
    from newsletter.topics.load import load_topic

    load_topic(text)
    return text


def _zone(text: str) -> str:
    from newsletter.domain.schedule import zone

    zone(text)
    return text


def _address(text: str) -> str:
    from newsletter.domain.subscribers.email_address import parse_address

    return parse_address(text).address


def _language(language: str) -> str:
    from babel import Locale, UnknownLocaleError

    try:
        Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError) as error:
        raise InputError(
            f"{language!r} is not a language; write en, ar, he, fr or pt-BR."
        ) from error
    return language


def _time(text: str) -> time:
    try:
        return time.fromisoformat(text).replace(tzinfo=None, second=0, microsecond=0)
    except ValueError as error:
        raise InputError(f"{text!r} is not a time of day; write it like 18:30.") from error


def _days(text: str) -> frozenset[int]:
    known = {"daily": range(1, 8), "weekdays": range(1, 6)}
    if text in known:
        return frozenset(known[text])
    names = [name.strip().lower()[:3] for name in text.split(",")]
    wrong = [name for name in names if name not in _DAYS]
    if wrong:
        raise InputError(f"{wrong[0]!r} is not a day; write daily, weekdays, or mon,tue,wed.")
    return frozenset(_DAYS.index(name) + 1 for name in names)


def _sender(text: str) -> dict[str, str]:
    from email.utils import parseaddr

    name, address = parseaddr(text)
    return {"sender_name": name, "sender_address": _address(address or text)}


def _approval(text: str) -> ApprovalPolicy:
    return _one_of(ApprovalPolicy, text, "approval")


def _thin_day(text: str) -> TooFewStoriesPolicy:
    return _one_of(TooFewStoriesPolicy, text, "a thin day")


def _in_doubt(text: str) -> UncertainPolicy:
    return _one_of(UncertainPolicy, text, "what is in doubt")


def _one_of(kind: type[Rule], text: str, what: str) -> Rule:
    try:
        return kind(text)
    except ValueError as error:
        words = " or ".join(kind)
        raise InputError(f"{text!r} is not a rule for {what}: {words}.") from error


def _share(percent: float) -> float:
    return percent / 100


def _minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


_READ: dict[str, Callable[[Any], Any]] = {
    "slug": _slug,
    "topic": _topic,
    "language": _language,
    "zone": _zone,
    "sends_at": _time,
    "days": _days,
    "reply_to": _address,
    "approval_policy": _approval,
    "too_few_stories_policy": _thin_day,
    "grace": _minutes,
    "uncertain_policy": _in_doubt,
    "max_refused": _share,
}
