"""The commands as other programs and people call them."""

import email
import json
from datetime import timedelta
from email.policy import default
from pathlib import Path

import pytest

from newsletter.services.operations.status import JOBS
from newsletter.store import Store
from newsletter.store.operations import job_runs
from tests.cases import for_each
from tests.features.conftest import EVENING
from tests.features.house import House, link, parts

AT = EVENING.isoformat()
LATER = "2026-03-03T18:01:00Z"


def test_an_evening_goes_from_a_file_to_every_reader(house: House, feed: Path) -> None:
    house.ok("subscribers", "import", "-", stdin="ann@mail.example\nbob@mail.example\n")

    collected = house.ok("collect", "--from", str(feed), "--json", "--at", AT).json()
    composed = house.ok("compose", "--date", "2026-03-03", "--json", "--at", AT).json()
    house.worker(NEWSLETTER_AT=LATER)
    sent = house.ok("send", "--date", "2026-03-03", "--json", "--at", LATER).json()

    assert (collected["new"], collected["failed"]) == (5, 0)
    assert len(composed["stories"]) == 4
    assert [one["title"] for one in composed["left_out"]] == [
        "Night ferry to the northern islands gets a library"
    ]
    assert (sent["status"], sent["recipients"], sent["sent"]) == ("sent", 2, 2)
    addresses = {str(message["To"]) for message in house.mail()}
    assert addresses == {"ann@mail.example", "bob@mail.example"}


def test_compose_tells_each_story_with_its_articles_and_reasons(house: House, feed: Path) -> None:
    house.ok("collect", "--from", str(feed), "--at", AT)

    told = house.ok("compose", "--date", "2026-03-03", "--json", "--at", AT).json()

    assert set(told) == {"edition", "stories", "left_out"}
    assert told["edition"]["date"] == "2026-03-03"
    lead = told["stories"][0]
    assert {"title", "section", "score", "reason", "placement", "articles"} <= set(lead)
    assert lead["placement"] == "lead"
    assert all(story["reason"] and story["articles"] for story in told["stories"])
    assert all(one["reason"] for one in told["left_out"])
    assert {story["section"] for story in told["stories"]} >= {"Lebanon", "Yemen", "Egypt"}


def test_compose_explains_how_each_score_adds_up(house: House, feed: Path) -> None:
    house.ok("collect", "--from", str(feed), "--at", AT)

    told = house.ok("compose", "--date", "2026-03-03", "--explain", "--json", "--at", AT).json()
    shown = house.ok("compose", "--date", "2026-03-03", "--explain", "--at", AT).out

    lead = told["stories"][0]
    lines = next(one["sum"] for one in lead["articles"] if one["is_lead"])
    assert round(sum(line["points"] for line in lines), 3) == lead["score"]
    assert all(line["for"] and line["how"] for line in lines)
    assert "How the scores add up" in shown
    assert f"{lead['score']:+7.3f}  in all" in shown
    assert "hours old, 0.8 × (1 - " in shown
    assert "1 not about the topic; --json lists them." in shown


def test_a_story_that_goes_on_the_next_evening_says_so_to_readers_and_editors(
    composed: House, next_feed: Path
) -> None:
    later = (EVENING + timedelta(days=1)).isoformat()
    date = ("--date", "2026-03-04", "--at", later)
    composed.ok("collect", "--from", str(next_feed), "--at", later)

    told = composed.ok("compose", *date, "--json").json()
    shown = composed.ok("preview", *date).out
    html = composed.ok("preview", *date, "--html").out
    text = composed.ok("preview", *date, "--text").out
    with composed.web(NEWSLETTER_AT=later) as web:
        web.follow_redirects = True
        web.post("/editor/login", data={"password": "open sesame"})
        page = web.get("/editor/evening/2026-03-04").text

    since = {story["title"]: story["since"] for story in told["stories"]}
    assert since == {
        "Desert railway agreed by Jordan and Iraq gets a first station": "2026-03-03",
        "Oman counts its turtles from the air": None,
    }
    for seen in (shown, html, text, page):
        assert seen.count("Updated since yesterday") == 1


