"""Message-IDs found in what relays keep."""

import json
import mailbox
from collections import Counter
from email.message import EmailMessage
from pathlib import Path

import pytest

from newsletter.errors import InputError
from newsletter.mail import relay_archive as reading
from newsletter.mail.relay_archive import count_archived


def message(subscriber_id: int, *, edition: int = 12, about: str = "") -> EmailMessage:
    made = EmailMessage()
    made["To"] = "reader@mail.example"
    made["Message-ID"] = f"<{edition}.{subscriber_id}.edition@press.example>"
    made.set_content(about or "Good evening.")
    return made


def test_a_maildir_is_read_and_what_is_not_wholly_written_is_not(tmp_path: Path):
    box = mailbox.Maildir(tmp_path / "box")
    for subscriber_id in (1, 2, 2, 3):
        box.add(message(subscriber_id).as_bytes())
    box.add(message(4, edition=13).as_bytes())
    (tmp_path / "box/tmp/half").write_bytes(message(5).as_bytes())

    assert count_archived(tmp_path / "box", 12) == {1: 1, 2: 2, 3: 1}
    assert count_archived(tmp_path / "box", 13) == {4: 1}


def test_a_file_in_a_folder_is_one_message_whatever_its_text_names(tmp_path: Path):
    quoted = message(1, about="You wrote in <12.2.edition@press.example>:")
    (tmp_path / "one.eml").write_bytes(quoted.as_bytes())
    (tmp_path / "letter.eml").write_bytes(b"Subject: Confirm\r\n\r\n7.1.confirm@press.example")
    (tmp_path / "empty.eml").touch()

    assert count_archived(tmp_path, 12) == {1: 1}


def test_an_mbox_is_read(tmp_path: Path):
    box = mailbox.mbox(tmp_path / "mbox")
    for subscriber_id in (1, 2, 2):
        box.add(message(subscriber_id))
    box.close()

    assert count_archived(tmp_path / "mbox", 12) == {1: 1, 2: 2}


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("Mar  3 18:00:01 mx cleanup[9]: A1: message-id=<{}>", id="a log"),
        pytest.param(json.dumps({"id": "<{}>", "code": 250}).replace("{}>", "{}>"), id="JSON"),
        pytest.param("{}", id="nothing else"),
        pytest.param("Message-ID:\r\n <{}>\r\n", id="a folded header in a dump"),
    ],
)
def test_each_message_id_in_a_file_counts(tmp_path: Path, line: str):
    ids = [f"12.{number}.edition@press.example" for number in (1, 2, 2, 33)]
    (tmp_path / "log").write_text("\n".join(line.replace("{}", one) for one in ids))

    assert count_archived(tmp_path / "log", 12) == {1: 1, 2: 2, 33: 1}


def test_another_edition_is_not_taken_for_this_one(tmp_path: Path):
    others = "112.1.edition@a 3.12.4.edition@a 12.1.confirm@a 1.12.edition@a 12.x.edition@a"
    (tmp_path / "log").write_text(others)

    assert count_archived(tmp_path / "log", 12) == {}


@pytest.mark.parametrize("chunk_bytes", [1, 7, 64, 1000])
def test_nothing_is_missed_or_counted_twice_where_two_reads_meet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk_bytes: int
):
    first = 10**18  # As long as an id gets, and so is the Message-ID.
    every = Counter({first + number: 1 + number % 2 for number in range(200)})
    uid = "1f0c9b7e23a4"
    ids = [f"12.{number}.{uid}.edition@a {'x' * (number % 40)}" for number in every.elements()]
    (tmp_path / "log").write_text(f"112.7.{uid}.edition@a ".join(ids))
    monkeypatch.setattr(reading, "_CHUNK_BYTES", chunk_bytes)

    assert count_archived(tmp_path / "log", 12, uid) == every


def test_an_edition_of_the_same_number_in_another_database_does_not_count(tmp_path: Path):
    mine, other = "12.1.1f0c9b7e23a4.edition@a", "12.2.0123456789ab.edition@a"
    (tmp_path / "log").write_text(f"{mine}\n{other}\n12.3.edition@a\n")

    assert count_archived(tmp_path / "log", 12, "1f0c9b7e23a4") == {1: 1}
    assert count_archived(tmp_path / "log", 12) == {3: 1}


def test_what_cannot_be_read_is_said(tmp_path: Path):
    with pytest.raises(InputError, match="nowhere"):
        count_archived(tmp_path / "nowhere", 12)
