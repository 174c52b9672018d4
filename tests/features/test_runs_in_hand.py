"""Runs in an operator's hand: paused, watched, cancelled, sent again, and workers asked to end."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.features.conftest import EVENING
from tests.features.house import House
from tests.features.relays import SlowRelay, counts, edition_status, slow
from tests.patience import HANGS_S, eventually

READERS = 400  # More than a slow relay takes before a run notices what was asked of it.
SLOW_S = 0.5
TAKEN = 31  # Then the relay waits until the edition is no longer being sent.
AT = (EVENING + timedelta(hours=1)).isoformat()
EDITION = ("--date", "2026-03-03", "--at", AT)


@pytest.fixture
def relay(composed: House) -> Iterator[SlowRelay]:
    with slow(composed, readers=READERS, pause_s=SLOW_S, limit=TAKEN) as made:
        made.is_open = lambda: edition_status(composed) != "sending"
        yield made
        made.pause_s = 0


@pytest.fixture
def under_way(composed: House, relay: SlowRelay) -> House:
    """The house in mid-run, with one worker."""
    composed.worker(NEWSLETTER_AT=AT)
    composed.begin("send", *EDITION, "--no-wait")
    assert eventually(lambda: len(relay.taken) >= TAKEN)
    return composed


@pytest.fixture
def three(composed: House) -> Iterator[SlowRelay]:
    """A quick relay for three readers, and a worker."""
    with slow(composed, readers=3, pause_s=0) as made:
        composed.worker(NEWSLETTER_AT=AT)
        yield made


def test_a_paused_run_stops_at_once_and_goes_on_where_it_was(
    under_way: House, relay: SlowRelay
) -> None:
    paused = under_way.ok("send", "pause", *EDITION, "--json").json()
    before = len(relay.taken)
    watched = under_way.run("send", "--watch", *EDITION)
    while_paused = len(relay.taken)
    relay.limit = None
    under_way.ok("send", "resume", *EDITION)
    watcher = under_way.begin("send", "--watch", *EDITION, "--json")
    assert eventually(lambda: len(under_way.said(watcher)) > 2)
    relay.pause_s = 0
    code = watcher.wait(HANGS_S)

    assert (paused["status"], paused["sending"], paused["uncertain"]) == ("held", 0, 0)
    assert 0 < before == while_paused == paused["sent"] < READERS
    assert watched.code == 8
    assert f"held: {before} sent of {READERS}" in watched.out
    seen = [json.loads(line) for line in under_way.said(watcher)]
    assert code == 0
    assert [one["sent"] for one in seen] == sorted(one["sent"] for one in seen)
    assert max(one["rate"] for one in seen) > 0
    assert seen[-1]["providers"][0]["provider"] == "mail.example"
    assert (seen[-1]["sent"], seen[-1]["queued"], seen[-1]["is_over"]) == (READERS, 0, True)
    assert max(Counter(relay.taken).values()) == 1
    assert len(relay.taken) == READERS


def test_a_cancelled_run_reaches_the_rest_only_when_it_is_sent_again(
    under_way: House, relay: SlowRelay, tmp_path: Path
) -> None:
    asked = under_way.run("send", "cancel", *EDITION)
    cancelled = under_way.ok("send", "cancel", *EDITION, "--yes", "--json").json()
    before = set(relay.taken)
    relay.pause_s, relay.limit = 0, None
    plain = under_way.run("send", *EDITION)
    failed = under_way.ok("deliveries", "list", *EDITION, "--state", "failed", "--csv").out
    resent = under_way.ok("send", "resend", *EDITION, "--json").json()
    under_way.ok("send", "--watch", *EDITION)

    assert (asked.code, plain.code) == (2, 5)
    assert (cancelled["status"], cancelled["queued"], cancelled["sending"]) == ("cancelled", 0, 0)
    assert cancelled["sent"] == len(before)
    rows = list(csv.DictReader(io.StringIO(failed)))
    assert {row["reply"] for row in rows} == {"Cancelled before it was sent."}
    assert {row["address"] for row in rows}.isdisjoint(before)
    assert resent["resent"] == len(rows) == READERS - len(before)
    assert len(relay.taken) == len(set(relay.taken)) == READERS
    log = tmp_path / "log"
    log.write_text("\n".join(relay.message_ids))
    assert under_way.ok("verify", "2026-03-03", "--against", str(log), "--json").json()["agrees"]


def test_a_worker_that_is_asked_to_end_settles_what_is_on_its_way(
    under_way: House, relay: SlowRelay, tmp_path: Path
) -> None:
    worker = under_way.processes[0]

    worker.terminate()
    relay.limit = None
    code = worker.wait(HANGS_S)
    relay.pause_s = 0

    assert code == 0
    assert 0 < len(relay.taken) < READERS
    assert counts(under_way, AT) == {
        "sent": len(relay.taken),
        "queued": READERS - len(relay.taken),
    }
    assert list((tmp_path / "data/journal").iterdir()) == []
    under_way.worker(NEWSLETTER_AT=AT)
    assert under_way.ok("send", *EDITION, "--json").json()["sent"] == READERS
    assert len(relay.taken) == len(set(relay.taken)) == READERS


def test_who_is_in_doubt_is_told_and_settled(
    composed: House, three: SlowRelay, tmp_path: Path
) -> None:
    three.replies |= {"ann@mail.example": "", "ömer@mail.example": "550 5.2.1 disabled \x1b[2J"}
    sent = composed.ok("send", *EDITION, "--json").json()
    listed = composed.ok("deliveries", "list", *EDITION).out
    doubted = composed.ok("deliveries", "uncertain", *EDITION, "--json").json()
    log = tmp_path / "log"
    log.write_text("\n".join(three.message_ids))
    verified = composed.ok("verify", str(sent["edition"]), "--against", str(log), "--json").json()
    three.replies.clear()
    again = ("deliveries", "uncertain", *EDITION, "--settle", "queued", "--json")
    settled = composed.ok(*again).json()
    composed.ok("send", "--watch", *EDITION)
    log.write_text("\n".join(three.message_ids))
    repeated = composed.run("verify", "2026-03-03", "--against", str(log), "--json")

    assert (sent["sent"], sent["failed"], sent["uncertain"]) == (1, 1, 1)
    assert "ömer@mail.example  failed  550" in listed
    assert "\x1b" not in listed
    assert [one["address"] for one in doubted["deliveries"]] == ["ann@mail.example"]
    assert (verified["agrees"], verified["uncertain_kept"], verified["lost"]) == (True, 1, 0)
    assert settled == {"edition": sent["edition"], "settled": 1, "uncertain": 0}
    assert three.taken.count("ann@mail.example") == 2
    assert len(set(three.message_ids)) == 2  # Ann's second is recognised as her first
    assert (repeated.code, repeated.json()["repeated_on_request"]) == (0, 1)


@pytest.mark.timeout(200)
def test_a_send_in_which_all_failed_is_no_success(composed: House, three: SlowRelay) -> None:
    readers = ("ann@mail.example", "ömer@mail.example", "reader.three@mail.example")
    three.replies |= dict.fromkeys(readers, "550 5.2.1 disabled")

    sent = composed.run("send", *EDITION)
    again = composed.run("send", *EDITION, "--json")
    watched = composed.run("send", "--watch", *EDITION)

    assert (sent.code, again.code, watched.code) == (12, 12, 12)
    assert "Sent to nobody: 3 of 3 failed, most often: 550 disabled" in sent.out
    assert again.json()["status"] == "failed"


def test_rules_and_pauses_are_set_from_the_command_line(composed: House) -> None:
    composed.ok("init", "--in-doubt", "repeat", "--max-refused", "0")
    composed.ok("subscribers", "pause", "ann@mail.example", "--until", "2026-03-04", "--at", AT)
    paused = composed.ok("subscribers", "list", "--json").json()["subscribers"][0]
    over = composed.run("subscribers", "pause", "ann@mail.example", "--until", "2026-03-03")
    sent = composed.run("send", *EDITION, "--no-wait", "--json").json()
    composed.ok("subscribers", "resume", "ann@mail.example")
    wrong = composed.run("init", "--in-doubt", "sometimes")

    assert (paused["status"], paused["paused_until"]) == ("confirmed", "2026-03-04T00:00:00+00:00")
    assert over.code == 2
    assert "has begun" in over.err
    assert (sent["recipients"], sent["queued"]) == (2, 2)
    assert (wrong.code, "stop or repeat" in wrong.err) == (2, True)


def test_what_cannot_be_done_is_said(composed: House) -> None:
    cases = {
        ("send", "--watch"): (4, "No edition has been sent off"),
        ("send", "--watch", *EDITION): (5, "draft"),
        ("send", "--watch", "--force"): (2, "--watch"),
        ("send", "pause", *EDITION): (5, "not being sent"),
        ("send", *EDITION, "pause"): (2, "newsletter send pause …"),
        ("deliveries", "list", *EDITION): (5, "not been sent off"),
        ("deliveries", "uncertain", "--address", "ann@mail.example"): (2, "--settle"),
        ("verify", "2026-03-03", "--against", "nowhere"): (2, "nowhere"),
        ("verify", "77", "--against", "."): (4, "77"),
    }

    for arguments, (code, said) in cases.items():
        done = composed.run(*arguments)
        assert (done.code, said in done.err) == (code, True), (arguments, done)