def test_sending_twice_sends_nothing_twice(composed: House) -> None:
    composed.worker(NEWSLETTER_AT=LATER)

    first = composed.ok("send", "--date", "2026-03-03", "--json", "--at", LATER).json()
    second = composed.ok("send", "--date", "2026-03-03", "--json", "--at", LATER).json()

    assert (first["sent"], first["planned"]) == (3, 3)
    assert (second["sent"], second["planned"]) == (3, 0)
    assert len(composed.mail()) == 3


def test_preview_shows_what_one_reader_gets(composed: House) -> None:
    html = composed.ok("preview", "--date", "2026-03-03", "--html").out
    text = composed.ok("preview", "--date", "2026-03-03", "--text").out
    eml = composed.ok("preview", "--date", "2026-03-03", "--eml").out

    message = email.message_from_string(eml, policy=default)
    seen_html, seen_text = parts(message)
    assert "<h1" in html
    assert seen_html.replace("\r\n", "\n").strip() == html.strip()
    assert seen_text.replace("\r\n", "\n").strip() == text.strip()
    assert message["Subject"] == "Jordan and Iraq agree on a desert railway"
    assert link(text, "unsubscribe")


def test_without_a_worker_everything_stays_queued_and_is_said(composed: House) -> None:
    done = composed.run("send", "--date", "2026-03-03", "--json", "--at", LATER)

    assert done.code == 8
    assert (done.json()["queued"], done.json()["sent"]) == (3, 0)
    assert "worker" in done.err
    assert composed.mail() == []


def test_status_says_whether_tonight_goes_out(composed: House, store: Store) -> None:
    at = ("--at", "2026-03-03T17:10:00Z")
    first = composed.run("status", "--check", *at)
    with store.begin() as session:
        for job in JOBS:
            job_runs.record(session, job, message="nothing", now=EVENING + timedelta(minutes=9))
    good = composed.run("status", "--check", *at)
    composed.ok("hold", "Wait for the vote", "--date", "2026-03-03", *at)
    held = composed.run("status", "--check", *at)
    seen = composed.ok("status", *at)
    forecast = composed.ok("status", "--json", *at).json()["newsletters"][0]["forecast"]

    assert (first.code, good.code, held.code) == (9, 0, 11)
    assert good.out.splitlines() == [
        "Tonight 18:00 (in 50 min): 4 stories, no approval needed, to 3 readers: goes out",
        "Every job has run lately.",
    ]
    line = 'Tonight 18:00 (in 50 min): will NOT go out: held by an editor, "Wait for the vote"'
    assert line in held.out.splitlines()
    assert f"  {line}" in seen.out.splitlines()
    assert forecast == {
        "date": "2026-03-03",
        "sends_at": "2026-03-03T18:00:00+00:00",
        "goes_out": False,
        "reason": "editor",
        "sentence": line,
    }


def test_a_test_message_goes_to_one_address_and_counts_for_nothing(composed: House) -> None:
    composed.ok("send", "--date", "2026-03-03", "--to", "editor@press.example", "--at", LATER)

    (message,) = composed.mail()
    assert message["To"] == "editor@press.example"
    assert "Test" in parts(message)[1]
    told = composed.ok("status", "--json", "--at", LATER).json()
    assert told["newsletters"][0]["editions"][0]["status"] == "draft"


def test_an_import_keeps_the_good_rows_and_lists_the_bad_ones_by_line(house: House) -> None:
    rows = "email,name,zone\nann@mail.example,Ann,UTC\nnonsense,,\nbob@mail.example,,Mars/Base\n"

    done = house.run("subscribers", "import", "-", "--json", stdin=rows)

    assert done.code == 7
    told = done.json()
    assert told["new"] == 1
    assert [one["line"] for one in told["bad"]] == [3, 4]
    assert all(one["why"] for one in told["bad"])
    listed = house.ok("subscribers", "list", "--json").json()
    assert [one["address"] for one in listed["subscribers"]] == ["ann@mail.example"]


def test_an_export_can_be_imported_again(composed: House) -> None:
    exported = composed.ok("subscribers", "export").out

    again = composed.ok("subscribers", "import", "-", "--json", stdin=exported).json()

    assert (again["rows"], again["known"], again["bad"]) == (3, 3, [])


def test_a_topic_explains_its_verdict(house: House) -> None:
    yes = house.ok("topic", "explain", "Lebanon votes on a budget in Beirut", "--json").json()
    no = house.ok("topic", "explain", "Jordan scores 41 as the Comets win", "--json").json()

    assert (yes["is_about"], yes["section"]) == (True, "Lebanon")
    assert no["is_about"] is False
    assert yes["reason"]
    assert no["reason"]


@for_each(
    ("arguments", "settings", "code", "said"),
    [
        pytest.param(
            ("status",), {"NEWSLETTER_DATABSE_URL": "x"}, 2, "NEWSLETTER_DATABSE_URL", id="unknown"
        ),
        pytest.param(
            ("status",),
            {"NEWSLETTER_DATABASE_URL": "postgresql://u:p@127.0.0.1:9/db"},
            3,
            "NEWSLETTER_DATABASE_URL",
            id="database away",
        ),
        pytest.param(
            ("status",),
            {"NEWSLETTER_DATABASE_URL": "mysql://u:p@127.0.0.1/db"},
            2,
            "postgresql://",
            id="another database",
        ),
        pytest.param(
            ("send", "--date", "2026-03-03"),
            {"NEWSLETTER_REDIS_URL": "redis://127.0.0.1:9/0"},
            3,
            "NEWSLETTER_REDIS_URL",
            id="redis away",
        ),
        pytest.param(
            ("send", "--date", "2026-03-03"),
            {"NEWSLETTER_SMTP_URL": "smtp://127.0.0.1:9"},
            3,
            "NEWSLETTER_SMTP_URL",
            id="relay away",
        ),
        pytest.param(
            ("send", "--date", "2026-03-03"),
            {"NEWSLETTER_SMTP_URL": "http://127.0.0.1"},
            2,
            "smtp://",
            id="no relay at all",
        ),
        pytest.param(("init", "--zone", "Beirut"), {}, 2, "Asia/Beirut", id="wrong zone"),
        pytest.param(("compose", "--date", "soon"), {}, 2, "2026-01-02", id="no date"),
        pytest.param(("compose", "--at", "2026-01-02T17:00"), {}, 2, "zone", id="no zone in --at"),
        pytest.param(("preview", "--date", "2001-01-01"), {}, 4, "compose", id="no such edition"),
        pytest.param(("collect", "--from", "nowhere.xml"), {}, 2, "nowhere.xml", id="no such file"),
        pytest.param(("status",), {"NEWSLETTER_AT": "noon"}, 2, "NEWSLETTER_AT", id="wrong clock"),
        pytest.param(
            ("status",), {"NEWSLETTER_KEEP_MONTHS": "-1"}, 2, "KEEP_MONTHS", id="no span of time"
        ),
        pytest.param(("no-such-command",), {}, 2, "no-such-command", id="no such command"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    with_an_edition: House,
    arguments: tuple[str, ...],
    settings: dict[str, str],
    code: int,
    said: str,
) -> None:
    done = with_an_edition.run(*arguments, **settings)

    assert done.code == code, done.err
    assert said in done.err
    assert "Traceback" not in done.err + done.out


def test_with_json_what_is_wrong_is_json_too(house: House) -> None:
    done = house.run("preview", "--date", "2001-01-01", "--json")
    missing = house.run("compose", "--date", "soon", "--json")

    assert done.code == 2
    assert "2026-01-02" in json.loads(missing.err)["error"]
